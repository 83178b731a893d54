"""How a tap ends, and that nothing of it is left."""
import itertools
import os
import signal

from common import one_tap, pipeline, posts, running, wait_events, wait_no_tap
from harness import Stopwatch, expect_once_below, scenario, stays, wait_until
from testkit.successors import start_again
from testkit.upgrades import host


def expect_quiet(server, agent, request_id, refusals=1):
    """Nothing runs, and after so many refusals, or its word that it stopped, nothing more is posted."""
    wait_no_tap(agent)
    wait_until(lambda: server.tap_refusals.get(request_id, 0) >= refusals or request_id in server.tap_ends, 10, "the end")
    wait_until(lambda: all(r.status for r in posts(server, request_id)), 10, "all is answered")
    count = len(posts(server, request_id))
    stays(lambda: len(posts(server, request_id)) == count, 1.5, "nothing more is posted")


@scenario
def tap_stop_ends_it_at_once():
    with running(pipeline(events_per_second=100)) as (server, agent):
        def stopped(request_id="t1"):
            watch = Stopwatch()
            server.stop_tap(request_id)
            wait_no_tap(agent)
            return watch.elapsed()

        def ends():
            server.start_tap("another", "p1", "parse")
            wait_events(server, "another", len(server.tapped("another")) + 20)
            return stopped("another")
        expect_once_below(1, ends, "the end of the subprocess")
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 20)
        stopped()
        wait_until(lambda: posts(server, "t1")[-1].json.get("status") == "stopped", 10, "its last word")
        expect_quiet(server, agent, "t1")
        assert server.tap_refusals["t1"] <= 2, "what was on its way, and that it stopped"


@scenario
def the_servers_403_ends_it_and_is_not_answered():
    with running(pipeline(events_per_second=100)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        server.start_tap("t2", "p1", "parse")
        wait_events(server, "t1", 20)
        wait_events(server, "t2", 20)
        process = one_tap(agent)
        server.expire_tap("t1")
        wait_until(lambda: server.tap_refusals.get("t1") == 1, 10, "the server refuses")
        stays(lambda: server.tap_refusals["t1"] == 1, 1.5, "once")
        assert one_tap(agent) == process, "the other viewer keeps its tap"
        server.expire_tap("t2")
        expect_quiet(server, agent, "t2")
        assert server.tap_refusals == {"t1": 1, "t2": 1} and not server.tap_ends


@scenario
def a_tap_ends_by_itself_when_its_time_is_over():
    # Five minutes, made shorter here; the server forgets a tap as late, and announces that much later.
    with running(pipeline(events_per_second=50), env={"VF_TEST_TAP_LIFE": "6s"}) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 10)
        wait_until(lambda: server.tap_ends.get("t1"), 30, "it says that it has ended")
        assert "minutes are over" in str(server.tap_ends["t1"]), server.tap_ends
        expect_quiet(server, agent, "t1")


@scenario
def a_pipeline_that_goes_ends_its_taps():
    with running({"p1": pipeline("one", events_per_second=50), "p2": pipeline("two", events_per_second=50)}) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        server.start_tap("t2", "p2", "parse")
        wait_events(server, "t1", 10)
        wait_events(server, "t2", 10)
        server.remove("p1", announce=True)
        assert wait_until(lambda: server.tap_ends.get("t1"), 20, "it is told as stopped")
        wait_until(lambda: len(agent.taps()) == 1, 10, "its subprocess has ended")
        count = len(server.tapped("t2"))
        wait_events(server, "t2", count + 20)
        server.maintenance(True)
        assert wait_until(lambda: server.tap_ends.get("t2"), 20, "in maintenance too")
        expect_quiet(server, agent, "t2")


@scenario
def the_agents_stop_ends_all_and_says_so():
    with running(pipeline(events_per_second=50)) as (server, agent):
        for component in ("demo", "parse", "out"):
            server.start_tap(component, "p1", component)
            wait_events(server, component, 5)
        assert agent.stop() == 0
        wait_until(lambda: len(server.tap_ends) == 3, 5, "each is told as stopped")
        assert not agent.taps()


@scenario
def a_tap_that_cannot_be_told_costs_neither_last_lines_nor_the_last_heartbeat():
    with running(pipeline(events_per_second=50)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 5)
        server.fail("tap-events", 429, retry_after=60)
        wait_until(lambda: [r for r in server.requests_to("tap-events") if r.status == 429], 10, "it is refused")
        assert agent.stop() == 0
        assert server.status("p1") == "STOPPED"
        assert any("SIGTERM" in line or "Vector has stopped" in line for line in server.log_lines("p1")), server.log_lines("p1")


@scenario
def a_tap_that_ignores_sigterm_or_is_stuck_ends_as_soon():
    with running(pipeline(events_per_second=50, ignore_term=True)) as (server, agent):
        names = (f"t{number}" for number in itertools.count())

        def ends(stuck):
            name = next(names)
            server.start_tap(name, "p1", "parse")
            wait_events(server, name, 5)
            if stuck:
                os.kill(one_tap(agent), signal.SIGSTOP)
            watch = Stopwatch()
            server.stop_tap(name)
            wait_no_tap(agent)
            return watch.elapsed()
        expect_once_below(2, lambda: ends(stuck=False), "the end of one that ignores SIGTERM")
        expect_once_below(2, lambda: ends(stuck=True), "the end of one that is stuck")


@scenario
def a_killed_agent_leaves_no_tap_behind():
    # One that prints, and one that has nothing to print: it would not even notice that nobody reads it.
    with running({"p1": pipeline(events_per_second=50, rates={"demo": 0})}) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        server.start_tap("t2", "p1", "demo")
        wait_events(server, "t1", 5)
        wait_until(lambda: len(agent.taps()) == 2, 10, "both run")
        strays = agent.taps()
        agent.kill()
        start_again(server, agent)
        wait_until(lambda: not [p for p in strays if p.alive()], 5, "the next agent ends them")
        agent.wait_running("p1")
        server.start_tap("t3", "p1", "demo")
        wait_until(lambda: len(agent.taps()) == 1, 10, "and taps anew")
        for request_id in ("t1", "t2", "t3"):
            server.stop_tap(request_id)


@scenario
def an_agent_that_becomes_another_version_ends_its_taps_and_says_so():
    with host({"p1": pipeline(events_per_second=50)}) as found:
        server, agent = found.server, found.agent
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 5)
        connections = server.push_connections()
        os.kill(agent.pid, signal.SIGUSR2)
        wait_until(lambda: server.push_connections() > connections, 20, "another image connects")
        assert not agent.taps() and server.tap_ends.get("t1"), "before that"
        found.wait_settled()
        found.check_untouched()
        wait_until(lambda: not [p for p in agent.children() if p.state == "Z"], 10, "and is waited for")
        server.start_tap("t2", "p1", "parse")
        wait_events(server, "t2", 5)
