"""Changes of a pipeline, and the moment when what was asked for is what its Vector runs.

A change of YAML is a reload (SIGHUP), which the agent then proves for 3 s, and a further change of that pipeline waits for
the end of that. A change of a global option is a new process. Both are judged from outside, never by the agent's word.
"""
import contextlib
import os
import pathlib
import socket
import time

from testkit import proc
from testkit.vectors import Vector

RELOAD, RESTART = "reload", "restart"
# The agent lets 30 polls a minute out for ever, and its budget is not what is measured.
APART = 2.8
PATIENCE = 60.0
LOOK = 0.0005


class Wish:
    """The text of one pipeline, changed step by step. `make(step, more)` writes it: `more` is YAML for its end."""

    def __init__(self, make):
        self._make, self._step, self._restarts, self.version = make, 0, 0, 1

    def text(self):
        return self._make(self._step, f"timezone: {'GMT' if self._restarts % 2 else 'UTC'}\n")

    def change(self, kind):
        self._step += kind != RESTART
        self._restarts += kind == RESTART
        return self.text()


def is_healthy(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        return b" 200 " in connection.recv(64)
    return False


class Reloaded:
    """True once the process has said that it has reloaded, after this object was made. It goes on with its file."""

    def __init__(self, agent, pipeline_id):
        self._path = agent.stderr_of(pipeline_id)
        self._from = os.path.getsize(self._path)

    def __call__(self):
        with open(self._path, "rb") as file:
            file.seek(self._from)
            return b"Vector has reloaded." in file.read()


class Restarted:
    """True once a Vector of that pipeline that was not there when this object was made is healthy. The one before has
    ended before the new one is started, so whoever answers then is the new one."""

    def __init__(self, agent, pipeline_id):
        self._agent, self._known = agent, agent.child_pids()
        self._name = f"/{pipeline_id}.".encode()
        running = next(pid for pid in self._known if self._runs(pid))
        self._port = Vector(proc.look(running)).ports()[1]
        self._started = False

    def _runs(self, pid):
        """The child has become the Vector of that pipeline: not the agent's own image for a moment, nor a check."""
        with contextlib.suppress(OSError):
            arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            return arguments[1:2] == [b"--config"] and self._name in arguments[2]
        return False

    def __call__(self):
        if not self._started:
            self._started = any(self._runs(pid) for pid in self._agent.child_pids() - self._known)
        return self._started and is_healthy(self._port)


class Changes:
    """Changes of `wishes`, {pipeline id: Wish}, at a pace that the polls can bear."""

    def __init__(self, agent, server, wishes):
        self.agent, self.server, self.wishes, self._last = agent, server, wishes, 0.0

    def get_ready(self, pipeline_id):
        """Waits until all changes of that pipeline have come to rest, and a poll for another would go out at once."""
        self.settle(pipeline_id)
        time.sleep(max(0.0, self._last + APART - time.monotonic()))

    def push(self, pipeline_id, kind):
        """Asks for a change, and answers when it was pushed."""
        self.get_ready(pipeline_id)
        wish = self.wishes[pipeline_id]
        self._last, wish.version = self.server.deploy(pipeline_id, wish.change(kind))
        return self._last

    def settle(self, pipeline_id):
        wish = self.wishes[pipeline_id]
        self.agent.wait_until(lambda: self.agent.applied(pipeline_id, wish.version),
                              f"{pipeline_id} runs what is wanted", PATIENCE, pause=0.1)

    def settle_all(self):
        for pipeline_id in self.wishes:
            self.settle(pipeline_id)

    def until_live(self, pipeline_id, kind):
        """Seconds from the push to the Vector that runs what it asked for."""
        self.get_ready(pipeline_id)
        live = (Restarted if kind == RESTART else Reloaded)(self.agent, pipeline_id)
        pushed = self.push(pipeline_id, kind)
        self.agent.wait_until(live, f"a {kind} of {pipeline_id}", PATIENCE, pause=LOOK)
        return time.monotonic() - pushed
