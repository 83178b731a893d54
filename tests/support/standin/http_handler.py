"""One HTTP/1.1 connection: reads requests, applies the planned faults, sends the answers."""
import random
import time
from http.server import BaseHTTPRequestHandler

from standin import endpoints
from standin.reply import UNAUTHORIZED, Reply, as_json, as_text

NAME = "standin-vectorflow"
PREFIX = "/api/agent/"
METHODS = {"enroll": "POST", "config": "GET", "heartbeat": "POST", "logs": "POST", "samples": "POST",
           "tap-events": "POST", "push": "GET"}
ONE_AT_A_TIME = ("config", "heartbeat", "logs")


class TooLarge(Exception):
    pass


class CutShort(Exception):
    """The peer ended in the middle of a body: killed, or it gave up. No server takes that for a request."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"{NAME} (for tests, not VectorFlow)"
    sys_version = ""
    disable_nagle_algorithm = True

    def __init__(self, connection, standin):
        self.standin, self.link = standin, connection
        self.timeout = standin.idle_timeout   # idle connections are closed, like the real server does after 5 s
        super().__init__(connection.sock, connection.address, standin)

    def log_message(self, *_):
        pass  # the record has it all

    def do_GET(self):
        self.serve()

    do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_GET

    def read_body(self):
        limit = self.standin.max_body
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            body = b""
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                body += self.rfile.read(size)
                self.rfile.readline()
                if size == 0:
                    return body
                if len(body) > limit:
                    raise TooLarge
        length = int(self.headers.get("Content-Length", 0))
        if length > limit:
            raise TooLarge
        body = self.rfile.read(length)
        if len(body) < length:
            raise CutShort
        return body

    def endpoint(self):
        path = self.path.split("?")[0]
        if path in self.standin.extra_push_paths:
            return "push"
        base = self.standin.path_prefix + PREFIX
        name = path[len(base):] if path.startswith(base) else ""
        return name if name in METHODS else ""

    def serve(self):
        standin, record = self.standin, self.standin.record
        request = record.add(connection=self.link.number, connection_address=self.client_address[0],
                             method=self.command, path=self.path, endpoint=self.endpoint(),
                             headers={k.lower(): v for k, v in self.headers.items()})
        try:
            request.body = self.read_body()
        except TooLarge:
            record.violate(f"body above {standin.max_body} bytes", request)
            self.close_connection = True
            return self.send(request, as_json(413, {"error": "Payload too large", "maxBytes": standin.max_body}))
        except CutShort:
            self.close_connection = True
            return None
        misplaced = self.misplaced(request)
        if misplaced:
            return self.send(request, misplaced)
        standin.check_patience(request)
        with standin.lock:
            busy = [r for r, link in standin.in_flight.items()
                    if r.endpoint == request.endpoint and not link.peer_gone()]
            standin.in_flight[request] = self.link
        if busy and request.endpoint in ONE_AT_A_TIME:
            record.violate(f"another {request.endpoint} call (#{busy[0].number}) is still unanswered", request)
        try:
            self.serve_placed(request)
        finally:
            standin.settle(request)

    def misplaced(self, request):
        """The answer to a call that no endpoint serves."""
        path = request.path.split("?")[0]
        if path.endswith("/") and path != "/":
            self.standin.record.violate("trailing slash", request)
            return Reply(308, b"", {"Location": path.rstrip("/")})
        if not request.endpoint:
            self.standin.record.violate("no such path", request)
            return as_text(404, "This page could not be found.")
        if request.method != METHODS[request.endpoint]:
            self.standin.record.violate(f"method {request.method}", request)
            return Reply(405)
        return None

    def serve_placed(self, request):
        delay, fault = self.standin.faults.take(request.endpoint)
        if fault and fault.kind == "hang":
            self.wait(None, fault.released)
            self.close_connection = True
            return None
        if fault and fault.kind == "fail":
            self.pause(delay)
            extra = {} if fault.retry_after is None else {"Retry_After": fault.retry_after}
            return self.send(request, as_json(fault.status, {"error": f"planned fault {fault.status}"}, **extra))
        if fault and fault.kind == "garbage":
            self.pause(delay)
            return self.send(request, Reply(200, b'<html>\x00\xff{"pipelines": [', {"Content-Type": "text/html"}))
        if request.endpoint == "push":
            self.pause(delay)
            return self.push(request)
        reply = endpoints.answer(self.standin, request)
        self.pause(delay)
        return self.send(request, reply, cut=bool(fault and fault.kind == "cut"))

    def pause(self, delay):
        low, high = self.standin.latency
        if delay:
            self.wait(delay.seconds, delay.released)
        elif high > 0:
            self.wait(random.uniform(low, high), None)

    def wait(self, seconds, released):
        """Until the time is over, the fault is cleared, or the caller has gone."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.link.peer_gone() and not self.standin.closing.is_set():
            if released is not None and released.is_set():
                return
            left = 0.05 if end is None else min(0.05, end - time.monotonic())
            if left <= 0:
                return
            time.sleep(left)

    def push(self, request):
        standin = self.standin
        token = endpoints.bearer(request)
        if token is None:
            standin.record.violate("no bearer token", request)
            return self.send(request, UNAUTHORIZED)
        refusal = standin.suspension()
        if refusal:
            return self.send(request, refusal)
        node = endpoints.known_node(standin, request, token)
        if node is None:
            return self.send(request, UNAUTHORIZED)
        once = standin.push_hub.takes_short(request.path)
        stream = standin.push_hub.open(node, request.path)
        self.send(request, Reply(200, b"", {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked",
                                            "Cache-Control": "no-cache, no-transform"}))
        self.link.sock.settimeout(10)
        standin.push_hub.run(stream, node, self.link, once)
        self.close_connection = True
        return None

    def send(self, request, reply, cut=False):
        standin = self.standin
        standin.note_answer(request, reply)
        head = [f"HTTP/1.1 {reply.status} {self.responses.get(reply.status, ('',))[0]}",
                f"Server: {self.server_version}", f"Date: {self.date_time_string()}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        if "Transfer-Encoding" not in reply.headers:
            head.append(f"Content-Length: {len(reply.body)}")
        if self.close_connection:
            head.append("Connection: close")
        elif "Transfer-Encoding" not in reply.headers:
            head += ["Connection: keep-alive", f"Keep-Alive: timeout={standin.idle_timeout:g}"]
        data = "\r\n".join(head).encode() + b"\r\n\r\n" + reply.body
        if cut:
            data = data[:len(data) - max(1, len(reply.body) // 2)]
            self.close_connection = True
        standin.settle(request)
        self.link.sock.sendall(data)
