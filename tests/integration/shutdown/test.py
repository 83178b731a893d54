"""Issue 3, point 7: SIGTERM stops everything side by side and says the last words; a second one kills at once."""
import os
import shutil
import signal
import subprocess
import time

from harness import (Agent, Skip, StandinServer, Stopwatch, directory_agent, main, pipeline_yaml, program, scenario,
                     scratch_dir, wait_until)

STOPPED = "Vector has stopped."


@scenario
def all_stop_side_by_side_and_the_last_words_are_shipped():
    with StandinServer() as server:
        ids = [f"p{n}" for n in range(5)]
        for name in ids:
            server.set_pipeline(name, pipeline_yaml(drain="3s"))
        with Agent(server, env={"VF_LOG_FLUSH_INTERVAL": "30s"}) as agent:
            agent.wait_running(*ids)
            watch, told = Stopwatch(), time.monotonic()
            assert agent.stop() == 0
            watch.expect_at_least(3, "the drains")
            watch.expect_below(10, "five drains of 3 s")
            for name in ids:
                assert any(STOPPED in line for line in server.log_lines(name)), f"last words of {name}"
            assert any(r.at > told and r.status == 200 for r in server.requests_to("heartbeat")), "a last heartbeat"


@scenario
def ctrl_c_is_a_clean_stop_too():
    with directory_agent({"p1": pipeline_yaml("one")}) as (agent, _):
        wait_until(lambda: agent.vector("# one"))
        assert agent.stop(signal.SIGINT) == 0


@scenario
def a_server_that_is_away_does_not_hold_up_the_end():
    for trouble in ("down", "mute"):
        with StandinServer() as server:
            server.set_pipeline("p1", pipeline_yaml())
            with Agent(server) as agent:
                agent.wait_running("p1")
                if trouble == "down":
                    server.refuse_connections()
                else:
                    server.never_answer("*", times=None)
                watch = Stopwatch()
                assert agent.stop() == 0
                watch.expect_below(10, f"the end with a server that is {trouble}")


@scenario
def an_agent_that_never_reached_a_server_ends_at_once():
    with StandinServer() as server:
        server.refuse_connections()
        with Agent(server) as agent:
            wait_until(lambda: agent.healthz() == 200)
            watch = Stopwatch()
            assert agent.stop() == 0
            watch.expect_below(5, "the end")


@scenario
def a_second_sigterm_kills_at_once():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("stubborn", ignore_term=True))
        server.set_pipeline("p2", pipeline_yaml("slow", drain="60s"))
        with Agent(server, env={"VF_STOP_TIMEOUT": "120s"}, exit_code=None) as agent:
            agent.wait_running("p1", "p2")
            vectors = [v.process for v in agent.vectors()]
            agent.send(signal.SIGTERM)
            wait_until(lambda: agent.says(r"(?m)" + STOPPED), 20, "they were told to stop")
            time.sleep(0.5)
            assert all(process.alive() for process in vectors)
            watch = Stopwatch()
            agent.send(signal.SIGTERM)
            agent.wait()
            watch.expect_below(6, "the end after a second SIGTERM")
            assert not any(process.alive() for process in vectors)


@scenario
def one_that_ignores_sigterm_is_killed_in_the_end():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("stubborn", ignore_term=True))
        server.set_pipeline("p2", pipeline_yaml("good"))
        with Agent(server, env={"VF_STOP_TIMEOUT": "2s"}) as agent:
            agent.wait_running("p1", "p2")
            watch = Stopwatch()
            assert agent.stop() == 0
            watch.expect_at_least(2, "VF_STOP_TIMEOUT")
            watch.expect_below(12, "the end")


@scenario
def a_stop_during_the_start_is_clean():
    for pause in (0.0, 0.02, 0.1, 0.3):
        with StandinServer() as server:
            for number in range(4):
                server.set_pipeline(f"p{number}", pipeline_yaml(start_delay="100ms"))
            with Agent(server, exit_code=None) as agent:
                wait_until(lambda: server.requests, 20, "it has begun")
                time.sleep(pause)
                assert agent.stop() == 0
                assert not agent.leftovers()


@scenario
def a_stop_in_the_middle_of_calls_is_clean():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("one"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            server.delay("config", 1)       # still unanswered when the last lines go out, answered before those are
            server.delay("logs", 2)
            server.delay("heartbeat", 0.5)
            polls = len(server.requests_to("config"))
            server.config_changed()
            wait_until(lambda: len(server.requests_to("config")) > polls, what="a poll that takes its time")
            assert agent.stop() == 0
            assert any(STOPPED in line for line in server.log_lines("p1")), "the last words"


@scenario
def a_stop_while_one_crashes_is_clean():
    with StandinServer() as server:
        for number in range(4):
            server.set_pipeline(f"p{number}", pipeline_yaml(crash_after=f"{number * 150}ms"))
        with Agent(server) as agent:
            wait_until(lambda: server.statuses() and agent.says("panicked"), 20)
            assert agent.stop() == 0


@scenario
def pid_1_reaps_what_it_inherits():
    if os.geteuid() != 0 or not shutil.which("unshare"):
        raise Skip("needs root and unshare")
    wrapper = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*wrapper, "true"], capture_output=True).returncode != 0:
        raise Skip("this machine allows no pid namespace")
    with StandinServer() as server, scratch_dir() as folder:
        vector, orphan = folder / "vector", folder / "orphan"
        vector.write_text("#!/bin/sh\n"
                          f'case "$1" in --config) ( ( sleep 1; echo x >> {orphan} ) & ) ;; esac\n'
                          f'exec {program("VF_TEST_VECTOR")} "$@"\n')
        vector.chmod(0o755)
        server.set_pipeline("p1", pipeline_yaml("one"))
        with Agent(server, env={"VF_VECTOR_BIN": vector}, wrapper=wrapper) as agent:
            agent.wait_running("p1")
            wait_until(orphan.exists, 20, "the orphan has lived")
            wait_until(lambda: len(agent.children()) == 1, 10, "only the Vector is left, no zombie")
            assert agent.stop() == 0


main()
