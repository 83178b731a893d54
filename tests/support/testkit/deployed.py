"""Pipelines that were deployed to an agent, and what the server and the agent's metrics say of them."""
import contextlib

from standin_server import StandinServer
from testkit.agent import Agent
from testkit.waiting import wait_until


@contextlib.contextmanager
def running(pipelines, env=None, poll=15000, limits=None, **more):
    """(server, agent) with these running, and pushes arriving. `pipelines`: {id: YAML}, or the YAML of p1. `poll`:
    milliseconds; many polls leave the agent few for deploys. `limits`: {} for a server that bears any number of agents
    a minute. The rest is the same for each pipeline, as for set_pipeline()."""
    if isinstance(pipelines, str):
        pipelines = {"p1": pipelines}
    with StandinServer(limits=limits) as server:
        server.poll_interval_ms = poll
        for name, yaml in pipelines.items():
            server.set_pipeline(name, yaml, **more)
        with Agent(server, env=env) as agent:
            agent.wait_running(*pipelines)
            wait_until(server.push_connected, what="the push stream")
            yield server, agent


def row(server, pipeline_id="p1"):
    """What the last heartbeat said of it."""
    return server.statuses()[pipeline_id]


def in_sync_words(agent):
    """{state: pipelines in it}"""
    return {labels["state"]: value for name, labels, value in agent.metrics().samples
            if name == "vf_agent_pipelines_sync"}


def wait_held(server, agent, words, state="refused"):
    """Until the newest wish is held and its reason has arrived at the server."""
    wait_until(lambda: any(words in line for line in server.log_lines("p1")), 20, f"the server has: {words}")
    wait_until(lambda: in_sync_words(agent)[state] == 1, 10, f"vf_agent_pipelines_sync says {state}")
