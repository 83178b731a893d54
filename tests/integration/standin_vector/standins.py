"""Starts stand-ins for test.py and looks at what they say."""
import http.client
import os
import signal
import subprocess

from harness import PortBlock, scaled, scratch_dir, wait_until

BINARY = os.path.abspath(os.environ.get("VF_TEST_VECTOR", "build/asan/tests/standin-vector"))
DEADLINE = 20

LEAN_FILTER = ('n = string!(.name); n == "utilization" || n == "component_latency_mean_seconds" || n == "reloaded_total" '
               '|| (starts_with(n, "component_") && ends_with(n, "_total"))')


def environment(version=None, **more):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("VECTOR_", "VF_"))}
    if version:
        env["STANDIN_VECTOR_VERSION"] = version
    return {**env, **more}


def run(*arguments, version=None, cwd=None, **env):
    """One command to its end: (status, stdout, stderr)."""
    done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=scaled(DEADLINE),
                          cwd=cwd, env=environment(version, **env), check=False)
    return done.returncode, done.stdout, done.stderr


def write(path, text):
    """As an agent does it: the file changes at once."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


SIMPLE = """\
sources: {in: {type: docker_logs}}
sinks: {out: {type: blackhole, inputs: [in]}}
"""

TCP = "sources: {in: {type: socket, mode: tcp, address: '127.0.0.1:%PORT%'}}\n"
TO_BLACKHOLE = "sinks: {out: {type: blackhole, inputs: [in]}}\n"
TO_FILE = "sinks: {{out: {{type: file, inputs: [in], path: {path}, encoding: {{codec: text}}}}}}\n"


def same(actual, expected):
    assert actual == expected, f"\nexpected {expected!r}\nactual   {actual!r}"


def has(text, *fragments):
    for fragment in fragments:
        assert fragment in text, f"{fragment!r} is not in:\n{text}"


def lines(path):
    """The whole lines of a file that may not be there yet."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().split("\n")[:-1]
    except FileNotFoundError:
        return []


def sidecar(metrics_port, api_port, full=False):
    if full:
        middle = "  vf_host_metrics: {type: host_metrics}\n"
        inputs = "[vf_internal_metrics, vf_host_metrics]"
    else:
        middle = ("transforms:\n  vf_metrics_filter:\n    type: filter\n    inputs: [vf_internal_metrics]\n"
                  f"    condition: '{LEAN_FILTER}'\n")
        inputs = "[vf_metrics_filter]"
    return (f"sources:\n  vf_internal_metrics: {{type: internal_metrics, scrape_interval_secs: 0.1}}\n{middle}"
            f"sinks:\n  vf_metrics_exporter: {{type: prometheus_exporter, inputs: {inputs}, "
            f"address: '127.0.0.1:{metrics_port}'}}\n"
            f"api: {{enabled: true, address: '127.0.0.1:{api_port}'}}\n")


class Standin:
    """A running stand-in with its two config files, its log and its ports. %PORT% in a config is `port`."""

    def __init__(self, config=SIMPLE, version=None, full=False, arguments=(), modes="", stdout=None, **env):
        self._scratch = scratch_dir()
        self.folder = self._scratch.__enter__()
        self.ports = PortBlock()
        self.metrics_port, self.api_port, self.port = self.ports.base, self.ports.base + 1, self.ports.extra(0)
        self.config_path = os.path.join(self.folder, "run.yaml")
        self.write_config(config + modes)
        write(self.config_path + ".vf-metrics.yaml", sidecar(self.metrics_port, self.api_port, full))
        self.log_path = os.path.join(self.folder, "log")
        self.out_path = os.path.join(self.folder, "out")
        with open(self.log_path, "wb") as log, open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                [BINARY, "--config", "run.yaml", "--config", "run.yaml.vf-metrics.yaml", *arguments],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=stdout or out, stderr=log,
                env=environment(version, **env))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.ports.release()
        self._scratch.__exit__(None, None, None)

    def write_config(self, text):
        write(self.config_path, text.replace("%PORT%", str(self.port)))

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def out(self):
        with open(self.out_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def started(self):
        self.logged("Vector has started.")
        return self

    def logged(self, fragment, count=1):
        wait_until(lambda: self.log().count(fragment) >= count, DEADLINE, f"{fragment!r} in the log")

    def reload(self, config=None, expect="Vector has reloaded."):
        before = self.log().count(expect)
        if config is not None:
            self.write_config(config)
        self.process.send_signal(signal.SIGHUP)
        self.logged(expect, before + 1)

    def terminate(self, seconds=DEADLINE):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(scaled(seconds))

    def state(self):
        """The letter of /proc: R, S, T …"""
        with open(f"/proc/{self.process.pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0]

    def get(self, port, path, timeout=5, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def health(self):
        return self.get(self.api_port, "/health")[:2]

    def scrape(self):
        return self.get(self.metrics_port, "/metrics")[1].decode()
