"""How long nobody listens on a pipeline's TCP socket while the pipeline is changed, and what of the lines gets lost."""
import statistics
import subprocess
import time
from types import SimpleNamespace

from benchkit.agent_process import AgentProcess
from benchkit.changes import RELOAD, RESTART, Changes, Wish
from benchkit.knocker import Knocker
from benchkit.machine import Busy
from benchkit.server_process import ServerProcess

TIMES = 10
BEFORE, AFTER = 0.05, 0.3  # seconds of knocking before the push, and after the change is live
SOURCE = "reload of the socket's own source"
PIPELINES = {"bench-reload": RELOAD, "bench-source": SOURCE, "bench-restart": RESTART}

TEXT = """\
sources:
  in: {{ type: socket, mode: tcp, address: "127.0.0.1:{port}", max_length: {length} }}
transforms:
  parse: {{ type: remap, inputs: [in], source: ".a = {step}" }}
sinks:
  out: {{ type: file, inputs: [parse], path: "{path}", encoding: {{ codec: text }} }}
{more}"""


def wish(name, port, path):
    def make(step, more):
        length = 100000 + step if PIPELINES[name] == SOURCE else 100000
        return TEXT.format(port=port, length=length, step=step, path=path, more=more)
    return Wish(make)


class Door:
    """One pipeline: its socket, the file that its lines go to, and what was seen of it."""

    def __init__(self, agent, name, port):
        self.name, self.kind, self.port = name, PIPELINES[name], port
        self.path = agent.scratch / f"{name}.lines"
        self.wish = wish(name, port, self.path)
        self.live, self.down, self.refused, self.sent = [], [], 0, set()

    def deploy(self, changes):
        changes.get_ready(self.name)
        with Knocker(self.port, f"{self.name} {len(self.live)}") as knocker:
            time.sleep(BEFORE)
            self.live.append(changes.until_live(self.name, self.kind))
            time.sleep(AFTER)
            taken = knocker.taken()
            changes.agent.wait_until(lambda: knocker.taken() > taken, f"{self.name} takes lines again", 30, pause=0.002)
        self.down.append(knocker.longest_down())
        self.refused += knocker.refused
        self.sent |= knocker.sent

    def lost(self):
        """Lines that were taken and are not in the file."""
        return len(self.sent - set(self.path.read_text().splitlines()))


def measure_downtime(programs):
    vector = SimpleNamespace(**{**vars(programs), "vector": programs.real_vector or programs.vector})
    which = subprocess.run([vector.vector, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    with ServerProcess() as server:
        agent = AgentProcess(vector, server, len(PIPELINES))
        doors = [Door(agent, name, port) for name, port in zip(PIPELINES, agent.spare_ports)]
        server.set_pipelines({door.name: door.wish.text() for door in doors})
        with agent:
            agent.wait_all_running(len(doors))
            agent.wait_until(server.push_connected, "the push stream is open")
            time.sleep(5)
            changes, busy = Changes(agent, server, {door.name: door.wish for door in doors}), Busy()
            for _ in range(TIMES):
                for door in doors:
                    door.deploy(changes)
            time.sleep(2)  # what a sink holds back
            rows = [{"vector": which, "kind": door.kind, "times": TIMES, "live_ms": 1000 * statistics.median(door.live),
                     "down_median_ms": 1000 * statistics.median(door.down), "down_worst_ms": 1000 * max(door.down),
                     "refused": door.refused, "lines": len(door.sent), "lost": door.lost(),
                     "machine_busy": busy.share()} for door in doors]
            rows[-1]["violations"] = server.violations()
            return rows
