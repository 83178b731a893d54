"""What a sample answers: the bare events of each component, soon, in one post."""
from common import noting_taps, pipeline, running, took, wait_sample
from harness import scaled, scenario, stays, wait_until


@scenario
def a_pushed_sample_is_answered_for_all_its_components_in_one_post():
    for version in ("0.54.0", "0.57.0"):
        with running(pipeline(), env={"STANDIN_VECTOR_VERSION": version}) as (server, agent):
            server.request_sample("s1", "p1", ["demo", "parse", "out"], limit=5, by=("push",))
            results = wait_sample(server, "s1", 20)
            assert took(server, "s1") < scaled(10), "as soon as there are enough, not after 15 s"
            assert list(results) == ["demo", "parse", "out"]
            for key, output in (("demo", "demo"), ("parse", "parse"), ("out", "parse")):
                events = results[key]["events"]
                assert len(events) == 5 and {event["output"] for event in events} == {output}, events
                assert "error" not in results[key] and results[key]["by"] == "samples"
            assert len(server.requests_to("samples")) == 1
            wait_until(lambda: not agent.taps(), 5, "nothing is left")


@scenario
def one_tap_serves_all_sources_and_transforms_of_a_request():
    with noting_taps() as (vector, calls), running(pipeline(), env={"VF_VECTOR_BIN": vector}) as (server, _):
        server.request_sample("s1", "p1", ["demo", "parse"], by=("push",))
        results = wait_sample(server, "s1")
        assert all(len(results[key]["events"]) == 5 for key in ("demo", "parse"))
        assert len(calls()) == 1, calls()


@scenario
def component_keys_are_literal_and_named_outputs_count():
    stars = "".join(f'  "{name}": {{ type: demo_logs, format: json, interval: 1 }}\n' for name in ("st*r", "star", "st[a]r"))
    route = "  route: { type: route, inputs: [demo], route: { a: 'true', b: 'false' } }\n"
    with running(pipeline(sources=stars, transforms=route)) as (server, _):
        server.request_sample("s1", "p1", ["st*r", "star", "st[a]r", "route"], limit=4, by=("push",))
        results = wait_sample(server, "s1")
        for key in ("st*r", "star", "st[a]r"):
            assert {event["output"] for event in results[key]["events"]} == {key}, results[key]
        assert {event["output"].split(".")[0] for event in results["route"]["events"]} == {"route"}


@scenario
def a_component_without_events_keeps_no_other_one_waiting_for_ever():
    with running(pipeline(rates={"demo": 0})) as (server, agent):
        server.request_sample("s1", "p1", ["demo", "parse"], by=("push",))
        results = wait_sample(server, "s1", 25)
        assert 10 < took(server, "s1") < scaled(22), took(server, "s1")
        assert len(results["parse"]["events"]) == 5
        assert not results["demo"].get("events") and results["demo"].get("events", []) is not None
        wait_until(lambda: not agent.taps(), 5, "nothing is left")


@scenario
def an_unknown_component_is_answered_with_an_error():
    with running(pipeline()) as (server, _):
        server.request_sample("s1", "p1", ["nosuch", "parse"], by=("push",))
        results = wait_sample(server, "s1", 12)   # not after the whole 15 s
        assert results["nosuch"]["error"] and len(results["parse"]["events"]) == 5


@scenario
def a_pipeline_of_another_node_is_left_to_that_one():
    # The server asks every node, and takes the first answer for the answer.
    with running(pipeline(), poll=1000) as (server, agent):
        server.request_sample("s1", "nobody", ["demo"])
        stays(lambda: not agent.taps() and not server.requests_to("samples"), 3, "nothing is said")
        assert not any("sampleResults" in (r.json or {}) for r in server.requests_to("heartbeat"))


@scenario
def a_pipeline_that_does_not_run_is_an_error_within_the_time():
    with running({"p1": pipeline(), "p2": pipeline("other")}) as (server, agent):
        server.deploy("p3", pipeline("slow").replace('standin: {', 'standin: {"start_delay": "60s", '))
        wait_until(lambda: [v for v in agent.vectors() if "# slow" in v.config()], 20, "it starts")
        server.request_sample("s1", "p3", ["demo"], by=("push",))
        assert wait_sample(server, "s1", 25)["demo"]["error"]


@scenario
def a_restart_in_the_middle_ends_a_sample_in_time():
    with running(pipeline(rates={"demo": 0.001})) as (server, agent):
        server.request_sample("s1", "p1", ["demo", "parse"], by=("push",))
        wait_until(agent.taps, 10, "it is being sampled")
        server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
        results = wait_sample(server, "s1", 25)
        assert set(results) == {"demo", "parse"}
        wait_until(lambda: not agent.taps(), 5, "nothing is left")
