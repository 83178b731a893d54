"""What a log line costs the agent: one pipeline floods its stderr, the agent's own output goes to /dev/null."""
import re
import time

from benchkit.agent_process import AgentProcess
from benchkit.machine import measure_window
from benchkit.server_process import ServerProcess
from benchkit.steady import dropped
from testkit.vectors import pipeline_yaml

WARM_UP = 5.0
LONGEST_WINDOW = 15.0
NUMBER = re.compile(rb"flood n=(\d+)")


def newest_line(agent, pipeline_id):
    return int(NUMBER.findall(agent.stderr_tail(pipeline_id))[-1])


def measure_flood(programs, lines_per_second, echo, seconds):
    flood = {"lines_per_second": lines_per_second, "bytes_per_line": 100}
    with ServerProcess() as server:
        server.set_pipelines({"bench-flood": pipeline_yaml(flood=flood)})
        with AgentProcess(programs, server, 1, {"VF_ECHO_LOGS": "true" if echo else "false"}) as agent:
            agent.wait_all_running(1)
            time.sleep(WARM_UP)
            before, first = agent.metrics(), newest_line(agent, "bench-flood")
            figures = measure_window(min(seconds, LONGEST_WINDOW), agent)
            lines = newest_line(agent, "bench-flood") - first
            return {"asked_per_second": lines_per_second, "echo": echo, "lines_per_second": lines / figures["seconds"],
                    "us_per_line": 1000 * figures["cpu_ms"] / lines if lines else None, **figures, **agent.status(),
                    "dropped": dropped(before, agent.metrics()), "violations": server.violations()}
