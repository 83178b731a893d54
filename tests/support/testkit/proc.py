"""Processes as /proc shows them. A process is known by pid and start time, so that a reused pid is not mistaken."""
import os
import pathlib
import signal
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Process:
    pid: int
    started: int   # clock ticks since boot
    parent: int
    state: str     # R S D Z T …

    def alive(self):
        now = look(self.pid)
        return now is not None and now.started == self.started and now.state not in "ZX"

    def command_line(self):
        """While it becomes another program it has no words for some milliseconds: that is waited for."""
        for _ in range(100):
            words = _read(self.pid, "cmdline").split(b"\0")[:-1]
            if words or not os.path.exists(f"/proc/{self.pid}/exe"):   # nor has a kernel thread, or one that ends
                break
            time.sleep(0.005)
        return [part.decode(errors="replace") for part in words]

    def environment(self):
        pairs = (entry.partition(b"=") for entry in _read(self.pid, "environ").split(b"\0") if entry)
        return {name.decode(errors="replace"): value.decode(errors="replace") for name, _, value in pairs}

    def descriptors(self):
        """{number: what it refers to}"""
        folder = f"/proc/{self.pid}/fd"
        found = {}
        for name in os.listdir(folder):
            try:
                found[int(name)] = os.readlink(f"{folder}/{name}")
            except FileNotFoundError:
                pass  # closed while we looked
        return found

    def kill(self, number=signal.SIGKILL):
        if self.alive():
            os.kill(self.pid, number)


def _read(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_bytes()


def look(pid):
    """The process, or None."""
    try:
        text = _read(pid, "stat").decode(errors="replace")
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return Process(pid=int(pid), started=int(fields[19]), parent=int(fields[1]), state=fields[0])


def everything():
    return [p for p in (look(name) for name in os.listdir("/proc") if name.isdigit()) if p]


def connections_to(port):
    """How many TCP connections to this port of 127.0.0.1 are established at once, seen from the client's side.

    The kernel's table is no snapshot: a connection that ends while it is read and the one that follows may both be in it.
    What is in two readings was there all the while between them.
    """
    return len(_local_ends(port) & _local_ends(port))


def _local_ends(port):
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[2] == f"0100007F:{port:04X}" and row[3] == "01"}


def children(pid):
    """Direct children, zombies included."""
    return [p for p in everything() if p.parent == pid]


def with_argument(text):
    """Living processes one of whose arguments contains the text."""
    found = []
    for process in everything():
        try:
            if any(text in argument for argument in process.command_line()):
                found.append(process)
        except OSError:
            pass  # ended while we looked
    return [p for p in found if p.pid != os.getpid() and p.alive()]
