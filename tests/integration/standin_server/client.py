"""A well-behaved agent's HTTP, by hand."""
import contextlib
import http.client
import json

from harness import StandinServer

JSON = {"Content-Type": "application/json"}


class Client:
    def __init__(self, server, context=None):
        self.server = server
        kind = http.client.HTTPSConnection if context else http.client.HTTPConnection
        more = {"context": context} if context else {}
        self.connection = kind("127.0.0.1", server.port, timeout=10, **more)
        self.token = None

    def call(self, method, path, body=None, headers=None):
        """(status, headers, JSON or bytes)"""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        all_headers = {**(JSON if data is not None else {}), **(headers or {})}
        if self.token:
            all_headers.setdefault("Authorization", f"Bearer {self.token}")
        self.connection.request(method, path, data, {k: v for k, v in all_headers.items() if v is not None})
        answer = self.connection.getresponse()
        text = answer.read()
        kind = answer.headers.get("Content-Type", "")
        return answer.status, answer.headers, json.loads(text) if kind.startswith("application/json") else text

    def post(self, endpoint, body, **headers):
        return self.call("POST", f"/api/agent/{endpoint}", body, headers)

    def enroll(self, **more):
        body = {"token": self.server.enrollment_token, "hostname": "host", **more}
        status, _, answer = self.post("enroll", body)
        if status == 200:
            self.token = answer["nodeToken"]
        return status, answer

    def config(self):
        return self.call("GET", "/api/agent/config")


@contextlib.contextmanager
def enrolled(**options):
    with StandinServer(**options) as server:
        client = Client(server)
        assert client.enroll()[0] == 200
        yield server, client


def row(**more):
    return {"pipelineId": "p1", "version": 1, "status": "RUNNING", **more}


def expect(server, client, endpoint, body, status, breach=None):
    """Posts, expects this status, and one kind of violation or none."""
    before = len(server.record.all_violations())
    got = client.post(endpoint, body)[0]
    new = server.record.all_violations()[before:]
    assert got == status, f"{endpoint} {str(body)[:200]}: {got}, expected {status} ({new})"
    assert bool(new) == bool(breach), f"{endpoint} {str(body)[:200]}: violations {new}"
    assert not breach or any(breach in v for v in new), f"expected {breach!r} in {new}"
