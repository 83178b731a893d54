"""Other peers on the loopback: one that only listens and notes, and a CONNECT proxy."""
import contextlib
import socket
import threading

from testkit.ports import listening_socket


class Peer:
    """Accepts connections on a port of its own and serves each on a thread."""

    def __init__(self, port=0):
        self._socket = listening_socket(port)
        self.port = self._socket.getsockname()[1]
        self.received = []     # one bytes for each connection
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock):
        with sock, contextlib.suppress(OSError):
            sock.settimeout(30)
            self.serve(sock)

    def read_head(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            data = sock.recv(4096)
            if not data:
                break
            head += data
        self.received.append(head)
        return head


class Trap(Peer):
    """A host that is not the control plane: notes what it is told and answers 404."""

    def serve(self, sock):
        self.read_head(sock)
        sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


class ConnectProxy(Peer):
    """An HTTPS proxy that leads every CONNECT to one port of 127.0.0.1, whatever name was asked for."""

    def __init__(self, target_port):
        self._target = target_port
        super().__init__()

    def serve(self, sock):
        if not self.read_head(sock).startswith(b"CONNECT "):
            sock.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self._target)) as other:
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._pump, args=(other, sock), daemon=True)
            back.start()
            self._pump(sock, other)
            back.join()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
