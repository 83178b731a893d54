"""The listening socket: accepts, can refuse connections on its port for a while, and can cut what it accepted."""
import select
import socket
import threading


class Connection:
    """An accepted connection, seen from the thread that serves it and from tests that cut it."""

    def __init__(self, number, sock, address):
        self.number, self.sock, self.address = number, sock, address
        self.encrypted = False

    def peer_gone(self):
        """True where the peer has closed its side (never known of an encrypted connection)."""
        if self.encrypted:
            return False
        poll = select.poll()
        try:
            poll.register(self.sock.fileno(), select.POLLIN)
            if not poll.poll(0):
                return False
            return self.sock.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def cut(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed already


class Listener:
    """`serve(connection)` runs on a thread of its own for each connection; the socket is closed when it returns."""

    def __init__(self, serve, host="127.0.0.1", port=0, tls=None):
        self._serve, self.host, self._tls = serve, host, tls
        self._lock = threading.Lock()
        self._open = set()
        self._accepted = 0
        self.tls_failures = []
        self._socket = self._bind(port)
        self.port = self._socket.getsockname()[1]
        self._listen()

    def _bind(self, port):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((self.host, port))
        return sock

    def _listen(self):
        self._socket.listen(128)
        self._refusing = False
        self._thread = threading.Thread(target=self._accept, args=(self._socket,), daemon=True)
        self._thread.start()

    def _stop_accepting(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept()
        except OSError:
            pass  # it was not listening
        self._thread.join()
        self._socket.close()

    def _accept(self, listening):
        while True:
            try:
                sock, address = listening.accept()
            except OSError:
                return
            with self._lock:
                self._accepted += 1
                connection = Connection(self._accepted, sock, address)
                self._open.add(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection):
        try:
            if self._tls:
                connection.sock.settimeout(10)
                connection.sock = self._tls.wrap_socket(connection.sock, server_side=True)
                connection.encrypted = True
            self._serve(connection)
        except OSError as error:
            if self._tls and not connection.encrypted:
                self.tls_failures.append(str(error))
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.sock.close()

    def accepted(self):
        with self._lock:
            return self._accepted

    def open_connections(self):
        with self._lock:
            return len(self._open)

    def refuse(self):
        """Connections to the port are refused from now on; the port stays ours (bound, not listening)."""
        if self._refusing:
            return
        self._stop_accepting()
        self._socket = self._bind(self.port)
        self._refusing = True

    def accept_again(self):
        if self._refusing:
            self._listen()

    def cut_all(self):
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.cut()

    def close(self):
        self._stop_accepting()
        self.cut_all()
