"""Issue 4, point 4: an empty answer stops all; VF_MASS_STOP_GUARD holds what stops too many at once, for three polls."""
import time

from harness import Agent, Broken, Pipeline, StandinServer, main, pipeline_yaml, scenario, stays, wait_until
from testkit.successors import vectors

NAMES = ["p1", "p2", "p3", "p4"]


def four(server, poll=1000):
    server.poll_interval_ms = poll
    for name in NAMES:
        server.set_pipeline(name, pipeline_yaml())


def pids(agent):
    return sorted(v.pid for v in vectors(agent))


@scenario
def without_a_guard_an_empty_answer_stops_all():
    with StandinServer() as server:
        four(server)
        with Agent(server) as agent:
            agent.wait_running(*NAMES)
            server.maintenance(True)
            wait_until(lambda: not vectors(agent), 20, "all are stopped")


@scenario
def an_empty_answer_is_held_for_three_polls_and_then_believed():
    with StandinServer() as server:
        four(server, poll=1500)
        with Agent(server, env={"VF_MASS_STOP_GUARD": 2}) as agent:
            agent.wait_running(*NAMES)
            wait_until(server.push_connected, what="the push stream")
            before = pids(agent)
            begun = time.monotonic()
            server.maintenance(True)
            agent.wait_says("the control plane wants to stop 4 pipelines of 4 at once, more than 2")
            for _ in range(3):   # pushes make polls too, and a hurry is no reason to believe
                server.config_changed()

            def stopped():
                left = pids(agent)   # looked at first: what has ended by then had all its polls before it
                empty = [r for r in server.requests_to("config") if r.done is None or r.done > begun]
                if left != before and len(empty) < 4:
                    raise Broken(f"stopped after {len(empty)} polls: the first and three more were due")
                return not left
            wait_until(stopped, 20, "all are stopped in the end")
            agent.wait_says("still wants to stop 4 pipelines of 4")


@scenario
def what_is_taken_back_in_time_was_nothing():
    with StandinServer() as server:
        four(server)
        with Agent(server, env={"VF_MASS_STOP_GUARD": 2}) as agent:
            agent.wait_running(*NAMES)
            before = pids(agent)
            server.maintenance(True, announce=False)
            agent.wait_says("the control plane wants to stop 4")
            server.maintenance(False, announce=False)
            agent.wait_says("does not want to stop so many pipelines any more")
            assert pids(agent) == before, "no process was touched"


@scenario
def few_are_stopped_at_once_and_other_changes_go_on_while_many_are_held():
    with StandinServer() as server:
        four(server)
        with Agent(server, env={"VF_MASS_STOP_GUARD": 2}) as agent:
            agent.wait_running(*NAMES)
            server.remove("p1")
            wait_until(lambda: len(vectors(agent)) == 3, 20, "one is stopped")
            assert not agent.says("the control plane wants to stop")
            server.set_pipelines([Pipeline("new", pipeline_yaml())])   # at once
            agent.wait_says("the control plane wants to stop 3 pipelines of 3")
            agent.wait_running("new")
            wait_until(lambda: len(vectors(agent)) == 1, 20, "the others are stopped in the end")


@scenario
def a_restart_of_the_agent_does_not_get_round_the_guard():
    with StandinServer() as server:
        four(server)
        with Agent(server, env={"VF_MASS_STOP_GUARD": 2}) as agent:
            agent.wait_running(*NAMES)
            before = pids(agent)
            agent.kill()
            server.maintenance(True, announce=False)
            agent.start()
            agent.wait_says("the control plane wants to stop 4")
            assert pids(agent) == before, f"{pids(agent)} and not {before}"
            server.maintenance(False, announce=False)
            agent.wait_says("does not want to stop so many pipelines any more")
            stays(lambda: pids(agent) == before, 2, "they run on")


if __name__ == "__main__":
    main()
