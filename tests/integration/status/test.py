"""Issue 4, points 1 and 9: `vf-agent status` tells what is refused and why, and each death; the last 20 are kept."""
import json
import os
import signal
import subprocess
import time

from harness import Agent, StandinServer, main, pipeline_yaml, program, run_agent, scenario, wait_until
from testkit.versions import version


def status(agent, *arguments):
    """(exit code, text)"""
    ended = run_agent("status", "--data-dir", str(agent.data_dir), *arguments)
    return ended.returncode, ended.stdout + ended.stderr


def report(agent):
    return json.loads(status(agent, "-o", "json")[1])


def pipeline(agent, name="p1"):
    return next(p for p in report(agent)["pipelines"] if p["id"] == name)


@scenario
def all_is_well_is_exit_code_0_and_one_line_a_pipeline():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        with Agent(server) as agent:
            agent.wait_running("p1")
            code, text = wait_until(lambda: (lambda s: s if s[0] == 0 else None)(status(agent)), 20, "all is well")
            line = next(line for line in text.splitlines() if "running" in line)
            assert str(agent.vectors()[0].pid) in line and "applied" in line, text
            assert f"pid {agent.pid}" in text and server.url in text and "connected" in text and "0.54.0" in text, text
            told = report(agent)
            assert told["ok"] is True and told["deaths"] == [] and told["pid"] == agent.pid, told


@scenario
def without_an_agent_it_is_exit_code_2_and_says_where_it_looked():
    with Agent(env={"VF_URL": "file:///nonexistent"}) as agent:
        wait_until(lambda: status(agent)[0] != 2, 20, "it answers")
        assert status(agent)[0] == 1, "the folder is missing"
        assert (agent.data_dir / "agent.sock").stat().st_mode & 0o777 == 0o600
        agent.stop()
        code, text = status(agent)
        assert code == 2 and str(agent.data_dir) in text and "none runs there" in text, text
        agent.start()
        wait_until(lambda: status(agent)[0] == 1, 20, "the next agent answers")


@scenario
def a_refused_version_is_shown_with_vectors_own_words_beside_what_runs():
    with StandinServer() as server:
        server.set_pipeline("p1", version("one"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            server.deploy("p1", version("two").replace("type: console", "type: nonsense"))
            told = wait_until(lambda: (lambda p: p if p["sync"] == "refused" else None)(pipeline(agent)), 20, "refused")
            assert told["version"] == 1 and told["refusedVersion"] == 2 and told["state"] == "running", told
            assert "nonsense" in told["refusal"], told
            code, text = status(agent)
            assert code == 1 and "version 2 is refused:" in text and "nonsense" in text, text


@scenario
def each_death_tells_when_how_its_last_words_and_what_is_next():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(crash_after="1s"), name="edge")
        with Agent(server) as agent:
            death = wait_until(lambda: report(agent)["deaths"], 30, "a death")[-1]
            assert death["pipelineName"] == "edge" and death["version"] == 1, death
            assert "exit code" in death["how"] or "signal" in death["how"], death
            assert abs(death["at"] - time.time()) < 60 and death["uptimeMilliseconds"] >= 500, death
            assert death["lastError"] and " in " in death["next"], death
            text = status(agent)[1]
            for part in ("LAST DEATHS", "edge", death["how"], death["lastError"], death["next"]):
                assert part in text, f"{part} is not in\n{text}"
            assert any(death["how"] in line for line in agent.output().splitlines() if "[edge]" in line), "the log says it too"


def deaths_on_disk(agent):
    body = (agent.data_dir / "state" / "deaths").read_bytes().split(b"\n", 1)[1]
    return [(death["at"], death["uptime_ms"]) for death in json.loads(body)["newest_first"]]


@scenario(limit=120)
def the_last_20_deaths_outlive_the_agent():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            for number in range(22):
                before = wait_until(lambda: [v.pid for v in agent.vectors()], 60, "it runs")[0]
                os.kill(before, signal.SIGKILL)
                wait_until(lambda: len(report(agent)["deaths"]) == min(number + 1, 20), 20, "the death is known")
                if number < 21:   # by hand: the backoff would make it minutes
                    server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
                    wait_until(lambda: any(v.pid != before for v in agent.vectors()), 60, "another one")
            wait_until(lambda: agent.output().count("ended with signal 9") >= 22, 20, "the last one is known")
            deaths = report(agent)["deaths"]
            assert len(deaths) == 20 and all("signal 9" in death["how"] for death in deaths), deaths[:2]
            assert [d["at"] for d in deaths] == sorted((d["at"] for d in deaths), reverse=True), "the newest first"
            wait_until(lambda: deaths_on_disk(agent) == [(d["at"], d["uptimeMilliseconds"]) for d in deaths], 20, "and kept")
            agent.kill()
            agent.start()
            wait_until(lambda: status(agent)[0] != 2 and report(agent)["deaths"], 20, "the next agent knows of deaths")
            assert report(agent)["deaths"][:20] == deaths


@scenario
def a_watch_goes_on_until_it_is_ended_and_a_stuck_one_stops_nothing():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            arguments = [program("VF_TEST_AGENT"), "status", "-w", "-o", "json", "--data-dir", str(agent.data_dir)]
            with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env={}) as watch:
                for _ in range(2):
                    assert json.loads(watch.stdout.readline())["pid"] == agent.pid
                watch.send_signal(signal.SIGSTOP)   # reads nothing any more
                polls = len(server.requests_to("heartbeat"))
                wait_until(lambda: len(server.requests_to("heartbeat")) > polls, 40, "the agent goes on")
                assert status(agent)[0] == 0
                watch.send_signal(signal.SIGCONT)
                watch.send_signal(signal.SIGINT)


if __name__ == "__main__":
    main()
