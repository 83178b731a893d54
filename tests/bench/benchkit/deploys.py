"""From the push of a change to the Vector that runs it: alone, while another pipeline drains, while a heartbeat is slow."""
import statistics
import time

from benchkit.agent_process import AgentProcess
from benchkit.changes import APART, RELOAD, RESTART, Changes, Wish
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess
from testkit.vectors import pipeline_yaml

TIMES = 5
DRAIN = 20
SLOW_HEARTBEAT = 15


def wish(mark, **standin):
    def make(step, more):
        return pipeline_yaml(mark=mark, more=more, **standin).replace(".a = 1", f".a = {step}")
    return Wish(make)


def several(changes, names, kind):
    """They take turns: what is changed again has had time to prove what it got before."""
    busy = Busy()
    took = [1000 * changes.until_live(names[number % len(names)], kind) for number in range(TIMES)]
    return {"kind": kind, "times": TIMES, "median_ms": statistics.median(took), "best_ms": min(took),
            "worst_ms": max(took), "machine_busy": busy.share()}


def during_a_drain(changes, names, kind):
    changes.push("bench-slow", RESTART)
    row = several(changes, names, kind)
    if changes.agent.applied("bench-slow", changes.wishes["bench-slow"].version):
        raise RuntimeError(f"the drain ended before the {kind}s")
    return row


def during_a_heartbeat(changes, names, kind):
    time.sleep(APART)  # what was told of the changes so far is over
    changes.server.delay("heartbeat", SLOW_HEARTBEAT, 1)
    changes.push("bench-other", RESTART)  # which is told at once
    changes.agent.wait_until(lambda: changes.server.is_waiting("heartbeat"), "a slow heartbeat", timeout=40, pause=0.02)
    row = several(changes, names, kind)
    if not changes.server.is_waiting("heartbeat"):
        raise RuntimeError(f"the heartbeat ended before the {kind}s")
    return row


def measure_deploys(programs, count):
    names = [f"bench-{number:04d}" for number in range(max(count, 2))]
    wishes = {name: wish(name) for name in names}
    wishes.update({"bench-slow": wish("slow", drain=f"{DRAIN}s"), "bench-other": wish("other")})
    situations = (("alone", several), (f"during a {DRAIN} s drain", during_a_drain),
                  (f"during a {SLOW_HEARTBEAT} s heartbeat", during_a_heartbeat))
    with ServerProcess() as server:
        server.set_pipelines({name: wish.text() for name, wish in wishes.items()})
        with AgentProcess(programs, server, len(wishes)) as agent:
            agent.wait_all_running(len(wishes))
            agent.wait_until(server.push_connected, "the push stream is open")
            time.sleep(5)
            changes, found = Changes(agent, server, wishes), []
            for what, measure in situations:
                for kind in (RELOAD, RESTART):
                    found.append({"what": what, "pipelines": len(wishes), **measure(changes, names, kind)})
                    changes.settle_all()
            found[-1]["violations"] = server.violations()
            return found
