"""Running the program as a client of an agent that runs."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from harness import program, run_agent, scaled


def command(agent, *arguments, env=None, timeout=30):
    """(exit code, stdout, stderr) of `vf-agent ARGUMENTS` on this agent's data directory."""
    ended = run_agent(*arguments, env={"VF_DATA_DIR": str(agent.data_dir), **(env or {})}, timeout=timeout)
    return ended.returncode, ended.stdout, ended.stderr


def start(agent, *arguments, **more):
    """The same, as a process that goes on; its output is pipes."""
    more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    return subprocess.Popen([program("VF_TEST_AGENT"), *arguments], stdin=subprocess.DEVNULL, text=True,
                            env={"VF_DATA_DIR": str(agent.data_dir), "PATH": os.environ["PATH"]}, **more)


class OnTerminal:
    """The program on a terminal of its own."""

    def __init__(self, agent, *arguments, size=(24, 80), env=None):
        self.master, slave = pty.openpty()
        self.resize(*size)
        self.slave = slave
        self.before = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [program("VF_TEST_AGENT"), *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={"VF_DATA_DIR": str(agent.data_dir), "TERM": "xterm", "PATH": os.environ["PATH"], **(env or {})})
        self.seen = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds=0.1):
        if select.select([self.master], [], [], seconds)[0]:
            self.seen += os.read(self.master, 1 << 16).decode(errors="replace")

    def wait_for(self, text, timeout=20, since=0):
        end = time.monotonic() + scaled(timeout)
        while text not in self.seen[since:]:
            assert time.monotonic() < end, f"{text!r} does not come:\n{self.seen[since:]!r}"
            self.read()

    def press(self, keys):
        at = len(self.seen)
        os.write(self.master, keys.encode())
        return at

    def frame(self):
        """The lines of what was drawn last, without colours."""
        import re
        at = self.seen.rindex("\x1b[H")
        self.wait_for("\x1b[?2026l", since=at)   # all of it
        last = self.seen[at:self.seen.index("\x1b[?2026l", at)]
        return [line.rstrip("\r") for line in re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", last).split("\n")]

    def end(self, timeout=20):
        """Its exit code; the terminal is then as it was."""
        deadline = time.monotonic() + scaled(timeout)
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self.read()
        while select.select([self.master], [], [], 0.2)[0]:   # a read yields 4 KiB at most
            self.read(0)
        assert termios.tcgetattr(self.slave) == self.before, "the terminal's modes are not as they were"
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)
