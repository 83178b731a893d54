"""Several who watch: one subprocess a component, three at most."""
from common import expect_no_gap, numbers, one_tap, pipeline, posts, running, wait_events, wait_no_tap
from harness import scenario, stays, wait_until


@scenario
def two_requests_for_one_component_share_one_subprocess():
    with running(pipeline(events_per_second=50)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 20)
        process = one_tap(agent)
        server.start_tap("t2", "p1", "parse")
        first = wait_events(server, "t2", 20)[0]["n"]
        assert first > 20, "from when it was asked for"
        assert one_tap(agent) == process
        server.stop_tap("t1")
        seen = len(server.tapped("t2"))
        wait_events(server, "t2", seen + 20)
        assert one_tap(agent) == process, "the other one goes on"
        expect_no_gap(server.tapped("t1"), first=1)
        expect_no_gap(server.tapped("t2"))
        server.stop_tap("t2")
        wait_no_tap(agent)


@scenario
def the_same_request_twice_is_one():
    with running(pipeline(events_per_second=50)) as (server, agent):
        for _ in range(3):
            server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 50)
        one_tap(agent)
        expect_no_gap(server.tapped("t1"), first=1)


@scenario
def three_run_at_once_and_a_fourth_is_answered():
    names = ("demo", "parse", "out")
    with running({"p1": pipeline("one", events_per_second=20), "p2": pipeline("other", events_per_second=20)}) \
            as (server, agent):
        for name in names:
            server.start_tap(name, "p1", name)
        for name in names:
            wait_events(server, name, 5)
        server.start_tap("fourth", "p2", "demo")
        assert wait_until(lambda: server.tap_ends.get("fourth"), 10, "it is answered"), "with a reason"
        assert len(agent.taps()) == 3 and not server.tapped("fourth")
        server.start_tap("again", "p1", "demo")   # shares one of the three
        wait_events(server, "again", 5)
        server.stop_tap("out")
        wait_until(lambda: len(agent.taps()) == 2, 10, "a place is free")
        server.start_tap("fifth", "p2", "demo")
        wait_events(server, "fifth", 5)
        assert len(agent.taps()) == 3


@scenario
def nothing_runs_and_nothing_is_posted_where_nobody_watches():
    with running(pipeline(events_per_second=50)) as (server, agent):
        assert not agent.taps()
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 5)
        server.stop_tap("t1")
        wait_no_tap(agent)
        wait_until(lambda: posts(server, "t1")[-1].json.get("status") == "stopped", 10, "its last word")
        count = len(posts(server, "t1"))
        stays(lambda: len(posts(server, "t1")) == count, 1.5, "nothing more is posted")
        assert numbers(server.tapped("t1"))[0] == 1
