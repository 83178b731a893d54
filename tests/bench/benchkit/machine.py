"""How busy the machine is with everything, the bench included: what a reader needs to weigh the figures."""
import pathlib
import time


class Busy:
    """`busy = Busy(); …; busy.share()`: the share of all CPUs' time that was used since."""

    def __init__(self):
        self._begin = self._read()

    @staticmethod
    def _read():
        ticks = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        return sum(ticks) - ticks[3] - ticks[4], sum(ticks)

    def share(self):
        used, total = (now - then for now, then in zip(self._read(), self._begin))
        return used / total if total else 0.0


def measure_window(seconds, agent):
    """Waits; answers the agent's figures over that time."""
    busy, begun = Busy(), time.monotonic()
    cpu, split = agent.cpu_seconds(), agent.user_and_system_seconds()
    time.sleep(seconds)
    cpu_used, took = agent.cpu_seconds() - cpu, time.monotonic() - begun
    user, system = (now - then for now, then in zip(agent.user_and_system_seconds(), split))
    return {"seconds": took, "cpu_ms": 1000 * cpu_used, "cpu_ms_per_minute": 60000 * cpu_used / took,
            "user_share": user / (user + system) if user + system >= 0.2 else None, "machine_busy": busy.share()}
