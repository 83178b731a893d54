"""A pipeline of a real Vector that is fed over one TCP connection, and everything it has written."""
import contextlib
import json
import socket
import threading
from dataclasses import dataclass
from functools import partial

from harness import Agent, PortBlock, connections_to, program, scratch_dir, wait_until
from testkit import deployed
from testkit.versions import version

REAL = {"VF_VECTOR_BIN": program("VF_TEST_REAL_VECTOR"), "VF_ECHO_LOGS": "false"}
running = partial(deployed.running, env=REAL)


class Sender:
    """One connection, one numbered line each 5 ms, for as long as the block runs."""

    def __init__(self, port, pause=0.005):
        self.port, self.pause = port, pause
        self.sent, self.error = 0, None
        self._socket = wait_until(lambda: socket.create_connection(("127.0.0.1", port), 5), 20, "it listens")
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.close()

    def _run(self):
        try:
            while not self._end.wait(self.pause):
                self._socket.sendall(b"line n=%d\n" % (self.sent + 1))
                self.sent += 1
        except OSError as error:
            self.error = error

    def finish(self):
        """Sends no more, and answers how many lines there were; the connection stays open."""
        self._end.set()
        self._thread.join()
        assert self.error is None, f"the connection broke after {self.sent} lines: {self.error}"
        assert connections_to(self.port) == 1, "and it is still the first one"
        return self.sent

    def close(self):
        self._end.set()
        self._thread.join()
        self._socket.close()


def numbers(lines):
    """Of JSON events, in their order."""
    return [int(event["message"].split("n=")[1]) for event in map(json.loads, lines)
            if event.get("message", "").startswith("line n=")]


def expect_all(found, sent, what):
    missing = sorted(set(range(1, sent + 1)) - set(found))
    assert not missing, f"{what}: {len(missing)} of {sent} missing, from {missing[:10]}"


@dataclass
class Fed:
    """A version(…) of this pipeline reads the port and writes to the file."""
    server: object
    agent: Agent
    sender: Sender
    port: int
    file: object

    def yaml(self, word, source=""):
        return fed_yaml(word, self.port, self.file, source)

    def written(self):
        """Whole lines of the file."""
        return self.file.read_text().split("\n")[:-1] if self.file.exists() else []

    def words(self):
        return [json.loads(line)["word"] for line in self.written()]

    def wait_word(self, word):
        """Until lines that come now are those of this version."""
        wait_until(lambda: self.words()[-1] == word, 20, f"{word} is what is written")

    def expect_nothing_lost(self):
        sent = self.sender.finish()
        wait_until(lambda: len(self.written()) >= sent, 20, "all lines are written")
        found = numbers(self.written())
        expect_all(found, sent, "written")
        assert len(found) == sent, f"{len(found) - sent} lines are there twice"


def fed_yaml(word, port, file, source=""):
    sink = f'  file: {{ type: file, inputs: [parse], path: "{file}", encoding: {{ codec: json }} }}\n'
    return version(word, socket_port=port, more=sink, source=source)


@contextlib.contextmanager
def fed(word="one"):
    """Fed, with p1 running and lines arriving."""
    with scratch_dir() as folder:
        ports = PortBlock()
        port, file = ports.extra(0), folder / "out.log"
        try:
            with running(fed_yaml(word, port, file)) as (server, agent), Sender(port) as sender:
                whole = Fed(server, agent, sender, port, file)
                whole.wait_word(word)
                yield whole
        finally:
            ports.release()
