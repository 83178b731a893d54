"""`logs -f` and `tap`: what goes on until somebody ends it."""
import json
import signal
import subprocess

from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until

from common import command, start

CHATTY = {"flood": {"lines_per_second": 20}}


@scenario
def following_ends_on_ctrl_c_without_noise():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(**CHATTY))
        with Agent(server) as agent:
            agent.wait_running("p1")
            with start(agent, "logs", "p1", "-f") as process:
                for _ in range(5):
                    assert process.stdout.readline()
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
                assert process.returncode == -signal.SIGINT and not err, (process.returncode, err)


@scenario
def following_ends_with_who_reads_it_even_where_no_line_comes():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print=["one", "two"]))   # and silent then
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: "two" in command(agent, "logs", "p1")[1], 20, "the lines")
            with start(agent, "logs", "p1", "-f") as process:
                assert process.stdout.readline()
                process.stdout.close()
                assert process.wait(20) in (0, -signal.SIGPIPE) and not process.stderr.read()
            with start(agent, "logs", "p1", "-f") as process:   # through a shell, as everybody does
                head = subprocess.run(["head", "-n", "1"], stdin=process.stdout, capture_output=True, text=True, timeout=20)
                process.stdout.close()
                assert head.stdout and process.wait(20) in (0, -signal.SIGPIPE)


@scenario(limit=120)
def following_goes_on_past_a_restart_of_the_agent_and_says_so():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(**CHATTY))
        with Agent(server) as agent:
            agent.wait_running("p1")
            with start(agent, "logs", "p1", "-f", "-n", "5") as process:
                assert process.stdout.readline()
                agent.kill()
                agent.start()
                told = [process.stderr.readline()]
                assert "trying again" in told[0], told
                assert "another agent" in process.stderr.readline()
                assert process.stdout.readline()
                wait_until(lambda: process.stdout.readline(), 20, "lines of the next agent")
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=20)


@scenario
def following_a_pipeline_that_goes_ends_with_a_sentence():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(**CHATTY), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            with start(agent, "logs", "edge", "-f") as process:
                assert process.stdout.readline()
                server.remove("p1", announce=True)
                out, err = process.communicate(timeout=40)
                assert process.returncode == 1 and "there is no pipeline" in err.splitlines()[-1], (process.returncode, err)


@scenario
def a_tap_prints_an_event_a_line_and_the_rest_beside_it():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            code, out, err = command(agent, "tap", "edge", "demo", "--limit", "2", timeout=60)
            assert code == 0 and len([json.loads(line) for line in out.splitlines()]) == 2, (code, out, err)
            assert "the tap has ended" in err, err
            code, out, err = command(agent, "tap", "edge", "nonsense")
            assert code == 1 and not out and "nonsense" in err and "parse" in err, (code, out, err)


@scenario
def a_tap_ends_with_who_reads_it_and_on_ctrl_c():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            with start(agent, "tap", "p1", "demo") as process:
                assert process.stdout.readline()
                process.stdout.close()
                assert process.wait(30) in (0, -signal.SIGPIPE)
            with start(agent, "tap", "p1", "demo") as process:
                assert process.stdout.readline()
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=20)
                assert process.returncode == -signal.SIGINT
