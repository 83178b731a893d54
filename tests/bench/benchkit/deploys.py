"""From the push of a change to its new process: alone, while another pipeline drains, while a heartbeat is slow."""
import contextlib
import pathlib
import statistics
import time

from benchkit.agent_process import AgentProcess
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess
from testkit.vectors import pipeline_yaml

TIMES = 5
# The agent lets 30 polls a minute out for ever, and its budget is not what is measured.
APART = 2.8
DRAIN = 20
SLOW_HEARTBEAT = 15


def changed(number):
    return pipeline_yaml(mark=f"change {number}")


def runs_config_of(pid, pipeline_id):
    """The child has become the Vector of that pipeline (it is the agent's own image for a moment)."""
    with contextlib.suppress(OSError):
        arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"--config" in arguments and pipeline_id.encode() in arguments
    return False


class Deploys:
    def __init__(self, agent, server):
        self.agent, self.server, self.number = agent, server, 0

    def one(self, pipeline_id):
        """Seconds from the push to the new process."""
        known = self.agent.child_pids()
        self.number += 1
        pushed = self.server.deploy(pipeline_id, changed(self.number))
        end = pushed + 60
        while time.monotonic() < end:
            fresh = self.agent.child_pids() - known
            if any(runs_config_of(pid, pipeline_id) for pid in fresh):
                return time.monotonic() - pushed
            time.sleep(0.0005)
        raise RuntimeError(f"no new process of {pipeline_id} within 60 s of its deploy")

    def several(self, pipeline_id):
        busy, took = Busy(), []
        for _ in range(TIMES):
            took.append(1000 * self.one(pipeline_id))
            time.sleep(max(0.0, APART - took[-1] / 1000))
        return {"times": TIMES, "median_ms": statistics.median(took), "best_ms": min(took), "worst_ms": max(took),
                "machine_busy": busy.share()}


def measure_deploys(programs, count):
    texts = {f"bench-{number:04d}": pipeline_yaml(mark=f"pipeline {number}") for number in range(max(count, 2))}
    texts["bench-slow"] = pipeline_yaml(mark="slow", drain=f"{DRAIN}s")
    with ServerProcess() as server:
        server.set_pipelines(texts)
        with AgentProcess(programs, server, len(texts)) as agent:
            agent.wait_all_running(len(texts))
            agent.wait_until(server.push_connected, "the push stream is open")
            time.sleep(5)
            deploys = Deploys(agent, server)
            found = [{"what": "alone", **deploys.several("bench-0000")}]
            time.sleep(10)

            server.deploy("bench-slow", pipeline_yaml(mark="slow, changed", drain=f"{DRAIN}s"))
            time.sleep(APART)
            found.append({"what": f"during a {DRAIN} s drain", **deploys.several("bench-0000")})
            time.sleep(DRAIN)

            server.delay("heartbeat", SLOW_HEARTBEAT, 1)
            agent.wait_until(lambda: server.is_waiting("heartbeat"), "a slow heartbeat", timeout=40, pause=0.02)
            found.append({"what": f"during a {SLOW_HEARTBEAT} s heartbeat", **deploys.several("bench-0000")})
            for row in found:
                row["pipelines"] = len(texts)
            found[-1]["violations"] = server.violations()
            return found
