"""Issue 3, point 4: a wanted Vector that exits has failed, whatever its status; it is started again, for ever."""
import contextlib
import os
import signal

from harness import (Agent, StandinServer, main, pipeline_yaml, program, scenario, scratch_dir, stays, vector_fds,
                     wait_until)


@contextlib.contextmanager
def counted_starts():
    """(program, times): a Vector that notes when it was started with a config."""
    with scratch_dir() as folder:
        script, notes = folder / "vector", folder / "starts"
        script.write_text("#!/bin/sh\n"
                          f'case "$1" in --config) echo "$(date +%s.%N) $2" >> {notes} ;; esac\n'
                          f'exec {program("VF_TEST_VECTOR")} "$@"\n')
        script.chmod(0o755)

        def times(part=""):
            if not notes.exists():
                return []
            return [float(line.split()[0]) for line in notes.read_text().splitlines() if part in line]
        yield script, times


@scenario
def starts_back_off_and_are_never_given_up():
    with StandinServer() as server, counted_starts() as (vector, times):
        server.set_pipeline("bad", pipeline_yaml("bad", crash_after="0s"))
        server.set_pipeline("good", pipeline_yaml("good"))
        with Agent(server, env={"VF_VECTOR_BIN": vector}) as agent:
            agent.wait_running("good")
            pid = agent.vector("# good").pid
            wait_until(lambda: server.status("bad") == "CRASHED", 20, "told as CRASHED")
            wait_until(lambda: len(times("bad")) >= 5, 60, "five starts")
            gaps = [b - a for a, b in zip(times("bad"), times("bad")[1:])]
            for gap, wait in zip(gaps, (1, 2, 4, 8)):   # spread by a fifth, plus what a start takes
                assert wait * 0.75 <= gap <= wait * 1.25 + 3, gaps
            assert server.status("bad") in ("CRASHED", "STARTING")
            assert agent.vector("# good").pid == pid, "the other one is left alone"
            wait_until(lambda: agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="bad") >= 4)
            wait_until(server.push_connected, what="the push stream")
            server.deploy("bad", pipeline_yaml("mended"))   # does not wait for the 16 s to end
            agent.wait_version("bad", 2, timeout=11)


@scenario
def status_zero_is_a_failure_too():
    with StandinServer() as server, counted_starts() as (vector, times):
        server.set_pipeline("p1", pipeline_yaml(exit_zero_after="3s"))
        with Agent(server, env={"VF_VECTOR_BIN": vector}) as agent:
            agent.wait_running("p1")
            wait_until(lambda: server.status("p1") == "CRASHED", 20, "told as CRASHED")
            wait_until(lambda: len(times()) >= 2, 20, "started again")
            agent.wait_says(r"(?i)(exit|status|code)\D{0,20}0")


@scenario
def a_port_that_is_taken_is_a_failure():
    with StandinServer() as server, counted_starts() as (vector, times):
        server.set_pipeline("p1", pipeline_yaml(socket_port=1, port_taken=True))
        with Agent(server, env={"VF_VECTOR_BIN": vector}):
            wait_until(lambda: server.status("p1") == "CRASHED", 20, "told as CRASHED")
            wait_until(lambda: len(times()) >= 3, 30, "tried again")


@scenario
def a_death_is_said_in_words():
    with StandinServer() as server:
        server.set_pipeline("segv", pipeline_yaml(crash_after="200ms", signal="SEGV", last_words="segv says goodbye"))
        server.set_pipeline("code", pipeline_yaml(crash_after="200ms", exit_code=23))
        with Agent(server) as agent:
            agent.wait_says(r"(?m)^.*segv.*(SIGSEGV|signal 11).*$")
            agent.wait_says(r"(?m)^.*\bcode\b.*\b23\b.*$")


@scenario
def a_killed_vector_comes_back():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("one"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            for number in (signal.SIGKILL, signal.SIGTERM):
                before = agent.vector("# one")
                before.process.kill(number)   # SIGTERM by somebody else: it ends with status 0, and is still wanted
                wait_until(lambda: agent.vector("# one").pid != before.pid, 20, "a new process")
                wait_until(lambda: server.status("p1") == "RUNNING"
                           and server.statuses()["p1"]["pid"] == agent.vector("# one").pid, 20, "and it runs")
            assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 2


@scenario
def a_restart_costs_the_agent_no_descriptor():
    with StandinServer() as server:
        for name in ("p1", "p2"):
            server.set_pipeline(name, pipeline_yaml(f"pipeline {name}."))
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            wait_until(server.push_connected, what="the push stream")
            before = len(vector_fds(agent.pid))
            for _ in range(6):
                pid = agent.vector("pipeline p1.").pid
                server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
                wait_until(lambda: agent.vector("pipeline p1.").pid != pid, 20, "a new process")
            agent.wait_running("p1", "p2")
            wait_until(lambda: len(vector_fds(agent.pid)) <= before + 4, 10, f"no more than the {before} of before")


@scenario
def a_refused_config_is_tried_again_and_mended_by_a_deploy():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(refuse_config="unknown field `nonsense`"))
        with Agent(server) as agent:
            wait_until(lambda: server.status("p1") == "CRASHED", 20, "told as CRASHED")
            wait_until(lambda: any("unknown field `nonsense`" in line for line in server.log_lines("p1")), 20,
                       "Vector's own words are shipped")
            wait_until(server.push_connected, what="the push stream")
            server.deploy("p1", pipeline_yaml("mended"))
            agent.wait_version("p1", 2)


@scenario
def nothing_that_died_stays_a_zombie():
    with StandinServer() as server:
        for number in range(4):
            server.set_pipeline(f"p{number}", pipeline_yaml(crash_after="100ms"))
        with Agent(server) as agent:
            wait_until(lambda: [s["status"] for s in server.statuses().values()].count("CRASHED") >= 3, 30, "crashes")
            for _ in range(20):
                wait_until(lambda: not [p for p in agent.children() if p.state == "Z"], 5, "no zombie")
            stays(lambda: agent.healthz() == 200, 1)
            assert os.path.exists(f"/proc/{agent.pid}")


main()
