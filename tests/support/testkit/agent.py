"""Agent: the real binary as a scenario runs it, and what must be true when it has ended."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request

from testkit import proc, waiting
from testkit.exposition import Exposition
from testkit.ports import PortBlock
from testkit.vectors import Vector
from testkit.waiting import scaled, wait_until

SANITIZER = re.compile(r"ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:|ThreadSanitizer")
PASSED_ON = ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def program(name):
    path = os.environ.get(name)
    assert path, f"{name} is not set: run by ctest, or set it to the built program"
    return path


def base_environment(home):
    """What every program of a test gets; nothing of VF_* or VECTOR_* that the caller happens to have."""
    return {"HOME": str(home), "VF_VECTOR_DATA_DIR": f"{home}/vector-data", **{name: os.environ[name] for name in PASSED_ON if name in os.environ}}


def run_agent(*args, env=None, timeout=30):
    """Runs the binary until it ends by itself, as for --help; answers what subprocess.run does, with text."""
    return subprocess.run([program("VF_TEST_AGENT"), *args], env={**base_environment("/"), **(env or {})}, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=scaled(timeout), errors="replace")


class Agent:
    """`with Agent(server) as agent:` starts it; leaving the block stops it and checks that it ended well.

    server       a StandinServer whose URL and enrollment token it gets, and whose violations must be empty at the end
    env          its environment beyond the defaults; None takes a default away
    data_dir     None: one of its own, removed at the end
    exit_code    what it must exit with; None: any
    wrapper      a command that starts it (its arguments follow)
    ports        a PortBlock shared with another agent; None: one of its own
    binary       the program; None: as it was built. One in a folder of its own can be replaced
    stdout, stderr, pass_fds   as for subprocess.Popen; output goes to files unless told otherwise
    """

    def __init__(self, server=None, env=None, args=(), data_dir=None, exit_code=0, wrapper=(), ports=None, stdout=None,
                 stderr=None, pass_fds=(), binary=None):
        self.server, self.args, self.exit_code, self.wrapper = server, list(args), exit_code, list(wrapper)
        self._stdout, self._stderr, self._pass_fds = stdout, stderr, pass_fds
        self.binary = str(binary or program("VF_TEST_AGENT"))
        self._replaceable = binary is not None
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vf-test-"))
        self.data_dir = pathlib.Path(data_dir or self.scratch / "data")
        self._own_ports = ports is None
        self.ports = ports or PortBlock()
        self.metrics_port = self.ports.metrics
        self.env = self._environment(env or {})
        if server:
            server.grace = scaled(5)
        self.process = None
        self.pid = None

    def _environment(self, more):
        env = base_environment(self.scratch)
        env.update({"VF_DATA_DIR": str(self.data_dir), "VF_VECTOR_BIN": program("VF_TEST_VECTOR"),
                    "VF_PORT_BASE": str(self.ports.base), "VF_METRICS_PORT": str(self.metrics_port),
                    "VF_METRICS_ADDR": "127.0.0.1", "VF_STOP_TIMEOUT": "10s"})
        if self.server:
            env.update({"VF_URL": self.server.url, "VF_TOKEN": self.server.enrollment_token})
        env.update(more)
        return {name: str(value) for name, value in env.items() if value is not None}

    # -- Its life ------------------------------------------------------------------------------------------------
    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._clean_up()   # __exit__ is not called then
            raise
        return self

    def start(self):
        with open(self.scratch / "stdout", "ab") as out, open(self.scratch / "stderr", "ab") as err:
            self.process = subprocess.Popen([*self.wrapper, self.binary, *self.args], env=self.env,
                                            stdin=subprocess.DEVNULL, stdout=self._stdout or out,
                                            stderr=self._stderr or err, pass_fds=self._pass_fds)
        self.may_end = self.exit_code != 0
        waiting.watched.append(self)
        self.pid = self.process.pid
        if self.wrapper:
            self.pid = wait_until(lambda: self._wrapped(), what="the agent below its wrapper")

    def _wrapped(self):
        name = os.path.basename(self.binary)
        found = [p for p in proc.children(self.process.pid)
                 if name in [os.path.basename(argument) for argument in p.command_line()[:3]]]
        return found[0].pid if found else None

    def __exit__(self, kind, *_):
        try:
            if kind is not None:
                print(self.describe(), flush=True)
                return
            code = self.stop()
            self._check_end(code)
        except AssertionError:
            print(self.describe(), flush=True)
            raise
        finally:
            self._clean_up()

    def check_alive(self):
        """Raises where the agent has ended on its own: nothing more will happen."""
        if not self.may_end and self.process.poll() is not None:
            self.may_end = True
            raise RuntimeError(f"the agent has ended with status {self.process.returncode}")

    def send(self, number=signal.SIGTERM):
        self.may_end = True
        if self.process.poll() is None:
            os.kill(self.pid, number)

    def wait(self, timeout=40):
        """Its exit code."""
        self.may_end = True
        try:
            return self.process.wait(scaled(timeout))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the agent did not end within {scaled(timeout):g} s") from None

    def stop(self, number=signal.SIGTERM, timeout=40):
        """Ends it and answers its exit code; where it has ended before, just that."""
        self.send(number)
        return self.wait(timeout)

    def holder(self):
        """The living process that wrote itself into the data directory's lock; None where there is none."""
        try:
            return proc.look(int((self.data_dir / "lock").read_text()))
        except (OSError, ValueError):
            return None   # none yet, or one that writes it just now

    def follow(self, timeout=20):
        """From here on it is the agent that has come up on its data directory without being started by the scenario."""
        gone = self.pid
        self.may_end = True   # that one
        found = wait_until(lambda: self._came_after(gone), timeout, f"an agent after pid {gone}")
        self.process.wait(scaled(timeout))
        self.process, self.pid = Adopted(found, self), found.pid
        self.may_end = self.exit_code != 0

    def _came_after(self, gone):
        found = self.holder()
        return found if found and found.pid != gone and found.alive() else None

    def kill(self):
        """SIGKILL; the scenario looks after what is left."""
        self.send(signal.SIGKILL)
        return self.wait()

    def _check_end(self, code):
        assert self.exit_code is None or code == self.exit_code, f"exit code {code}, expected {self.exit_code}"
        if isinstance(self.process, Adopted):
            assert "stopped" in self.output()[self.process.said:], "the agent that was followed did not end as asked"
        left = [f"{p.pid} {p.command_line()}" for p in self.leftovers() + self.images() + self.taps()]
        assert not left, f"left behind: {left}"
        report = SANITIZER.search(self.output())
        assert not report, f"a sanitizer reported: {report[0]}"
        if self.server:
            assert not self.server.violations, "the agent broke the contract:\n  " + "\n  ".join(self.server.violations)

    def _clean_up(self):
        if self in waiting.watched:
            waiting.watched.remove(self)
        if self.process and self.process.poll() is None:
            for process in [p for p in (proc.look(self.pid), proc.look(self.process.pid)) if p]:
                process.kill()
            self.process.wait()
        for process in self.images() + self.leftovers() + self.taps():   # no guard may come back meanwhile
            process.kill()
        if self._own_ports:
            self.ports.release()
        if "VF_TEST_KEEP" not in os.environ:
            shutil.rmtree(self.scratch, ignore_errors=True)

    def taps(self):
        """Living `vector tap` processes at one of its Vectors' APIs, whosever children they are."""
        urls = [f"http://127.0.0.1:{port}" for port in range(self.ports.base, self.metrics_port)]

        def is_one(process):
            try:
                arguments = process.command_line()
            except OSError:
                return False   # ended while we looked
            return "tap" in arguments[1:3] and any(argument.removeprefix("--url=").removesuffix("/graphql") in urls
                                                   for argument in arguments)
        return [process for process in proc.with_argument("http://127.0.0.1:") if is_one(process)]

    def leftovers(self):
        """Living processes that run one of this agent's configs (its data dir is in their arguments)."""
        own = (self.pid, self.process.pid if self.process else None)
        return [p for p in proc.with_argument(str(self.data_dir)) if p.pid not in own]

    def images(self):
        """Living processes beside it that run its binary, where that is its own: guards, agents that came back."""
        own = (self.pid, self.process.pid if self.process else None)
        return [p for p in proc.with_argument(self.binary) if p.pid not in own] if self._replaceable else []

    # -- What it says --------------------------------------------------------------------------------------------
    def stdout(self):
        return (self.scratch / "stdout").read_bytes().decode(errors="replace")

    def stderr(self):
        return (self.scratch / "stderr").read_bytes().decode(errors="replace")

    def output(self):
        return self.stdout() + self.stderr()

    def says(self, pattern):
        return re.search(pattern, self.output())

    def wait_says(self, pattern, timeout=20):
        return wait_until(lambda: self.says(pattern), timeout, f"the agent says /{pattern}/")

    def describe(self, lines=60):
        """For a failed scenario: the end of its log, and what the server saw last."""
        parts = [f"--- agent {self.pid}, data dir {self.data_dir}"]
        for name in ("stdout", "stderr"):
            tail = (self.scratch / name).read_bytes().decode(errors="replace").splitlines()[-lines:]
            parts.append(f"--- {name}, last {len(tail)} lines\n" + "\n".join(line[:300] for line in tail))
        if self.server:
            parts.append("--- last requests\n" + "\n".join(str(r) for r in self.server.requests[-20:]))
            parts.append("--- violations\n" + "\n".join(self.server.violations[-20:]))
            parts.append(f"--- statuses {self.server.statuses()}")
        return "\n".join(parts)

    # -- What it serves ------------------------------------------------------------------------------------------
    def get(self, path, timeout=5):
        """(status, body) of its own HTTP port."""
        try:
            with DIRECT.open(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=scaled(timeout)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(errors="replace")

    def metrics(self):
        status, text = self.get("/metrics")
        assert status == 200, f"/metrics answers {status}"
        return Exposition(text)

    def healthz(self):
        return self.get("/healthz")[0]

    def readyz(self):
        return self.get("/readyz")[0]

    # -- What it runs --------------------------------------------------------------------------------------------
    def children(self):
        return proc.children(self.pid)

    def vectors(self):
        """Its running Vectors (a `vector --version` or the like is none)."""
        found = []
        for process in self.children():
            try:
                vector = Vector(process)
            except OSError:
                continue  # ended while we looked
            if process.state not in "ZX" and len(vector.configs) == 2:
                found.append(vector)
        return found

    def vector(self, text):
        """The one Vector whose config contains the text."""
        found = [v for v in self.vectors() if text in v.config()]
        assert len(found) == 1, f"{len(found)} Vectors run a config with {text!r}"
        return found[0]

    def wait_running(self, *pipeline_ids, timeout=30):
        """Until the server has them as RUNNING."""
        for pipeline_id in pipeline_ids:
            wait_until(lambda: self.server.status(pipeline_id) == "RUNNING", timeout, f"{pipeline_id} is RUNNING")

    def wait_version(self, pipeline_id, version, timeout=30):
        """Until the server has this version as RUNNING."""
        def runs():
            row = self.server.statuses()[pipeline_id]
            return row["status"] == "RUNNING" and row["version"] == version
        wait_until(runs, timeout, f"version {version} of {pipeline_id} is RUNNING")


class Adopted:
    """A process that is nobody's child here, as far as Agent asks what subprocess.Popen knows. How it ended is only in
    its output."""

    def __init__(self, process, agent):
        self._process, self.pid = process, process.pid
        self.said = len(agent.output())
        self.returncode = None

    def poll(self):
        self.returncode = None if self._process.alive() else 0
        return self.returncode

    def wait(self, timeout=None):
        began = time.monotonic()
        while self.poll() is None:
            if timeout is not None and time.monotonic() > began + timeout:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.02)
        return self.returncode


def follow_output(agent, seconds, say=print):
    """Prints its output as it comes, for a look by hand."""
    def run():
        end, seen = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            text = agent.output()
            say(text[seen:], end="", flush=True)
            seen = len(text)
            time.sleep(0.2)
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def vector_env(pid):
    return proc.look(pid).environment()


def vector_fds(pid):
    return proc.look(pid).descriptors()
