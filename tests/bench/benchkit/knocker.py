"""A sender that knocks at a TCP port again and again: each time it connects, sends one line and closes."""
import socket
import threading
import time

PACE = 0.0005
PATIENCE = 1.0  # for one connection


class Knocker:
    """`with Knocker(port, "name") as knocker:` – it knocks inside the block. Its lines are "name N"; those in `sent` were
    taken by somebody who listened, though not necessarily read."""

    def __init__(self, port, name):
        self._port, self._name, self._end = port, name, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.sent, self.refused, self._down, self._taken = set(), 0, [], 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def longest_down(self):
        """Seconds: the longest time from a line that was taken to the next one, where the door was closed in between.
        0.0 where it never was."""
        return max(self._down, default=0.0)

    def taken(self):
        """How many lines so far."""
        return self._taken

    def _run(self):
        number, last, closed = 0, time.monotonic(), False
        while not self._end.is_set():
            begun, number = time.monotonic(), number + 1
            line = f"{self._name} {number}"
            if self._knock(line):
                now = time.monotonic()
                if closed:
                    self._down.append(now - last)
                last, closed = now, False
                self.sent.add(line)
                self._taken += 1
            else:
                closed = True
                self.refused += 1
            time.sleep(max(0.0, begun + PACE - time.monotonic()))
        if closed:
            self._down.append(time.monotonic() - last)

    def _knock(self, line):
        try:
            with socket.create_connection(("127.0.0.1", self._port), PATIENCE) as connection:
                connection.sendall(line.encode() + b"\n")
            return True
        except OSError:
            return False
