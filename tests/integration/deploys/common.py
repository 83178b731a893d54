"""What the scenarios of this folder and of reloads/ share: one pipeline that runs, a Vector that notes."""
import contextlib

from harness import Agent, StandinServer, program, scratch_dir, wait_until


@contextlib.contextmanager
def running(yaml, env=None, poll=15000, **more):
    """(server, agent) with pipeline p1 running this, and pushes arriving. `poll`: milliseconds; many polls leave the
    agent few for deploys."""
    with StandinServer() as server:
        server.poll_interval_ms = poll
        server.set_pipeline("p1", yaml, **more)
        with Agent(server, env=env) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            yield server, agent


@contextlib.contextmanager
def noting_vector():
    """(program, calls): a Vector that notes how it is called; calls("validate", "one") are those of `# one…`."""
    with scratch_dir() as folder:
        script, notes = folder / "vector", folder / "calls"
        write_vector(script, notes)

        def calls(command, word=""):
            lines = notes.read_text().splitlines() if notes.exists() else []
            return [line for line in lines if line.startswith(f"{command}|") and f"|# {word}" in line]
        yield script, calls


def write_vector(script, notes, first=""):
    """Put in place by a rename, as a package manager does. `first`: what it does before it goes on as the stand-in."""
    new = script.with_suffix(".new")
    new.write_text("#!/bin/sh\n"
                   'case "$1" in validate) config=$4 ;; --config) config=$2 ;; *) config=/dev/null ;; esac\n'
                   f'echo "$1|$(grep -m1 "^# " "$config")" >> {notes}\n{first}\n'
                   f'exec {program("VF_TEST_VECTOR")} "$@"\n')
    new.chmod(0o755)
    new.replace(script)


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
