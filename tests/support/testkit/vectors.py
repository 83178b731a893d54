"""Pipelines for the stand-in Vector, and Vectors seen from outside: by command line and files."""
import json
import pathlib
import re

TEMPLATE = """\
sources:
  demo: {{ type: demo_logs, format: json, interval: 1 }}
transforms:
  parse: {{ type: remap, inputs: [demo], source: ".a = 1" }}
sinks:
  out: {{ type: blackhole, inputs: [parse] }}
"""

EXPORTER = re.compile(r"vf_metrics_exporter:.*?address:\s*[\"']?127\.0\.0\.1:(\d+)", re.DOTALL)
API = re.compile(r"^api:.*?address:\s*[\"']?127\.0\.0\.1:(\d+)", re.DOTALL | re.MULTILINE)


def pipeline_yaml(mark="", more="", **standin):
    """A small pipeline. `mark` makes texts differ, `more` is YAML appended, the rest is asked of the stand-in."""
    text = f"# {mark}\n" if mark else ""
    text += TEMPLATE.format() + more
    if standin:
        text += f"standin: {json.dumps(standin)}\n"
    return text


class Vector:
    """One running Vector of the agent's."""

    def __init__(self, process):
        self.process = process
        arguments = process.command_line()
        self.arguments = arguments[1:]
        self.configs = [arguments[i + 1] for i, a in enumerate(arguments[:-1]) if a == "--config"]

    @property
    def pid(self):
        return self.process.pid

    def config(self):
        return pathlib.Path(self.configs[0]).read_text()

    def sidecar(self):
        return pathlib.Path(self.configs[1]).read_text()

    def ports(self):
        """(metrics, API)"""
        text = self.sidecar()
        return int(EXPORTER.search(text)[1]), int(API.search(text)[1])
