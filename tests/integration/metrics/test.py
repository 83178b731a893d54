"""Issue 3, point 6: what is scraped of Vectors and told, what the agent says of itself, and who may ask."""
import http.client
import re
import socket

from harness import (Agent, Broken, StandinServer, Stopwatch, connections_to, expect_once_below, main, pipeline_yaml, scenario, stays,
                     wait_until)

OF_THE_SEED = {"vf_agent_poll_errors_total": "counter", "vf_agent_poll_duration_seconds": "gauge",
               "vf_agent_push_reconnects_total": "counter", "vf_agent_push_connected": "gauge",
               "vf_agent_heartbeat_errors_total": "counter", "vf_agent_heartbeat_duration_seconds": "gauge",
               "vf_agent_pipelines_running": "gauge", "vf_agent_uptime_seconds": "gauge"}


def scraped(server, pipeline_id, timeout=40):
    """Its row once it has readings."""
    def row():
        found = server.statuses()[pipeline_id]
        return found if found.get("eventsIn") and found.get("componentMetrics") else None
    return wait_until(row, timeout, f"{pipeline_id} has readings")


@scenario
def the_agents_own_metrics():
    with StandinServer(latency=(0.02, 0.03)) as server:
        server.set_pipeline("p1", pipeline_yaml("one"), version=7)
        server.set_pipeline("p2", pipeline_yaml(crash_after="0s"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: agent.metrics().one("vf_agent_push_connected") == 1)
            metrics = agent.metrics()
            for name, kind in OF_THE_SEED.items():
                assert metrics.types.get(name) == kind, f"{name}: {metrics.types.get(name)}"
                metrics.one(name)
            assert metrics.one("vf_agent_pipelines_running") == 1 and metrics.one("vf_agent_poll_errors_total") == 0
            assert metrics.one("vf_agent_uptime_seconds") > 0 and metrics.one("vf_agent_poll_duration_seconds") > 0
            assert metrics.one("vf_agent_build_info") == 1
            assert metrics.types["vf_agent_loop_lag_seconds"] == "histogram"
            assert metrics.one("vf_agent_loop_lag_seconds_count") > 0
            assert metrics.one("vf_agent_pipeline_up", any_label="p1") == 1
            assert metrics.one("vf_agent_pipeline_config_version", any_label="p1") == 7
            wait_until(lambda: agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p2") >= 1, 20)
            assert [name for name in metrics.names() if "dropped" in name], "what can be dropped has a counter"
            server.remove("p1")
            server.config_changed()
            wait_until(lambda: not agent.metrics().values("vf_agent_pipeline_up", any_label="p1"), 20, "its series go")


@scenario
def readings_are_summed_as_the_contract_wants_them():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("p1", pipeline_yaml(errors=True))
        with Agent(server) as agent:
            agent.wait_running("p1")
            row = scraped(server, "p1")
            components = {c["componentId"]: c for c in row["componentMetrics"]}
            assert set(components) == {"demo", "parse", "out"}, "without those of the sidecar"
            assert {c["componentKind"] for c in components.values()} == {"source", "transform", "sink"}
            demo, parse, out = components["demo"], components["parse"], components["out"]
            assert row["eventsIn"] == demo["receivedEvents"] > 0 and row["eventsOut"] == out["sentEvents"] > 0
            assert row["bytesIn"] == demo["receivedBytes"] > 0 and row["bytesOut"] == out["sentBytes"] > 0
            assert row["errorsTotal"] == 3 + 4 + 2 and row["eventsDiscarded"] == 5 + 6, row
            assert parse["errorsTotal"] == 7 and parse["discardedEvents"] == 11 and out["errorsTotal"] == 2
            assert abs(row["utilization"] - 0.0596) < 0.001 and abs(parse["latencyMeanSeconds"] - 0.000216) < 0.0001
            assert row["pid"] == agent.vectors()[0].pid
            first = row["uptimeSeconds"]
            wait_until(lambda: server.statuses()["p1"]["uptimeSeconds"] > first, 20, "uptime grows")
            wait_until(lambda: server.statuses()["p1"]["eventsIn"] > row["eventsIn"], 30, "counters grow")


DOCKER = """# docker
sources:
  docker: { type: docker_logs }
sinks:
  out: { type: blackhole, inputs: [docker] }
standin: { events_per_second: 1000 }
"""


@scenario
def a_source_that_only_sends_is_counted_by_what_it_sent():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("p1", DOCKER)
        with Agent(server):
            row = scraped(server, "p1")
            docker = next(c for c in row["componentMetrics"] if c["componentId"] == "docker")
            assert row["eventsIn"] == docker["sentEvents"] > 0


@scenario
def the_full_exposition_gives_the_same_readings():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("p1", pipeline_yaml(errors=True, exposition_kb=2000, exposition_unfiltered=True))
        with Agent(server, env={"VF_SIDECAR": "full"}):
            row = scraped(server, "p1")
            assert row["errorsTotal"] == 9 and row["eventsDiscarded"] == 11 and len(row["componentMetrics"]) == 3


@scenario
def a_bad_scrape_delays_nobody():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("good", pipeline_yaml())
        server.set_pipeline("slow", pipeline_yaml(slow_scrape="20s"))
        server.set_pipeline("mute", pipeline_yaml(scrape_hangs=True))
        server.set_pipeline("odd", pipeline_yaml(scrape_body="this is { not } an exposition\n\x01"))
        server.set_pipeline("error", pipeline_yaml(scrape_status=500))
        with Agent(server) as agent:
            agent.wait_running("good", "slow", "mute", "odd", "error")
            events = scraped(server, "good")["eventsIn"]
            wait_until(lambda: server.statuses()["good"]["eventsIn"] > events, 30, "fresh readings")
            assert {row["status"] for row in server.statuses().values()} == {"RUNNING"}
            beats = len(server.requests_to("heartbeat"))
            metrics_ports = [vector.ports()[0] for vector in agent.vectors()]

            def three_more_and_never_two_at_once():
                crowded = [port for port in metrics_ports if connections_to(port) > 1]
                if crowded:
                    raise Broken(f"two scrapes at once of {crowded}")
                return len(server.requests_to("heartbeat")) >= beats + 3
            wait_until(three_more_and_never_two_at_once, 20, "heartbeats keep their pace")

            def asked():
                watch = Stopwatch()
                assert agent.get("/metrics")[0] == 200
                return watch.elapsed()
            expect_once_below(1, asked, "/metrics")


@scenario
def counters_begin_anew_with_a_new_process():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("p1", DOCKER)
        with Agent(server) as agent:
            wait_until(lambda: server.statuses()["p1"].get("eventsIn", 0) > 5000, 60, "some events")
            agent.vectors()[0].process.kill()
            wait_until(lambda: server.statuses()["p1"].get("eventsIn", 0) < 5000, 30, "no figures of a dead process")
            wait_until(lambda: 0 < server.statuses()["p1"].get("eventsIn", 0) < 20000, 30, "but its successor's")
            wait_until(lambda: server.statuses()["p1"].get("uptimeSeconds", 99) < 10, 30)


@scenario
def health_and_readiness():
    with StandinServer() as server:
        server.refuse_connections()
        with Agent(server) as agent:
            wait_until(lambda: agent.healthz() == 200, what="alive without a server")
            stays(lambda: agent.readyz() == 503 and agent.healthz() == 200, 2, "not ready before the first answer")
            server.accept_connections()
            wait_until(lambda: agent.readyz() == 200, 60, "ready")
            server.refuse_connections()
            stays(lambda: agent.healthz() == 200 and agent.readyz() == 200, 5, "a server that leaves changes neither")


@scenario
def nothing_else_is_served():
    with StandinServer() as server, Agent(server) as agent:
        wait_until(lambda: agent.readyz() == 200)
        for path in ("/", "/config", "/api", "/debug/pprof/", "/metrics/../config", "/healthz/x", "/status"):
            assert agent.get(path)[0] in (400, 404), path
        connection = http.client.HTTPConnection("127.0.0.1", agent.metrics_port, timeout=5)
        for method in ("POST", "PUT", "DELETE"):
            connection.request(method, "/metrics", b"x")
            answer = connection.getresponse()
            answer.read()
            assert 400 <= answer.status < 500, (method, answer.status)
            connection.close()
        text = agent.get("/metrics")[1]
        assert server.node_tokens()[0] not in text and server.enrollment_token not in text


@scenario
def a_client_that_sends_nothing_holds_up_nobody():
    with StandinServer() as server, Agent(server) as agent:
        wait_until(lambda: agent.readyz() == 200)
        idle = [socket.create_connection(("127.0.0.1", agent.metrics_port), timeout=5) for _ in range(8)]
        for sock in idle[:4]:
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        watch = Stopwatch()
        wait_until(lambda: agent.healthz() == 200, 30)
        watch.expect_below(8, "/healthz beside eight idle clients")
        for sock in idle:
            sock.close()


@scenario
def the_port_and_the_address_are_options():
    with StandinServer() as server:
        with Agent(server, env={"VF_METRICS_PORT": "0"}) as agent:
            wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
            assert not listens("127.0.0.1", agent.metrics_port)
        with Agent(server, env={"VF_METRICS_ADDR": None}) as agent:
            wait_until(lambda: listens("127.0.0.1", agent.metrics_port), what="every interface")
            assert listens("127.0.0.2", agent.metrics_port)
            if has_ipv6():
                assert listens("::1", agent.metrics_port)
        with Agent(server) as agent:
            wait_until(lambda: listens("127.0.0.1", agent.metrics_port), what="one address")
            assert not listens("127.0.0.2", agent.metrics_port)


def listens(host, port):
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


@scenario
def the_exposition_is_well_formed_whatever_names_are():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name='quote " backslash \\ newline \n end')
        server.set_pipeline("p 2", pipeline_yaml(), name="ü")
        with Agent(server) as agent:
            agent.wait_running("p1", "p 2")
            metrics = agent.metrics()   # parses every line
            assert metrics.one("vf_agent_pipeline_up", any_label="p1") == 1
            assert metrics.one("vf_agent_pipeline_up", any_label="p 2") == 1
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", metrics.text)


main()
