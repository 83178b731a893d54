"""Taps and samples of a real Vector's events."""
import json

from common import running
from harness import pipeline_yaml, scenario, wait_until
from testkit.vectors import DEMO

ROUTE = "  route: { type: route, inputs: [demo], route: { a: 'true', b: 'false' } }\n"
STAR = '  "st*r": { type: demo_logs, format: json, interval: 0.1 }\n  star: { type: demo_logs, format: json, interval: 0.1 }\n'
SINK = '  reads: { type: blackhole, inputs: ["st*r", "route.a", "route.b", "route._unmatched", "metrics"] }\n'
METRICS = "  metrics: { type: internal_metrics, scrape_interval_secs: 0.2 }\n"
FAST = "  demo: { type: demo_logs, format: json, interval: 0.02 }\n"


def yaml(word="one"):
    text = pipeline_yaml(word, more=SINK).replace(DEMO, FAST + STAR + METRICS)
    return text.replace("transforms:\n", "transforms:\n" + ROUTE).replace('".a = 1"', f"'.a = \"{word}\"'")


def wait_events(server, request_id, count=10):
    wait_until(lambda: len(server.tapped(request_id)) >= count, 30, f"{count} events of {request_id}")
    return server.tapped(request_id)


@scenario
def each_kind_of_component_can_be_watched():
    with running(yaml()) as (server, agent):
        for component in ("demo", "parse", "route", "out", "reads", "metrics", "st*r"):
            server.start_tap(component, "p1", component)
            event = wait_events(server, component, 3)[0]
            if component == "metrics":
                assert "name" in event and "metric" not in event, event
            else:
                assert ("a" in event) == (component in ("parse", "out")), event
                assert component == "reads" or json.loads(event["message"])["host"], "bare"
            server.stop_tap(component)
            wait_until(lambda: not agent.taps(), 10, "it has ended")


@scenario
def an_unknown_component_is_told_and_comes_with_a_reload():
    with running(yaml()) as (server, _):
        server.start_tap("t1", "p1", "late")
        wait_until(lambda: server.tap_remarks("t1", "notice"), 20, "it is told")
        server.deploy("p1", yaml("two").replace("  parse:", "  late: { type: remap, inputs: [demo], source: '.late = 1' }\n  parse:")
                      .replace("inputs: [parse]", "inputs: [parse, late]"))
        assert wait_events(server, "t1", 3)[0]["late"] == 1


@scenario
def a_restart_keeps_the_tap():
    with running(yaml()) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1")
        pid = agent.vectors()[0].pid
        server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
        wait_until(lambda: agent.vectors() and agent.vectors()[0].pid != pid, 30, "it restarts")
        count = len(server.tapped("t1"))
        wait_events(server, "t1", count + 20)
        server.stop_tap("t1")
        wait_until(lambda: not agent.taps(), 10, "it has ended")


@scenario
def samples_tell_components_apart_and_have_a_schema():
    with running(yaml(), poll=1000) as (server, _):
        keys = ["demo", "parse", "st*r", "route", "out", "metrics"]
        server.request_sample("s1", "p1", keys, limit=5, by=("push", "poll"))
        results = wait_until(lambda: server.sample("s1"), 30, "it is answered")
        for key in keys:
            assert len(results[key]["events"]) == 5, (key, results[key])
            paths = {row["path"]: row["type"] for row in results[key]["schema"]}
            assert (".a" in paths) == (key in ("parse", "out")), (key, paths)
            if key != "metrics":
                assert paths[".message"] == "string" and paths[".timestamp"] == "string"
        server.request_sample("s2", "p1", ["nosuch", "parse"], by=("push",))
        results = wait_until(lambda: server.sample("s2"), 30, "it is answered")
        assert results["nosuch"]["error"] and len(results["parse"]["events"]) == 5
