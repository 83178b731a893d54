"""The agent ends and its Vectors live: killed and started again (adopt), or told to become its own next self (re-exec)."""
import signal
import statistics
import time

from benchkit import lag
from benchkit.agent_process import AgentProcess
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess
from benchkit.steady import pipelines

TIMES = 3
SETTLE = 3.0
TAKEN_OVER = "taken over from an earlier agent"
PATIENCE = 60.0


class Survival:
    def __init__(self, agent, server, count):
        self.agent, self.server, self.count = agent, server, count

    def come_back(self, end):
        """`end(agent)` ends it and lets another begin, and answers when that one's time began to count."""
        agent, server, count = self.agent, self.server, self.count
        vectors, pid, said = agent.vectors(), agent.pid, agent.said_so_far()
        at, cpu = end(agent)
        known = self.wait_known(at, said)
        figures = {"known_ms": 1000 * (known - at), "cpu_ms": 1000 * (agent.cpu_seconds() - cpu)}
        for name, when in (("first_poll", lambda: server.first_after(at, "config")),
                           ("first_heartbeat", lambda: server.first_after(at, "heartbeat")),
                           ("push", lambda: server.push_opened_after(at)),
                           ("told", lambda: server.all_running_after(known, count))):
            figures[f"{name}_ms"] = 1000 * (agent.wait_until(when, name, PATIENCE, pause=0.02) - at)
        agent.wait_all_running(count)
        figures["lag_max_ms"] = lag.bound_of(lag.read(agent.metrics()), 1)
        figures["same_vectors"], figures["same_agent"] = agent.vectors() == vectors, agent.pid == pid
        return figures

    def wait_known(self, at, said):
        """When the new agent knew all pipelines, by its log; an agent that logs nothing of it is asked by its metrics."""
        asked = at

        def known():
            nonlocal asked
            if self.agent.said(TAKEN_OVER, said) >= self.count:
                return True
            if time.monotonic() - asked < 1:
                return False
            asked = time.monotonic()
            now = self.agent.metrics()
            return (now.one("vf_agent_uptime_seconds") < asked - at and
                    now.one("vf_agent_pipelines_running") == self.count)
        self.agent.wait_until(known, f"{self.count} pipelines are known again", PATIENCE, pause=0.001)
        return time.monotonic()


def killed(agent):
    agent.kill()
    agent.begin()
    return agent.begun, 0.0


def re_executed(agent):
    cpu = agent.cpu_seconds()
    return agent.send(signal.SIGUSR2), cpu


def measure(programs, count, end):
    with ServerProcess() as server:
        server.set_pipelines(pipelines(count))
        with AgentProcess(programs, server, count, keep_output=True) as agent:
            agent.wait_all_running(count)
            agent.wait_until(server.push_connected, "the push stream is open")
            survival, busy, found = Survival(agent, server, count), Busy(), []
            for _ in range(TIMES):
                time.sleep(SETTLE)
                found.append(survival.come_back(end))
            merged = {name: statistics.median(one[name] for one in found) for name in found[0] if name.endswith("_ms")}
            return {"pipelines": count, "times": TIMES, **merged, "known_worst_ms": max(one["known_ms"] for one in found),
                    "lag_max_ms": max(one["lag_max_ms"] or 0 for one in found) or None,
                    "same_vectors": all(one["same_vectors"] for one in found),
                    "same_agent": all(one["same_agent"] for one in found),
                    "machine_busy": busy.share(), "violations": server.violations()}


def measure_adopt(programs, count):
    return measure(programs, count, killed)


def measure_re_exec(programs, count):
    return measure(programs, count, re_executed)
