"""The agent under measurement: started, looked at through /proc and its own metrics, and ended by pid."""
import contextlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

from testkit import proc
from testkit.agent import DIRECT, base_environment
from testkit.exposition import Exposition
from testkit.ports import is_free

# Below what the integration tests use: they may run at the same time.
FIRST_PORT, LAST_PORT = 10000, 15000
START_TIMEOUT = 240.0


def free_ports(count):
    """The first of `count` ports in a row."""
    for _ in range(50):
        base = random.randrange(FIRST_PORT, LAST_PORT - count)
        if all(is_free(port) for port in range(base, base + count)):
            return base
    raise RuntimeError(f"no {count} free ports in a row between {FIRST_PORT} and {LAST_PORT}")


class AgentProcess:
    """`with AgentProcess(programs, server, pipelines=10) as agent:` – it runs inside the block, and nothing of it after.
    With `programs.realtime` its loop is never kept waiting by other processes, so that its lag is all its own.
    `spare_ports` are for what its pipelines listen on. What it says is thrown away, but with `keep_output` (see said())."""

    def __init__(self, programs, server, pipelines, env=None, data_dir=None, keep_output=False):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vf-bench-"))
        self.data_dir = pathlib.Path(data_dir) if data_dir else self.scratch / "data"
        ports = free_ports(2 * pipelines + 12)
        self.spare_ports = range(ports + 2 * pipelines, ports + 2 * pipelines + 11)
        self.metrics_port = ports + 2 * pipelines + 11
        self._binary, self._realtime = programs.agent, programs.realtime
        self._env = {**base_environment(self.scratch), "VF_URL": server.url, "VF_TOKEN": server.token,
                     "VF_DATA_DIR": str(self.data_dir), "VF_VECTOR_BIN": programs.vector, "VF_PORT_BASE": str(ports),
                     "VF_METRICS_ADDR": "127.0.0.1", "VF_METRICS_PORT": str(self.metrics_port),
                     "VF_STOP_TIMEOUT": "25s", **(env or {})}
        self._output = self.scratch / "output" if keep_output else pathlib.Path(os.devnull)
        self._process = None

    def __enter__(self):
        self.begin()
        return self

    def begin(self):
        """Also for the next agent on the same data directory, once this one has ended."""
        with open(self._output, "ab") as output:
            self.begun = time.monotonic()
            self._process = subprocess.Popen([self._binary], env=self._env, stdin=subprocess.DEVNULL, stdout=output,
                                             stderr=output, start_new_session=True)
        self.pid = self._process.pid
        if self._realtime:  # the main thread only, and not what it starts
            os.sched_setscheduler(self.pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))

    def __exit__(self, *_):
        """Ends it and every Vector of it, whatever happened; a second Ctrl-C does not interrupt that. Vectors outlive an
        agent that was killed, and are nobody's children then: they are known by the data directory in their arguments."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self.stop()
            for vector in proc.with_argument(str(self.data_dir)):
                vector.kill()
            shutil.rmtree(self.scratch, ignore_errors=True)
        finally:
            signal.signal(signal.SIGINT, before)

    def stop(self):
        for number, patience in ((signal.SIGTERM, 1.0), (signal.SIGTERM, 10.0), (signal.SIGKILL, None)):
            if self._process.poll() is not None:
                return
            self._process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(patience)

    def kill(self):
        """The agent only."""
        self._process.kill()
        self._process.wait()

    def send(self, number):
        """When the signal was sent."""
        at = time.monotonic()
        self._process.send_signal(number)
        return at

    # -- Waiting ---------------------------------------------------------------------------------------------------
    def wait_until(self, true, what, timeout=START_TIMEOUT, pause=0.25):
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException):
                value = true()
                if value:
                    return value
            if self._process.poll() is not None:
                raise RuntimeError(f"the agent has ended with status {self._process.returncode}, before {what}")
            if time.monotonic() > end:
                raise RuntimeError(f"not within {timeout:g} s: {what}")
            time.sleep(pause)

    def wait_all_running(self, count):
        """Asking costs the agent a page of metrics of that many pipelines: the more there are, the less often."""
        self.wait_until(lambda: self.metrics().one("vf_agent_pipelines_running") == count, f"{count} pipelines run",
                        pause=min(0.25, max(0.02, count / 2000)))

    # -- Figures ---------------------------------------------------------------------------------------------------
    def metrics(self):
        with DIRECT.open(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
            return Exposition(answer.read().decode())

    def cpu_seconds(self):
        """User and system time of all its threads, ended ones too, and of no child: the sum that /proc/PID/stat shows in
        steps of 10 ms, here in nanoseconds (clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def user_and_system_seconds(self):
        text = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        fields = text[text.rindex(")") + 2:].split()
        return tuple(int(fields[at]) / os.sysconf("SC_CLK_TCK") for at in (11, 12))

    def status(self):
        lines = pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines()
        found = {name: value.split()[0] for name, _, value in (line.partition(":") for line in lines) if value.split()}
        return {"rss_mb": int(found["VmRSS"]) / 1024, "peak_rss_mb": int(found["VmHWM"]) / 1024,
                "threads": int(found["Threads"]), "fds": len(os.listdir(f"/proc/{self.pid}/fd"))}

    def applied(self, pipeline_id, version):
        """Whether it runs this version, and has proved to."""
        now = self.metrics()
        return (now.one("vf_agent_pipeline_config_version", any_label=pipeline_id) == version and
                now.one("vf_agent_pipeline_in_sync", any_label=pipeline_id) == 1)

    def said_so_far(self):
        return self._output.stat().st_size

    def said(self, text, since):
        """How often, after the byte `since` of its output."""
        with open(self._output, "rb") as file:
            file.seek(since)
            return file.read().count(text.encode())

    def vectors(self):
        """Its Vectors and those that an agent before it left: a set that compares equal while they are the same ones."""
        return {(process.pid, process.started) for process in proc.with_argument(str(self.data_dir))
                if "--config" in process.command_line()[1:2]}

    def child_pids(self):
        found = set()
        for task in os.listdir(f"/proc/{self.pid}/task"):
            with contextlib.suppress(OSError):
                found.update(map(int, pathlib.Path(f"/proc/{self.pid}/task/{task}/children").read_text().split()))
        return found

    def stderr_of(self, pipeline_id):
        return self.data_dir / "logs" / f"{pipeline_id}.stderr"

    def stderr_tail(self, pipeline_id, size=4096):
        """The end of what a pipeline's newest Vector wrote."""
        with open(self.stderr_of(pipeline_id), "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            return file.read()
