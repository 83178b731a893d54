"""What live taps deliver and cost: stand-ins whose `vector tap` prints so many events a second, each with its number and
the time when it came to be."""
import time

from benchkit.agent_process import AgentProcess
from benchkit.machine import measure_window
from benchkit.server_process import ServerProcess
from testkit.vectors import pipeline_yaml

WARM_UP = 5.0
LONGEST_WINDOW = 60.0   # a tap lives five minutes; less would not see what a minute's budget of posts allows
AFTERWARDS = 6.0        # for what is on its way
EVENT_BYTES = 250
COMPONENTS = ("demo", "parse", "out")


def measure_taps(programs, rate, taps, latency, seconds):
    """`taps` at once, of `rate` events a second each; a call takes `latency` (least, most) seconds."""
    tap = {"events_per_second": rate, "event_bytes": EVENT_BYTES, "unlimited": rate > 2000}
    with ServerProcess() as server:
        server.take_taps(*latency)
        server.set_pipelines({"bench-tap": pipeline_yaml(tap=tap)})
        with AgentProcess(programs, server, 1) as agent:
            agent.wait_all_running(1)
            agent.wait_until(server.push_connected, "the push stream", pause=0.02)
            for component in COMPONENTS[:taps]:
                server.start_tap(component, "bench-tap", component)
            agent.wait_until(lambda: all(server.tap_count(name) for name in COMPONENTS[:taps]), "events of every tap")
            time.sleep(WARM_UP)
            begun = time.monotonic()
            figures = measure_window(min(seconds, LONGEST_WINDOW), agent)
            ended = time.monotonic()
            figures.update(agent.status())
            time.sleep(AFTERWARDS)
            found = server.tap_figures(COMPONENTS[:taps], begun, ended)
            came = found["came"]
            return {"events_per_second": rate, "taps": taps, "latency": latency, **figures, **found,
                    "delivered_share": found["delivered"] / came if came else None,
                    "us_per_event": 1000 * figures["cpu_ms"] / came if came else None, "violations": server.violations()}


def share_of(ordered, share):
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def figures_of(arrivals, begin, end):
    """Of one tap's [(when it arrived, [(number, when it came to be in ns)])]: how many came in that time, how many of them
    arrived, and how late."""
    delays, numbers = [], []
    for arrived, events in arrivals:
        for event in events:
            if isinstance(event, dict):
                continue
            number, at = event
            if begin <= at / 1e9 < end:
                numbers.append(number)
                delays.append(arrived - at / 1e9)
    came = max(numbers) - min(numbers) + 1 if numbers else 0
    return came, len(numbers), delays
