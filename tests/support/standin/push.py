"""Push: one event stream a node; a second connection closes the first, as on the real server."""
import json
import queue
import threading
import time


def encode(message, event=None):
    return f"event: {event or message['type']}\ndata: {json.dumps(message, separators=(',', ':'))}\n\n".encode()


class Stream:
    def __init__(self, path):
        self.path = path
        self.opened = time.monotonic()
        self.closed = None
        self.silent = False     # half-open: the connection stays, nothing comes through
        self.end = threading.Event()
        self.abrupt = False     # end without the last chunk
        self.queue = queue.Queue()


class PushHub:
    def __init__(self, keepalive=30.0):
        self.keepalive = keepalive
        self._lock = threading.Lock()
        self._current = {}        # node -> Stream
        self._streams = []
        self.short_lived = None   # None, or [path or None, times or None]

    def open(self, node, path):
        stream = Stream(path)
        with self._lock:
            before = self._current.get(node)
            self._current[node] = stream
            self._streams.append(stream)
        if before:
            before.end.set()
        return stream

    def forget(self, node, stream):
        with self._lock:
            stream.closed = time.monotonic()
            if self._current.get(node) is stream:
                del self._current[node]

    def takes_short(self, path):
        """Whether this new stream is one that ends at once."""
        with self._lock:
            if not self.short_lived:
                return False
            wanted, times = self.short_lived
            if wanted not in (None, path) or times == 0:
                return False
            if times is not None:
                self.short_lived[1] -= 1
            return True

    def send(self, data):
        """Queues raw bytes for every connected node; answers how many there were."""
        with self._lock:
            streams = list(self._current.values())
        for stream in streams:
            stream.queue.put(data)
        return len(streams)

    def current(self):
        with self._lock:
            return list(self._current.values())

    def streams(self):
        with self._lock:
            return list(self._streams)

    def drop(self, abrupt=True):
        for stream in self.current():
            stream.abrupt = abrupt
            stream.end.set()

    def run(self, stream, node, connection, once):
        """Serves one stream until it ends. `once`: end right after the greeting."""
        def chunk(data):
            connection.sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))

        try:
            chunk(b": connected\n\n")
            due = time.monotonic() + self.keepalive
            while not once and not stream.end.is_set() and not connection.peer_gone():
                try:
                    data = stream.queue.get(timeout=0.02)
                except queue.Empty:
                    data = None
                if data is not None and not stream.silent:
                    chunk(data)
                if time.monotonic() >= due:
                    due = time.monotonic() + self.keepalive
                    if not stream.silent:
                        chunk(b": keepalive\n\n")
            if not stream.abrupt:
                connection.sock.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # the agent went away: that is how a stream ends
        finally:
            self.forget(node, stream)
