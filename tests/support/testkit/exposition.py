"""Prometheus text, as far as tests need it."""
import re

LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


class Exposition:
    def __init__(self, text):
        self.text = text
        self.samples = []   # (name, labels, value)
        self.types = {}
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ", 3)
                self.types[name] = kind
            elif line and not line.startswith("#"):
                match = LINE.match(line)
                assert match, f"not a sample: {line!r}"
                labels = {k: v.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
                          for k, v in LABEL.findall(match[2] or "")}
                self.samples.append((match[1], labels, float(match[3])))

    def names(self):
        return {name for name, _, _ in self.samples}

    def values(self, name, any_label=None, **labels):
        """Values of the series with these labels; `any_label` is a value that some label must have."""
        return [value for found, has, value in self.samples
                if found == name and (any_label is None or any_label in has.values())
                and all(has.get(k) == v for k, v in labels.items())]

    def one(self, name, any_label=None, **labels):
        values = self.values(name, any_label, **labels)
        assert len(values) == 1, f"{len(values)} series {name} {any_label or ''} {labels or ''}"
        return values[0]
