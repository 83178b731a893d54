"""The stand-in control plane is itself tested: each strictness refuses what it should, and a good request passes."""
import contextlib
import gzip
import hashlib
import http.client
import json
import socket
import ssl
import time

from harness import Authority, StandinServer, checksum, main, pipeline_yaml, scenario, scratch_dir, wait_until

JSON = {"Content-Type": "application/json"}


class Client:
    """A well-behaved agent's HTTP, by hand."""

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


@scenario
def says_what_it_is():
    with enrolled() as (_, client):
        _, headers, _ = client.config()
        assert "not VectorFlow" in headers["Server"]


@scenario
def enrolment_checks_token_and_shape():
    with StandinServer(limits={}) as server:
        client = Client(server)
        assert client.enroll(os="linux/amd64", agentVersion="0.1.0", vectorVersion="0.54.0", labels={"a": "b"})[0] == 200
        assert client.token.startswith("vf_node_default_")
        assert not server.violations
        assert client.post("enroll", {"token": "vf_enroll_x", "hostname": "h"})[0] == 401
        for bad in ({"hostname": ""}, {"hostname": "x" * 254}, {"os": "x" * 101}, {"os": None}, {"labels": {"a": 1}},
                    {"labels": None}, {"agentVersion": 1}):
            assert client.enroll(**bad)[0] == 400, bad
        assert client.enroll(labels={"a": "nul\0"})[0] == 500
        server.enrolment = "plan_limit"
        status, answer = client.enroll()
        assert (status, answer["quota"]) == (402, "agents")
        server.enrolment = "demo"
        assert client.enroll()[0] == 403


@scenario
def enrolment_is_limited_to_ten_a_minute():
    with StandinServer() as server:
        client = Client(server)
        assert [client.enroll()[0] for _ in range(10)] == [200] * 10
        status, headers, _ = client.post("enroll", {})
        assert status == 429 and 1 <= int(headers["Retry-After"]) <= 60


@scenario
def config_lists_what_is_deployed():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n", name="One", log_level="debug", secrets={"VF_SECRET_B": "ü\n\"", "VF_SECRET_A": "x"})
        server.set_pipeline("p2", "b: 2\n")
        _, _, answer = client.config()
        one, two = answer["pipelines"]
        compact = '{"VF_SECRET_A":"x","VF_SECRET_B":"ü\\n\\""}'
        assert one["checksum"] == hashlib.sha256(("a: 1\n" + compact).encode()).hexdigest()
        assert two["checksum"] == checksum("b: 2\n") and "secrets" not in two
        assert one["logLevel"] == "debug" and one["version"] == 1
        assert answer["pushUrl"] == server.url + "/api/agent/push" and answer["pollIntervalMs"] == 15000
        server.set_pipeline("p1", "a: 2\n")
        server.remove("p2")
        assert [p["version"] for p in client.config()[2]["pipelines"]] == [2]
        server.maintenance(True)
        answer = client.config()[2]
        assert answer["pipelines"] == [] and "pushUrl" not in answer
        assert not server.violations


@scenario
def tokens_are_checked():
    with enrolled() as (server, client):
        assert client.call("GET", "/api/agent/config", headers={"Authorization": None})[0] == 401
        status, headers, body = client.call("GET", "/api/agent/config", headers={"Authorization": "Bearer wrong"})
        assert (status, body) == (401, b"Unauthorized") and headers["Content-Type"].startswith("text/plain")
        assert len(server.violations) == 2
        assert client.call("GET", "/api/agent/push", headers={"Authorization": None})[2] == b"Unauthorized"
        server.revoke_tokens()
        assert client.config()[0] == 401
        server.restore_tokens()
        assert client.config()[0] == 200


@scenario
def paths_and_methods_are_checked():
    with enrolled() as (server, client):
        status, headers, _ = client.call("GET", "/api/agent/config/")
        assert (status, headers["Location"]) == (308, "/api/agent/config")
        assert client.call("GET", "/api/agent/nothing")[0] == 404
        assert client.call("POST", "/api/agent/config", {})[0] == 405
        assert len(server.violations) == 3


@scenario
def bodies_must_be_plain_json():
    with enrolled() as (server, client):
        server.max_body = 1000
        good = {"pipelines": []}
        expect(server, client, "heartbeat", good, 200)
        expect(server, client, "heartbeat", b"{", 400, "not JSON")
        expect(server, client, "heartbeat", b'{"pipelines":[],"agentHealth":NaN}', 400, "NaN")
        expect(server, client, "heartbeat", b'{"pipelines":[],"pipelines":[]}', 200, "twice")
        expect(server, client, "heartbeat", b'{"pipelines":[],"runningAs":"\xff"}', 200, "UTF-8")
        status, _, answer = client.post("heartbeat", gzip.compress(json.dumps(good).encode()), **{"Content-Encoding": "gzip"})
        assert (status, answer) == (400, {"error": "Invalid JSON body"})
        status, _, answer = client.post("heartbeat", b" " * 1001)
        assert (status, answer["maxBytes"]) == (413, 1000)
        status, *_ = client.post("heartbeat", good, **{"Content-Type": "text/plain"})
        assert status == 200 and "content type" in server.violations[-1]


@scenario
def heartbeat_schema_is_enforced():
    with enrolled(limits={}) as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        component = {"componentId": "c", "componentKind": "source", "receivedEvents": 1, "sentEvents": 2}
        full = {
            "pipelines": [row(pid=42, uptimeSeconds=3, eventsIn=1, eventsOut=1, errorsTotal=0, bytesIn=9, bytesOut=9,
                              eventsDiscarded=0, utilization=0.5, configChecksum=checksum("a: 1\n"), spansIn=0,
                              componentMetrics=[{**component, "latencyMeanSeconds": 0.1}])],
            "hostMetrics": {"memoryTotalBytes": 1, "cpuSecondsTotal": 1.5, "loadAvg1": 0.25}, "agentVersion": "0.1.0",
            "vectorVersion": "0.54.0", "deploymentMode": "STANDALONE", "runningAs": "root", "labels": {"k": "v"},
            "agentHealth": {"pollErrorsTotal": 0, "pushReconnectsTotal": 0, "heartbeatErrorsTotal": 0,
                            "pushConnected": True, "pipelinesRunning": 1, "uptimeSeconds": 1.5}}
        expect(server, client, "heartbeat", full, 200)
        assert server.status("p1") == "RUNNING"

        def refused(breach, **change):
            expect(server, client, "heartbeat", {**full, **change}, 400, breach)

        def refused_row(breach, **change):
            refused(breach, pipelines=[row(**change)])

        refused_row("expected one of", status="CRASH_LOOP")
        refused_row("expected number, received string", pid="42")
        refused_row("expected number, received null", pid=None)
        refused_row("expected number, received boolean", eventsIn=True)
        refused_row("safe integer", version=1.5)
        refused_row("less than 0", version=-1)
        refused_row("longer than 128", configChecksum="x" * 129)
        refused_row("expected array, received null", componentMetrics=None)
        refused_row("required", componentMetrics=[{"componentId": "c", "componentKind": "k", "receivedEvents": 1}])
        refused_row("shorter than 1", pipelineId="")
        refused("longer than 100", runningAs="x" * 101)
        refused("longer than 500", updateError="x" * 501)
        refused("expected one of", deploymentMode="KUBERNETES")
        refused("expected string, received number", labels={"a": 1})
        refused("safe integer", agentHealth={**full["agentHealth"], "pipelinesRunning": 0.5})
        refused("expected array", sampleResults=None)
        expect(server, client, "heartbeat", {**full, "mood": "good"}, 200, "mood is not in the contract")
        expect(server, client, "heartbeat", {"pipelines": [row(), row()]}, 200, "twice")
        expect(server, client, "heartbeat", {"pipelines": [row(version=9)]}, 200, "never given out")
        expect(server, client, "heartbeat", {"pipelines": [row(), row(pipelineId="px")]}, 200, "never given out")
        expect(server, client, "heartbeat", {"pipelines": [row(configChecksum="00")]}, 200, "never given out")


@scenario
def heartbeats_that_would_be_lost_are_refused():
    with enrolled(limits={}) as (server, client):
        server.set_pipeline("p1", "a: 1\n")

        def lost(breach, **change):
            expect(server, client, "heartbeat", {"pipelines": [row(**change)]}, 500, breach)
            assert server.status("p1") is None

        for name in ("uptimeSeconds", "eventsIn", "bytesIn", "eventsOut"):
            lost("not whole", **{name: 1.5})
        for name in ("eventsIn", "bytesOut", "errorsTotal"):
            lost("2^63", **{name: 2**63})
        expect(server, client, "heartbeat", {"pipelines": [row(eventsIn=2**63 - 1)]}, 200)
        server.store_heartbeat({"pipelines": []})
        lost("32 bits", pid=2**31)
        lost("32 bits", version=2**31)
        lost("NUL", recentLogs=["a\0b"])
        lost("lone surrogate", recentLogs=["a\ud800b"])
        for change in ({"labels": {"a": "\0"}}, {"runningAs": "a\0"}):
            expect(server, client, "heartbeat", {"pipelines": [], **change}, 500, "NUL")
        expect(server, client, "heartbeat", {"pipelines": [], "hostMetrics": {"netRxBytes": 1.5}}, 200, "host row")
        component = {"componentId": "c", "componentKind": "source", "receivedEvents": 1.5, "sentEvents": 2}
        expect(server, client, "heartbeat", {"pipelines": [row(componentMetrics=[component])]}, 200, "no count")


@scenario
def a_heartbeat_must_list_all_it_was_told():
    with enrolled() as (server, client):
        server.set_pipelines([])
        server.set_pipeline("p1", "a: 1\n")
        server.set_pipeline("p2", "a: 1\n")
        client.config()
        expect(server, client, "heartbeat", {"pipelines": [row()]}, 200)   # just told: no blame yet
        assert set(server.statuses()) == {"p1"}                            # the row of p2 is gone all the same
        server.grace = 0
        expect(server, client, "heartbeat", {"pipelines": [row()]}, 200, "'p2' is left out")
        expect(server, client, "heartbeat", {"pipelines": [row(), row(pipelineId="p2")]}, 200)


@scenario
def logs_are_stored_or_lost_as_on_the_real_server():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.set_pipeline("p2", "a: 1\n")
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": ["one", "two"]}], 200)
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": ["three"]}, {"pipelineId": "p2", "lines": ["x"]}], 200)
        assert server.log_lines("p1") == ["one", "two", "three"]
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": ["a"] * 501}], 400, "more than 500")
        expect(server, client, "logs", [], 200, "empty log post")
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": []}], 200, "empty log post")
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": ["good", "n\0l"]}, {"pipelineId": "p2", "lines": ["y"]}],
               200, "loses the whole batch")
        assert server.lost_lines == ["good", "n\0l"] and server.log_lines("p2") == ["x", "y"]
        server.disown("p2")
        expect(server, client, "logs", [{"pipelineId": "p1", "lines": ["z"]}, {"pipelineId": "p2", "lines": ["z"]}], 403)
        assert "z" not in server.log_lines("p1")
        expect(server, client, "logs", [{"pipelineId": "p9", "lines": ["z"]}], 403, "never given out")


@scenario
def samples_and_taps():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.request_sample("s1", "p1", ["a", "b"], by=("poll",))
        assert client.config()[2]["sampleRequests"][0]["componentKeys"] == ["a", "b"]
        good = {"requestId": "s1", "componentKey": "a", "events": [{}], "schema": [{"path": ".a", "type": "string", "sample": "x"}]}
        expect(server, client, "samples", {"results": [good]}, 200)
        expect(server, client, "samples", {"results": [{**good, "events": None}]}, 400, "null")
        expect(server, client, "samples", {"results": [{**good, "error": "\0"}]}, 500, "NUL")
        expect(server, client, "samples", {"results": [{**good, "events": [{"\ud800": 1}]}]}, 500, "lone surrogate")
        expect(server, client, "samples", {"results": []}, 200, "empty")
        assert "sampleRequests" in client.config()[2]
        expect(server, client, "samples", {"results": [{**good, "componentKey": "b", "error": "none"}]}, 200)
        assert "sampleRequests" not in client.config()[2]

        server.start_tap("t1", "p1", "a")
        event = {"requestId": "t1", "pipelineId": "p1", "componentId": "a", "events": [1, {"a": 2}]}
        expect(server, client, "tap-events", event, 200)
        expect(server, client, "tap-events", {**event, "status": "over"}, 400, "expected one of")
        expect(server, client, "tap-events", {**event, "componentId": "b"}, 403)
        server.expire_tap("t1")
        for _ in range(2):
            expect(server, client, "tap-events", event, 403)
        expect(server, client, "tap-events", event, 403, "goes on after")
        assert server.tap_events["t1"] == [1, {"a": 2}]


@scenario
def every_endpoint_has_its_rate_limit():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.start_tap("t1", "p1", "a")
        tap = {"requestId": "t1", "pipelineId": "p1", "componentId": "a", "events": [1]}
        calls = {"heartbeat": (30, {"pipelines": []}), "logs": (60, [{"pipelineId": "p1", "lines": ["x"]}]),
                 "samples": (60, {"results": [{"requestId": "s", "componentKey": "k"}]}), "tap-events": (120, tap)}
        for endpoint, (limit, body) in calls.items():
            assert all(client.post(endpoint, body)[0] == 200 for _ in range(limit)), endpoint
            assert not server.violations
            status, headers, answer = client.post(endpoint, body)
            assert status == 429 and answer == {"error": "Too many requests"} and int(headers["Retry-After"]) > 50
            assert "rate limit" in server.violations[-1]
            server.allow_violation(f"rate limit of {endpoint}")
        assert all(client.config()[0] == 200 for _ in range(30)) and client.config()[0] == 429
        other = Client(server)
        other.enroll()
        assert other.config()[0] == 200, "limits are per token"
        client.config()
        assert "before Retry-After allows" in " ".join(server.violations)


@scenario
def one_call_at_a_time():
    with enrolled() as (server, client):
        server.delay("config", 2)
        other = Client(server)
        other.token = client.token
        client.connection.request("GET", "/api/agent/config", headers={"Authorization": f"Bearer {client.token}"})
        wait_until(lambda: server.requests_to("config"))
        other.config()
        assert "still unanswered" in server.violations[0]
    with enrolled() as (server, client):
        server.never_answer("config")
        client.connection.request("GET", "/api/agent/config", headers={"Authorization": f"Bearer {client.token}"})
        wait_until(lambda: server.requests_to("config"))
        client.connection.close()   # gave up: the next call is no second one
        wait_until(lambda: not server.in_flight)
        assert client.config()[0] == 200 and not server.violations


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
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as sock:
            began = time.monotonic()
            assert sock.recv(1) == b"" and time.monotonic() - began > 0.2
        port = server.port
        server.refuse_connections()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5)
            raise AssertionError("accepted")
        except ConnectionRefusedError:
            pass
        server.accept_connections()
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
        assert second.ended() and b"event:" not in second.data and b"keepalive" not in second.data.split(b"connected")[1][10:]
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
def pipelines_of_the_harness_are_yaml():
    text = pipeline_yaml("mark", drain="2s", print=["a \"quoted\" line", "ü"])
    assert text.startswith("# mark\n") and 'standin: {"drain": "2s"' in text


main()
