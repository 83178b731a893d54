"""Pipelines for the stand-in Vector, and Vectors seen from outside: by command line and files."""
import json
import pathlib
import re

DEMO = "  demo: { type: demo_logs, format: json, interval: 1 }\n"
SOCKET = '  demo: {{ type: socket, mode: tcp, address: "127.0.0.1:{}" }}\n'
REST = """\
transforms:
  parse: { type: remap, inputs: [demo], source: ".a = 1" }
sinks:
  out: { type: blackhole, inputs: [parse] }
"""

EXPORTER = re.compile(r"vf_metrics_exporter:.*?address:\s*[\"']?127\.0\.0\.1:(\d+)", re.DOTALL)
API = re.compile(r"^api:.*?address:\s*[\"']?127\.0\.0\.1:(\d+)", re.DOTALL | re.MULTILINE)


def pipeline_yaml(mark="", more="", socket_port=None, **standin):
    """A small pipeline, demo -> parse -> out. `mark` makes texts differ, `more` is YAML appended, `socket_port` makes
    its source one that listens; the rest is asked of the stand-in (see standin_vector/README.md)."""
    text = f"# {mark}\n" if mark else ""
    text += "sources:\n" + (SOCKET.format(socket_port) if socket_port else DEMO) + REST + more
    if standin:
        text += f"standin: {json.dumps(standin, ensure_ascii=False)}\n"
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
