"""An agent that runs from a binary of its own, and a file server that has other versions of it."""
import atexit
import contextlib
import functools
import hashlib
import os
import pathlib
import shutil
import tempfile

from standin_server import StandinServer
from testkit.agent import Agent, program, run_agent
from testkit.certificates import Authority
from testkit.file_server import FileServer
from testkit.folder import scratch_dir
from testkit.successors import vectors
from testkit.versions import version
from testkit.waiting import wait_until

NEXT = "9.9.9"   # what VF_TEST_AGENT_NEXT says it is
SHORT_TRIAL = {"VF_TEST_UPDATE_TRIAL": "8s"}   # instead of a minute, where the end of one is waited for


@functools.cache
def running_version():
    return run_agent("--version").stdout.split()[1]


@functools.lru_cache(maxsize=2)
def next_binary(says=NEXT):
    """That agent, as whatever version is as long a word."""
    content = pathlib.Path(program("VF_TEST_AGENT_NEXT")).read_bytes()
    assert len(says) == len(NEXT) and content.count(NEXT.encode() + b"\0") == 1
    return content.replace(NEXT.encode() + b"\0", says.encode() + b"\0")


def digest(content):
    return hashlib.sha256(content).hexdigest()


@functools.cache
def authority(name="trusted"):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"vf-test-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Authority(folder)


def script(says, then="exit 0", options="exit 0"):
    """A program that passes for version `says`. `then`: what it does when it is to run; `options`: when it is asked
    whether it likes them."""
    return ("#!/bin/sh\n"
            f'[ "$1" = --version ] && echo "vf-agent {says}" && exit 0\n'
            f'for word; do [ "$word" = --check-options ] && {{ {options}; }}; done\n'
            f"{then}\n").encode()


def put(path, content):
    """In the place of what is there, as a package manager does it."""
    new = path.with_name(f"{path.name}.put")
    new.write_bytes(content)
    new.chmod(0o755)
    os.replace(new, path)


class Host:
    """One agent and those around it."""

    def __init__(self, server, agent, files, binary):
        self.server, self.agent, self.files, self.binary = server, agent, files, binary
        self.original = binary.read_bytes()
        self.found = None

    # -- An offer ------------------------------------------------------------------------------------------------
    def order(self, target=NEXT, url=None, content=None, **more):
        """Of what is served there as a version: `content`, or an agent that is it."""
        content = next_binary(target) if content is None else content
        url = url or self.files.file(f"/{target}", content)
        return {"targetVersion": target, "downloadUrl": url, "checksum": "sha256:" + digest(content), **more}

    def push(self, order):
        assert self.server.push({"type": "action", "action": "self_update", **order}) == 1

    def poll(self, order):
        self.server.pending_action = {"type": "self_update", **order}

    # -- What it has become --------------------------------------------------------------------------------------
    def errors(self):
        """Every updateError, in order."""
        told = [request.json or {} for request in self.server.requests_to("heartbeat")]
        return [body["updateError"] for body in told if "updateError" in body]

    def wait_error(self, words, begun=0, timeout=20):
        """An updateError with these words, after the first so many."""
        wait_until(lambda: [e for e in self.errors()[begun:] if words in e], timeout, f"an updateError: {words}")

    def version(self):
        return self.server.last_heartbeat["agentVersion"]

    def wait_version(self, wanted, timeout=30):
        """Until a heartbeat says so, and pushes arrive again."""
        def is_it():
            assert self.version() == wanted, f"it is {self.version()} and has said {self.errors()[-1:]}"
            return self.server.push_connected()
        wait_until(is_it, timeout, f"the agent is {wanted}")

    def wait_settled(self):
        """Until nothing is left of an upgrade."""
        wait_until(lambda: not self.traces(), 20, "nothing is left of it")

    def traces(self):
        """What an upgrade has left on the disk, and the processes beside the agent."""
        beside = [p.name for p in self.binary.parent.iterdir() if p != self.binary]
        return beside + [p.command_line() for p in self.agent.images()] + (
            ["state/upgrade"] if (self.agent.data_dir / "state/upgrade").exists() else [])

    # -- What runs -----------------------------------------------------------------------------------------------
    def look(self):
        """Remembers what runs, for the checks below."""
        self.found = self.what_runs()
        return self.found

    def what_runs(self):
        """Each Vector: what it runs, pid and ports."""
        return sorted((v.config().splitlines()[0], v.pid, v.ports()) for v in vectors(self.agent))

    def check_untouched(self):
        """The same Vectors run as before, and no others."""
        now = self.what_runs()
        assert now == self.found, f"{now} instead of {self.found}"

    def check_not_upgraded(self):
        """The version, the file and everything that runs are what they were."""
        self.check_untouched()
        assert self.agent.process.poll() is None and self.agent.holder().pid == self.agent.pid
        assert self.version() == running_version()
        assert self.binary.read_bytes() == self.original, "its binary was touched"


@contextlib.contextmanager
def host(pipelines=None, env=None, poll=15000, place=None, linked=False, **limits):
    """A Host with everything running, and pushes arriving. `place`: the folder of the binary, which with `linked` is a
    link to `old`."""
    with contextlib.ExitStack() as stack:
        place = place or stack.enter_context(scratch_dir())
        binary = place / "vf-agent"
        shutil.copy(program("VF_TEST_AGENT"), place / "old" if linked else binary)
        if linked:
            binary.symlink_to("old")
        server = stack.enter_context(StandinServer(**limits))
        server.poll_interval_ms = poll
        pipelines = pipelines or {"p1": version("one"), "p2": version("two")}
        for name, yaml in pipelines.items():
            server.set_pipeline(name, yaml)
        files = stack.enter_context(FileServer(authority().server_context()))
        settings = {"VF_TEST_CONTAINER": "false", "VF_CA_FILE": authority().ca}
        agent = stack.enter_context(Agent(server, env={**settings, **(env or {})}, binary=binary))
        agent.wait_running(*pipelines)
        wait_until(server.push_connected, what="the push stream")
        found = Host(server, agent, files, binary)
        found.look()
        assert len(found.found) == len(pipelines)
        yield found
