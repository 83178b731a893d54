"""Planned faults, connections, push streams and TLS of the stand-in control plane."""
import http.client
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from types import SimpleNamespace

import standin_server
from client import Client, enrolled
from harness import Authority, StandinServer, pipeline_yaml, scenario, scratch_dir, wait_until


@scenario
def planned_faults():
    with enrolled() as (server, client):
        server.fail("config", 503, times=2, retry_after=0)
        assert [client.config()[0] for _ in range(3)] == [503, 503, 200]
        server.fail("*", 500, times=None)
        assert client.config()[0] == 500 and client.post("heartbeat", {"pipelines": []})[0] == 500
        server.clear_faults()
        server.garbage("config")
        assert b"\xff" in client.config()[2]
        server.delay("config", 0.3, times=1)
        began = time.monotonic()
        assert client.config()[0] == 200 and time.monotonic() - began >= 0.3
        server.cut("config")
        try:
            client.config()
            raise AssertionError("the answer was complete")
        except http.client.IncompleteRead:
            client.connection.close()
        server.fail("config", 429, retry_after=30)
        client.config()
        client.config()
        assert "before Retry-After allows" in server.violations[-1]
        server.suspended = True
        assert client.config()[1]["Retry-After"] == "86400"


@scenario
def connections_end_when_idle_and_can_be_refused():
    with StandinServer() as server:
        server.idle_timeout = 0.3
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as sock:
            assert sock.recv(1) == b"" and time.monotonic() - began > 0.2
        port = server.port
        server.refuse_connections()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5)
            raise AssertionError("accepted")
        except ConnectionRefusedError:
            pass
        server.accept_connections()
        server.idle_timeout = 5
        client = Client(server)
        assert client.enroll()[0] == 200 and client.config()[0] == 200
        assert server.port == port and {r.connection for r in server.requests} == {2}


class PushReader:
    def __init__(self, server, token):
        self.sock = socket.create_connection(("127.0.0.1", server.port), timeout=5)
        self.sock.sendall(f"GET /api/agent/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        self.data = b""

    def until(self, wanted):
        while wanted not in self.data:
            data = self.sock.recv(4096)
            assert data, f"the stream ended: {self.data!r}"
            self.data += data

    def ended(self):
        while True:
            data = self.sock.recv(4096)
            if not data:
                return True
            self.data += data


@scenario
def push_streams():
    with enrolled(keepalive=0.2) as (server, client):
        first = PushReader(server, client.token)
        first.until(b": connected\n\n")
        assert b"Content-Type: text/event-stream" in first.data
        first.until(b": keepalive\n\n")
        assert server.config_changed("p1") == 1
        first.until(b'event: config_changed\ndata: {"type":"config_changed","reason":"deploy","pipelineId":"p1"}\n\n')
        second = PushReader(server, client.token)
        second.until(b": connected")
        assert first.ended() and first.data.endswith(b"0\r\n\r\n"), "a second stream closes the first"
        server.half_open_push()
        server.config_changed("p1")
        time.sleep(0.5)
        server.drop_push()
        assert second.ended() and b"event:" not in second.data and second.data.count(b"keepalive") <= 1
        server.short_lived_push(times=1)
        third = PushReader(server, client.token)
        assert third.ended() and b": connected" in third.data
        fourth = PushReader(server, client.token)
        fourth.until(b": keepalive")
        wait_until(lambda: server.push_connected())
        server.revoke_tokens()
        server.config_changed("p1")
        fourth.until(b"config_changed")   # a deleted node's open stream stays open
        assert server.push_connections() == 4 and not server.violations


@scenario
def tls_with_and_without_client_certificates():
    with scratch_dir() as folder:
        authority = Authority(folder)
        trusting = ssl.create_default_context(cafile=str(authority.ca))
        with StandinServer(tls=authority.server_context()) as server:
            assert server.url.startswith("https://")
            assert Client(server, trusting).enroll()[0] == 200
        with StandinServer(tls=authority.server_context(ask_client=True)) as server:
            try:
                Client(server, trusting).enroll()
                raise AssertionError("accepted without a certificate")
            except OSError:
                pass
            trusting.load_cert_chain(*authority.issue("client"))
            assert Client(server, trusting).enroll()[0] == 200


@scenario
def runs_by_hand_and_follows_its_folder():
    command = pathlib.Path(standin_server.__file__)
    with scratch_dir() as folder:
        (folder / "shop.yaml").write_text("a: 1\n")
        process = subprocess.Popen([sys.executable, command, "--pipelines", folder], stdout=subprocess.PIPE, text=True)
        try:
            assert "NOT VectorFlow" in process.stdout.readline()
            url, token = re.match(r"VF_URL=(\S+) VF_TOKEN=(\S+)", process.stdout.readline()).groups()
            client = Client(SimpleNamespace(port=int(url.rsplit(":", 1)[1]), enrollment_token=token))
            client.enroll()
            wait_until(lambda: [p["configYaml"] for p in client.config()[2]["pipelines"]] == ["a: 1\n"], poll=1)
            (folder / "shop.yaml").write_text("a: 2\n")
            wait_until(lambda: [p["version"] for p in client.config()[2]["pipelines"]] == [2], poll=1)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
            process.stdout.close()


@scenario
def pipelines_of_the_harness_are_yaml():
    text = pipeline_yaml("mark", drain="2s", print=["a \"quoted\" line", "ü"])
    assert text.startswith("# mark\n") and 'standin: {"drain": "2s"' in text
