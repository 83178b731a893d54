"""Reads a Dockerfile into its stages: enough of the format for the one in deploy/container."""
import json
import re


class Stage:
    def __init__(self, image, name):
        self.image = image
        self.name = name
        self.steps = []   # (instruction, argument), ARG and ENV included

    def argument(self, instruction):
        """The last argument of an instruction; None without one."""
        found = [argument for word, argument in self.steps if word == instruction]
        return found[-1] if found else None

    def exec_form(self, instruction):
        return json.loads(self.argument(instruction))


def read(path, arguments=None):
    """{name: Stage}. `arguments` are --build-arg; ARG defaults are replaced wherever ${NAME} stands."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.MULTILINE)
    text = text.replace("\\\n", " ")
    stages, values = {}, dict(arguments or {})
    stage = None
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, argument = line.split(None, 1)
        if instruction != "RUN":   # the shell replaces for itself
            argument = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], argument)
        if instruction == "ARG":
            name, _, default = argument.partition("=")
            values.setdefault(name, default)
        elif instruction == "FROM":
            image, _, name = argument.partition(" AS ")
            stage = stages[name] = Stage(image, name)
        else:
            stage.steps.append((instruction, argument))
    return stages
