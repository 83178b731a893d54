"""An agent that is killed and started again, and Vectors of any agent."""
from testkit import waiting
from testkit.vectors import Vector
from testkit.waiting import wait_until


def begin(agent):
    """The next agent on the same data directory."""
    if agent in waiting.watched:
        waiting.watched.remove(agent)   # start() adds it
    agent.start()


def start_again(server, agent):
    """The next agent on the same data directory; it has spoken to the server when this returns."""
    polls = len(server.requests_to("config"))
    begin(agent)
    wait_until(lambda: len(server.requests_to("config")) > polls and server.push_connected(), 30, "the next agent")


def vectors(agent, word=""):
    """Running Vectors on its data directory, whoever started them, whose config contains the word."""
    found = []
    left = agent.leftovers()
    pids = {process.pid for process in left}
    for process in left:
        if process.parent in pids:
            continue   # a leak sanitizer's helper of one that ends looks like the Vector itself
        try:
            vector = Vector(process)
            if len(vector.configs) == 2 and process.state not in "ZX" and word in vector.config():
                found.append(vector)
        except OSError:
            pass  # ended while we looked
    return found


def vector(agent, word=""):
    found = vectors(agent, word)
    assert len(found) == 1, f"{len(found)} Vectors run a config with {word!r}"
    return found[0]


def wait_pid(server, pid, pipeline_id="p1"):
    """Until the server has this very process as RUNNING."""
    def told():
        row = server.statuses()[pipeline_id]
        return row["status"] == "RUNNING" and row["pid"] == pid
    wait_until(told, 20, f"{pipeline_id} is RUNNING as pid {pid}")
