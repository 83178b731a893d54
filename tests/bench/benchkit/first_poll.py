"""From the start of the process to its first request, on an enrolled node."""
import statistics
import time

from benchkit.agent_process import AgentProcess
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess


def measure_first_poll(programs, times=15):
    with ServerProcess(rate_limits=False) as server, AgentProcess(programs, server, 1) as enrolling:
        enrolling.wait_until(server.push_connected, "the node is enrolled", pause=0.02)
        enrolling.stop()
        busy, took, cpu = Busy(), [], []
        for _ in range(times):
            with AgentProcess(programs, server, 1, data_dir=enrolling.data_dir) as agent:
                first = agent.wait_until(lambda a=agent: server.first_request_after(a.begun), "the first poll", pause=0.05)
                took.append(1000 * (first - agent.begun))
                cpu.append(1000 * agent.cpu_seconds())
                agent.kill()
            time.sleep(0.2)
        return {"times": times, "median_ms": statistics.median(took), "best_ms": min(took), "worst_ms": max(took),
                "cpu_ms": statistics.median(cpu), "machine_busy": busy.share()}
