"""The host's own view: what `vf-agent status` takes, the whole process, and what a look costs the agent."""
import statistics
import subprocess
import time

from benchkit import lag
from benchkit.agent_process import AgentProcess
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess
from benchkit.steady import pipelines
from testkit.local_view import ask

SETTLE = 5.0


def measure_local_view(programs, count, times=15):
    with ServerProcess() as server:
        server.set_pipelines(pipelines(count))
        with AgentProcess(programs, server, count, {"VF_SIDECAR": "lean"}) as agent:
            agent.wait_all_running(count)
            time.sleep(SETTLE)
            busy, before = Busy(), agent.metrics()
            figures = {"pipelines": count}
            cpu = agent.cpu_seconds()
            for name, arguments in (("status", ("-o", "human")), ("json", ("-o", "json"))):
                took = [run_ms([programs.agent, "status", "--data-dir", str(agent.data_dir), *arguments]) for _ in range(times)]
                figures[f"{name}_ms"], figures[f"{name}_worst_ms"] = statistics.median(took), max(took)
            figures["agent_cpu_ms"] = 1000 * (agent.cpu_seconds() - cpu) / (2 * times)
            for name, target in (("readings", "/readings?components=1"), ("status_route", "/status")):
                took, sizes = [], 0
                for _ in range(times):
                    begun = time.monotonic()
                    sizes = len(ask(str(agent.data_dir), target).body)
                    took.append(1000 * (time.monotonic() - begun))
                figures[f"{name}_ms"], figures[f"{name}_kb"] = statistics.median(took), sizes / 1000
            figures.update(lag.figures(agent.metrics(), lag.read(before)))
            figures["machine_busy"] = busy.share()
            return figures


def run_ms(command):
    begun = time.monotonic()
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env={})
    took = 1000 * (time.monotonic() - begun)
    if ended.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {ended.returncode}: {ended.stdout[:200]}")
    return took
