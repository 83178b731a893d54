"""Issue 5, point 4: the host's own view over VF_DATA_DIR/agent.sock, as docs/local-api.md has it."""
import time

from harness import Agent, StandinServer, directory_agent, pipeline_yaml, scenario, wait_until
from testkit.local_view import Stream, ask


@scenario
def each_route_answers():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            status = ask(agent, "/status").json
            assert status["pid"] == agent.pid and status["pipelines"][0]["name"] == "edge", status
            assert {o["name"]: o for o in ask(agent, "/options").json}["VF_TOKEN"] == {"name": "VF_TOKEN", "value": "***", "given": True}
            assert "vf_agent_loop_lag_seconds_bucket" in ask(agent, "/metrics").text
            inspected = ask(agent, "/pipelines/edge/inspect").json
            assert inspected["id"] == "p1" and inspected["version"] == 1 and "sources" in inspected["yaml"], inspected
            assert str(inspected["ports"]["metrics"]) in inspected["sidecar"], inspected
            kinds = {c["kind"] for c in inspected["components"]}
            assert kinds >= {"source", "sink"}, inspected


@scenario
def errors_say_what_to_do():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        server.set_pipeline("p2", pipeline_yaml(), name="twin")
        server.set_pipeline("p3", pipeline_yaml(), name="twin")
        with Agent(server) as agent:
            agent.wait_running("p1", "p2", "p3")
            for target, method, status, words in [
                    ("/nothing", "GET", 404, "/status"), ("/status", "POST", 405, "GET"),
                    ("/pipelines/p1/restart", "GET", 405, "POST"), ("/pipelines/nope/logs", "GET", 404, "edge"),
                    ("/pipelines/twin/inspect", "GET", 409, "p2, p3"), ("/pipelines/p1/logs?n=501", "GET", 400, "500"),
                    ("/pipelines/p1/logs?lines=1", "GET", 400, "follow"), ("/pipelines/p1/tap", "GET", 400, "component")]:
                answer = ask(agent, target, method)
                assert answer.status == status and words in answer.json["error"], (target, answer.status, answer.text)


@scenario
def what_is_no_utf8_is_answered_in_utf8():
    """A file of another encoding: Vector refuses it, and somebody looks why."""
    with directory_agent() as (agent, folder):
        (folder.path / "latin.yaml").write_bytes(b"# caf\xe9\n" + pipeline_yaml().encode())
        wait_until(lambda: [p for p in ask(agent, "/status").json["pipelines"] if p["name"] == "latin"], 20, "it is known")
        inspected = ask(agent, "/pipelines/latin/inspect").json
        assert inspected["yaml"].startswith("# caf\ufffd\n"), inspected["yaml"]
        refused = ask(agent, "/pipelines/latin/tap?component=x%ff")
        assert refused.status == 404 and "x\ufffd" in refused.json["error"], refused.text


@scenario
def a_restart_gives_another_process():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            pid = agent.vectors()[0].pid
            answer = ask(agent, "/pipelines/p1/restart", "POST")
            assert answer.status == 202 and answer.json == {"restarting": "p1"}, answer.text
            wait_until(lambda: [v.pid for v in agent.vectors()] not in ([], [pid]), 20, "another process")
            wait_until(lambda: ask(agent, "/status").json["pipelines"][0]["state"] == "running", 20, "it runs")


@scenario
def logs_end_with_what_there_is_or_follow_what_comes():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(flood={"lines_per_second": 20}))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: len(ask(agent, "/pipelines/p1/logs").lines) > 5, 20, "some lines")
            last = ask(agent, "/pipelines/p1/logs?n=3").lines
            assert [line["number"] for line in last] == list(range(last[0]["number"], last[0]["number"] + 3)), last
            assert ask(agent, "/pipelines/p1/logs?n=0").lines == []
            with Stream(agent, "/pipelines/p1/logs?n=2&follow=1") as stream:
                seen = [stream.next() for _ in range(12)]
                numbers = [line["number"] for line in seen]
                assert numbers == list(range(numbers[0], numbers[0] + 12)), seen
                server.remove("p1", announce=True)   # its last words, then the end
                while (line := stream.next()) is not None:
                    assert line["number"] == numbers[-1] + 1, (line, numbers)
                    numbers.append(line["number"])


@scenario
def figures_are_read_often_while_somebody_asks_and_only_then():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            one = lambda: ask(agent, "/readings?components=1").json["pipelines"][0]
            first = wait_until(lambda: (lambda p: p if "readAt" in p else None)(one()), 20, "figures")
            assert first["pid"] == agent.vectors()[0].pid and first["memoryBytes"] > 1 << 20 and first["cpuSeconds"] >= 0, first
            assert first["components"][0]["kind"] in ("source", "transform", "sink"), first
            again = wait_until(lambda: (lambda p: p if p["eventsIn"] > first["eventsIn"] else None)(one()), 25, "newer ones")
            assert again["generation"] == first["generation"] and again["readAt"] > first["readAt"], (first, again)
            assert abs(time.time() * 1000 - again["readAt"]) < 15000, again
