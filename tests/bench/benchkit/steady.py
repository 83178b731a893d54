"""N pipelines that run and are left alone: what the agent costs then, and what its start took."""
import time

from benchkit import lag
from benchkit.agent_process import AgentProcess
from benchkit.machine import measure_window
from benchkit.server_process import ServerProcess
from testkit.vectors import pipeline_yaml

# What is left of the start: first scrapes and heartbeats, and after 60 s each version is proven, which is remembered.
SETTLE = 75.0


def pipelines(count, **standin):
    return {f"bench-{number:04d}": pipeline_yaml(mark=f"pipeline {number}", **standin) for number in range(count)}


def measure_steady(programs, count, sidecar, seconds, exposition_kb=94):
    with ServerProcess() as server:
        with AgentProcess(programs, server, count, {"VF_SIDECAR": sidecar}) as agent:
            # Enrolled without a pipeline first: what is measured is the start of a node that is known.
            agent.wait_until(server.push_connected, "the node is enrolled", pause=0.02)
            agent.stop()
            server.set_pipelines(pipelines(count, exposition_kb=exposition_kb))
            with AgentProcess(programs, server, count, {"VF_SIDECAR": sidecar}, data_dir=agent.data_dir) as enrolled:
                return measure_enrolled(enrolled, server, count, sidecar, seconds)


def measure_enrolled(agent, server, count, sidecar, seconds):
    first = agent.wait_until(lambda: server.first_request_after(agent.begun), "the first poll", pause=0.05)
    agent.wait_all_running(count)
    figures = {"pipelines": count, "sidecar": sidecar, "first_poll_ms": 1000 * (first - agent.begun),
               "all_run_s": time.monotonic() - agent.begun, "start_cpu_ms": 1000 * agent.cpu_seconds()}
    metrics = agent.metrics()
    figures["start_lag_max_ms"] = lag.bound_of(lag.read(metrics), 1)
    figures["start_peak_rss_mb"] = agent.status()["peak_rss_mb"]
    time.sleep(SETTLE)
    before = agent.metrics()
    begun = time.monotonic()
    figures.update(measure_window(seconds, agent))
    figures.update(agent.status())
    after = agent.metrics()
    figures.update(lag.figures(after, lag.read(before)))
    figures["requests"] = server.requests_between(begun, time.monotonic())
    figures["heartbeat_bytes"] = server.heartbeat_bytes()
    figures["dropped"] = dropped(before, after)
    figures["violations"] = server.violations()
    return figures


def dropped(before, after):
    """What the agent says it dropped in between, without the zeros."""
    def totals(metrics):
        return {labels["what"]: value for name, labels, value in metrics.samples if name == "vf_agent_dropped_total"}
    then = totals(before)
    return {what: value - then[what] for what, value in totals(after).items() if value > then[what]}
