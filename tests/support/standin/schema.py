"""A small schema language with the manners of the real server's validator (zod 4): what it refuses, this refuses.

A check is called as check(value, path, findings). `findings.refused` answers 400; `findings.unknown` names fields that
the real server silently strips: no refusal, but a stand-in that is strict about the contract calls them violations.
"""
import math

SAFE_INTEGER = 2**53 - 1


class Findings:
    def __init__(self):
        self.refused = []
        self.unknown = []

    def refuse(self, path, message):
        self.refused.append({"path": path or "(body)", "message": message})


def js_length(text):
    """JavaScript counts UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def kind_of(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return {str: "string", list: "array", dict: "object"}[type(value)]


def is_kind(value, wanted, path, findings):
    found = kind_of(value)
    if found == wanted:
        return True
    findings.refuse(path, f"expected {wanted}, received {found}")
    return False


def string(shortest=0, longest=None, words=None):
    def check(value, path, findings):
        if not is_kind(value, "string", path, findings):
            return
        if words is not None and value not in words:
            findings.refuse(path, f"expected one of {'|'.join(words)}, received {value!r}")
        if js_length(value) < shortest:
            findings.refuse(path, f"shorter than {shortest}")
        if longest is not None and js_length(value) > longest:
            findings.refuse(path, f"longer than {longest}")
    return check


def number(integer=False, least=None):
    def check(value, path, findings):
        if not is_kind(value, "number", path, findings):
            return
        if isinstance(value, float) and not math.isfinite(value):
            findings.refuse(path, "not finite")
            return
        if integer and (value != int(value) or abs(value) > SAFE_INTEGER):
            findings.refuse(path, "expected a safe integer")
        if least is not None and value < least:
            findings.refuse(path, f"less than {least}")
    return check


def boolean():
    return lambda value, path, findings: is_kind(value, "boolean", path, findings)


def anything():
    return lambda value, path, findings: None


def array(item, longest=None):
    def check(value, path, findings):
        if not is_kind(value, "array", path, findings):
            return
        if longest is not None and len(value) > longest:
            findings.refuse(path, f"more than {longest} items")
        for index, entry in enumerate(value):
            item(entry, f"{path}[{index}]", findings)
    return check


def record(item):
    def check(value, path, findings):
        if is_kind(value, "object", path, findings):
            for name, entry in value.items():
                item(entry, f"{path}.{name}", findings)
    return check


def fields(required, optional=None):
    """An object. An optional field may be absent, never null."""
    optional = optional or {}

    def check(value, path, findings):
        if not is_kind(value, "object", path, findings):
            return
        for name, item in required.items():
            if name in value:
                item(value[name], f"{path}.{name}", findings)
            else:
                findings.refuse(f"{path}.{name}", "required")
        for name, item in optional.items():
            if name in value:
                item(value[name], f"{path}.{name}", findings)
        for name in value:
            if name not in required and name not in optional:
                findings.unknown.append(f"{path}.{name}")
    return check
