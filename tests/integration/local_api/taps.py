"""Live events over the host's own view, and what a viewer who does not read costs (issue 5, points 1 and 6)."""
from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until
from testkit.local_view import Stream, ask


def tap_processes(agent):
    return [p for p in agent.children() if "tap" in p.command_line()[1:2]]


@scenario
def a_tap_shows_events_until_its_limit_and_ends_its_subprocess():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(tap={"events_per_second": 200}), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            assert not tap_processes(agent), "nobody looks"
            with Stream(agent, "/pipelines/edge/tap?component=demo&limit=5") as tap:
                seen = tap.until(lambda line: "stopped" in line)
                assert sum("event" in line for line in seen) == 5 and "limit" in seen[-1]["stopped"], seen
                assert tap.next() is None
            wait_until(lambda: not tap_processes(agent), 10, "its subprocess has ended")


@scenario
def a_viewer_that_goes_ends_the_tap():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(tap={"events_per_second": 50}))
        with Agent(server) as agent:
            agent.wait_running("p1")
            with Stream(agent, "/pipelines/p1/tap?component=out") as tap:
                tap.until(lambda line: "event" in line)
                assert len(tap_processes(agent)) == 1
                assert ask(agent, "/pipelines/p1/inspect").status == 200, "others are answered"
            wait_until(lambda: not tap_processes(agent), 10, "its subprocess has ended")


@scenario
def a_component_that_is_none_is_told_with_those_there_are():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            answer = ask(agent, "/pipelines/p1/tap?component=nope")
            assert answer.status == 404 and "nope" in answer.text and "demo, parse, out" in answer.text, answer.text
            assert not tap_processes(agent)


@scenario
def a_pipeline_that_goes_ends_its_tap_with_the_reason():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(tap={"events_per_second": 50}))
        with Agent(server) as agent:
            agent.wait_running("p1")
            with Stream(agent, "/pipelines/p1/tap?component=demo") as tap:
                tap.until(lambda line: "event" in line)
                server.remove("p1", announce=True)
                assert tap.until(lambda line: "stopped" in line)[-1]["stopped"]
                assert tap.next() is None


@scenario
def too_many_taps_are_refused_in_words():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(tap={"events_per_second": 5}))
        server.set_pipeline("p2", pipeline_yaml(tap={"events_per_second": 5}))
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            taps = [Stream(agent, f"/pipelines/{p}/tap?component={c}") for p, c in (("p1", "demo"), ("p1", "parse"), ("p2", "demo"))]
            answer = ask(agent, "/pipelines/p2/tap?component=out")
            assert answer.status == 503 and "end one" in answer.json["error"], answer.text
            for tap in taps:
                tap.close()
