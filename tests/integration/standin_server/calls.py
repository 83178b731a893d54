"""Enrolment, config, tokens, paths and rate limits of the stand-in control plane."""
import hashlib

from client import Client, enrolled
from harness import StandinServer, checksum, scenario, wait_until


@scenario
def says_what_it_is():
    with enrolled() as (_, client):
        _, headers, _ = client.config()
        assert "not VectorFlow" in headers["Server"]


@scenario
def enrolment_checks_token_and_shape():
    with StandinServer(limits={}) as server:
        client = Client(server)
        good = {"os": "linux/amd64", "agentVersion": "0.1.0", "vectorVersion": "0.54.0", "labels": {"a": "b"}}
        assert client.enroll(**good)[0] == 200
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
        server.set_pipeline("p1", "a: 1\n", name="One", log_level="debug",
                            secrets={"VF_SECRET_B": "ü\n\"", "VF_SECRET_A": "x"})
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
