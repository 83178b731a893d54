"""Port blocks for tests that run side by side: 64 ports below the ephemeral range, claimed by a socket that listens on
the last one for as long as the block is used. Blocks are aligned, so two of them never overlap."""
import random
import socket

SIZE = 64
FIRST, LAST = 15040, 32600


def listening_socket(port, host="127.0.0.1"):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(16)
    except OSError:
        sock.close()
        raise
    return sock


def is_free(port):
    try:
        listening_socket(port).close()
    except OSError:
        return False
    return True


class PortBlock:
    """base … base+39: pairs of the agent; extra(0…19): for whatever a test needs; then its metrics port, the guard."""

    def __init__(self):
        blocks = list(range(FIRST, LAST - SIZE, SIZE))
        random.shuffle(blocks)
        for base in blocks:
            try:
                self._guard = listening_socket(base + SIZE - 1)
            except OSError:
                continue
            if all(is_free(port) for port in range(base, base + SIZE - 1)):
                self.base = base
                return
            self._guard.close()
        raise AssertionError("no free block of ports")

    @property
    def metrics(self):
        return self.base + SIZE - 3

    def extra(self, index):
        assert 0 <= index < 20
        return self.base + 40 + index

    def release(self):
        self._guard.close()
