"""A pipeline that restarts keeps its tap."""
import os
import shutil
import signal

from common import numbers, one_tap, pipeline, running, wait_events
from harness import Stopwatch, program, scenario, scratch_dir, wait_until
from testkit.folder import noting_taps
from testkit.versions import version


def expect_events_of_another(server, agent, before, request_id="t1"):
    """A subprocess after this one, and its events."""
    again = wait_until(lambda: [p.pid for p in agent.taps() if p.pid != before], 20, "another subprocess")
    assert len(again) == 1
    count = len(server.tapped(request_id))
    wait_events(server, request_id, count + 20)
    assert request_id not in server.tap_ends
    wait_until(lambda: before not in [p.pid for p in agent.taps()], 5, "the one before has ended")
    return again[0]


@scenario
def a_restart_keeps_the_tap():
    for more in ({}, {"STANDIN_VECTOR_VERSION": "0.57.0"}):
        with running(pipeline(events_per_second=50), env=more) as (server, agent):
            server.start_tap("t1", "p1", "parse")
            wait_events(server, "t1", 20)
            before = one_tap(agent)
            pid = agent.vector("# one").pid
            server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
            wait_until(lambda: agent.vector("# one").pid != pid, 20, "it restarts")
            again = expect_events_of_another(server, agent, before)
            assert numbers(server.tapped("t1")).count(1) == 2, "from its beginning on"
            # A deploy that needs a new process.
            server.deploy("p1", pipeline("two", more="timezone: UTC\n", events_per_second=50))
            agent.wait_version("p1", 2)
            expect_events_of_another(server, agent, again)


@scenario
def a_reload_keeps_the_subprocess():
    with running(pipeline(events_per_second=50)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 20)
        before, pid = one_tap(agent), agent.vector("# one").pid
        server.deploy("p1", pipeline("two", events_per_second=50))
        agent.wait_version("p1", 2)
        assert agent.vector("# two").pid == pid, "by a reload"
        count = len(server.tapped("t1"))
        wait_events(server, "t1", count + 20)
        assert one_tap(agent) == before


@scenario
def a_crash_keeps_the_tap():
    with running(pipeline(events_per_second=50)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 20)
        before = one_tap(agent)
        agent.vector("# one").process.kill(signal.SIGKILL)
        expect_events_of_another(server, agent, before)


@scenario
def a_pipeline_that_does_not_run_yet_is_waited_for():
    with running({"p1": pipeline(), "p2": pipeline("late", events_per_second=50)}) as (server, agent):
        server.deploy("p3", version("slow", start_delay="4s", tap={"events_per_second": 50}))
        wait_until(lambda: [v for v in agent.vectors() if "# slow" in v.config()], 20, "it starts")
        server.start_tap("t1", "p3", "parse")
        wait_until(lambda: server.tap_remarks("t1", "notice"), 10, "the viewer is told")
        wait_events(server, "t1", 10, 30)


@scenario
def a_tap_that_ends_at_once_is_tried_again_not_in_a_hurry():
    with noting_taps() as (vector, calls), \
            running(pipeline(exit_after="0s", exit_code=3, print=["ERROR tap: no luck today"]),
                    env={"VF_VECTOR_BIN": vector}) as (server, agent):
        watch = Stopwatch()
        server.start_tap("t1", "p1", "parse")
        wait_until(lambda: len(calls()) >= 5, 40, "it is tried again")
        watch.expect_at_least(3.5, "the fifth, after 0.25 + 0.5 + 1 + 2 s,")
        assert server.tap_remarks("t1", "notice") and "t1" not in server.tap_ends
        server.stop_tap("t1")
        wait_until(lambda: not agent.taps(), 10, "it is given up")


@scenario
def a_subprocess_that_is_killed_comes_back():
    with running(pipeline(events_per_second=50)) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 10)
        before = one_tap(agent)
        os.kill(before, signal.SIGKILL)
        expect_events_of_another(server, agent, before)


@scenario
def a_vector_whose_file_was_replaced_is_tapped_in_its_own_dialect():
    with scratch_dir() as folder:
        for version_of_it in ("0.54.0", "0.57.0"):
            shutil.copy(program("VF_TEST_VECTOR"), folder / f"standin-{version_of_it}")
        binary, other = folder / "vector", folder / "new"
        binary.symlink_to("standin-0.54.0")
        other.symlink_to("standin-0.57.0")
        with running(pipeline(events_per_second=50), env={"VF_VECTOR_BIN": binary}, poll=1000) as (server, agent):
            runs = agent.vectors()[0].pid
            other.replace(binary)
            agent.wait_says("Vector is version 0.57.0", 40)
            server.start_tap("t1", "p1", "parse")
            events = wait_events(server, "t1", 20)
            assert agent.vectors()[0].pid == runs and not any("log" in event for event in events), events[:3]
            before = one_tap(agent)
            server.push({"type": "action", "action": "restart", "pipelineId": "p1"})   # with the new one
            expect_events_of_another(server, agent, before)
            assert not any("log" in event for event in server.tapped("t1")), "bare in both"
