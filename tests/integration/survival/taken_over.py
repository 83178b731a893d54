"""The agent dies, its Vectors live: the next one goes on where it was."""
import random
import re
import signal
import time

from common import running
from harness import Broken, Folder, pipeline_yaml, program, run_agent, scenario, scratch_dir, stays, wait_until
from testkit.successors import start_again, vector, vectors, wait_pid
from testkit.versions import version, wait_shown

FLOOD = re.compile(r"flood n=(\d+)")


def numbers(server, pipeline_id="p1"):
    return {int(m[1]) for m in map(FLOOD.search, server.log_lines(pipeline_id)) if m}


def size_of_output(agent):
    return sum(path.stat().st_size for path in agent.data_dir.rglob("*") if path.is_file() and "std" in path.name)


@scenario
def every_vector_outlives_a_killed_agent_and_is_taken_over():
    with running({"p1": version("one"), "p2": version("two"), "p3": version("three")}) as (server, agent):
        before = {vector.pid: vector.ports() for vector in vectors(agent)}
        rows = server.statuses()
        agent.kill()
        assert len(before) == 3 and {v.pid for v in vectors(agent)} == set(before), "they run on"
        server.store_heartbeat({"pipelines": []})   # so that what is seen below is the next agent's word
        start_again(server, agent)
        for name in ("p1", "p2", "p3"):
            wait_pid(server, rows[name]["pid"], name)
        now = server.statuses()
        for name in rows:
            for key in ("pid", "version", "configChecksum"):
                assert now[name].get(key) == rows[name].get(key), (name, key, rows[name], now[name])
        assert {v.pid: v.ports() for v in vectors(agent)} == before, "same processes, same ports"
        assert len(agent.output().split("taken over from an earlier agent")) == 4
        for name in ("p1", "p2", "p3"):
            wait_until(lambda: agent.metrics().one("vf_agent_pipeline_up", any_label=name) == 1)
            assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label=name) == 0
        server.deploy("p1", version("four"))   # a reload of a process that is nobody's child
        agent.wait_version("p1", 2)
        assert server.statuses()["p1"]["pid"] == rows["p1"]["pid"]
        wait_shown(server, "four")
        server.deploy("p2", version("five", more="timezone: UTC\n"))
        agent.wait_version("p2", 2)
        assert server.statuses()["p2"]["pid"] not in before
        assert not [v for v in vectors(agent) if v.pid == rows["p2"]["pid"]]


@scenario
def no_line_of_the_time_without_an_agent_is_missing():
    with running({"p1": pipeline_yaml("one", flood={"lines_per_second": 100})}) as (server, agent):
        for _ in range(3):
            wait_until(lambda: len(numbers(server)) > 100, 20, "lines come")
            agent.kill()
            size = size_of_output(agent)
            assert size > 0
            wait_until(lambda: size_of_output(agent) > size + 20000, 20, "it prints while no agent runs")
            last = max(numbers(server))
            start_again(server, agent)
            wait_until(lambda: max(numbers(server)) > last + 400, 30, "and they come")
        whole = numbers(server)
        missing = sorted(set(range(1, max(whole) + 1)) - whole)
        assert not missing, f"{len(missing)} of {max(whole)} missing, from {missing[:10]}"


@scenario
def lines_on_their_way_when_the_agent_was_killed_are_sent_by_the_next():
    with running({"p1": pipeline_yaml("one", flood={"lines_per_second": 100})}) as (server, agent):
        wait_until(lambda: len(numbers(server)) > 100, 20, "lines come")
        server.fail("logs", 503, times=1000)
        server.fail("heartbeat", 503, times=1000)
        last = max(numbers(server))
        size = size_of_output(agent)
        wait_until(lambda: size_of_output(agent) > size + 20000, 20, "read, and not taken: less than is kept at once")
        agent.kill()
        server.clear_faults()
        start_again(server, agent)
        wait_until(lambda: max(numbers(server)) > last + 400, 30, "and they come")
        whole = numbers(server)
        missing = sorted(set(range(1, max(whole) + 1)) - whole)
        assert not missing, f"{len(missing)} of {max(whole)} missing, from {missing[:10]}"


@scenario
def a_long_time_without_an_agent_costs_no_line():
    with running({"p1": pipeline_yaml("one", flood={"lines_per_second": 100})}) as (server, agent):
        wait_until(lambda: len(numbers(server)) > 100, 20, "lines come")
        agent.kill()
        size = size_of_output(agent)
        wait_until(lambda: size_of_output(agent) > size + 120000, 20, "more than any agent keeps in memory")
        last = max(numbers(server))
        start_again(server, agent)
        wait_until(lambda: max(numbers(server)) > last + 2000, 40, "and they come")
        whole = numbers(server)
        missing = sorted(set(range(1, last + 1500)) - whole)
        dropped = [line for line in server.log_lines("p1") if "lines dropped" in line]
        assert not missing, f"{len(missing)} missing, from {missing[:5]} to {missing[-5:]}; told: {dropped}"


@scenario
def the_end_of_one_that_was_taken_over_is_seen():
    with running({"p1": version("one")}) as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        agent.kill()
        start_again(server, agent)
        wait_pid(server, pid)
        vector(agent).process.kill(signal.SIGKILL)
        again = wait_until(lambda: [v.pid for v in agent.vectors() if v.pid != pid], 20, "a new process")[0]
        wait_pid(server, again)
        assert server.statuses()["p1"]["version"] == 1
        wait_until(lambda: agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 1)
        wait_shown(server, "one")


@scenario
def one_behind_a_wrapper_is_taken_over_too():
    with scratch_dir() as folder:
        script = folder / "vector"
        script.write_text(f'#!/bin/sh\nsleep 0.2\nexec {program("VF_TEST_VECTOR")} "$@"\n')
        script.chmod(0o755)
        with running({"p1": version("one")}, env={"VF_VECTOR_BIN": script}) as (server, agent):
            pid = server.statuses()["p1"]["pid"]
            agent.kill()
            start_again(server, agent)
            wait_pid(server, pid)
            stays(lambda: vector(agent).pid == pid, 2, "it is known again")


@scenario(limit=150)
def an_agent_killed_in_the_middle_of_deploys_leaves_one_vector_a_pipeline():
    seed = random.randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    dice = random.Random(seed)
    with running({"p1": version("number 0."), "p2": version("other 0.")}, limits={}) as (server, agent):
        for number in range(1, 16):
            zone = f"timezone: {dice.choice(('UTC', 'GMT'))}\n" if dice.random() < 0.6 else ""
            server.deploy("p1", version(f"number {number}.", more=zone))
            server.deploy("p2", version(f"other {number}."))
            time.sleep(dice.uniform(0, 0.3))   # the promise is about any moment
            agent.kill()
            assert len(vectors(agent)) <= 2, f"round {number}: {[v.config()[:12] for v in vectors(agent)]}"
            start_again(server, agent)
        for name, word in (("p1", "number 15."), ("p2", "other 15.")):
            agent.wait_version(name, 16)
            wait_until(lambda: vector(agent, f"# {word}").pid == server.statuses()[name]["pid"], 20, "the wanted one")
            wait_shown(server, word, name)
        assert len(vectors(agent)) == 2


@scenario
def what_is_not_wanted_any_more_is_stopped_by_the_next_agent():
    with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
        pid, gone = server.statuses()["p1"]["pid"], vector(agent, "# two")
        agent.kill()
        server.remove("p2")
        start_again(server, agent)
        wait_until(lambda: not gone.process.alive(), 20, "it is stopped")
        wait_pid(server, pid)
        assert vector(agent).pid == pid
        wait_until(lambda: not list((agent.data_dir / "pipelines").glob("p2*")), 10, "its files go")
        wait_until(lambda: not list((agent.data_dir / "state" / "pipelines").glob("p2*")), 10, "and are forgotten")


@scenario
def a_second_agent_on_one_data_dir_is_refused_and_touches_nothing():
    with running({"p1": version("one")}) as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        files = {path: path.read_bytes() for path in (agent.data_dir / "pipelines").iterdir() if path.is_file()}
        with scratch_dir() as folder:
            Folder(folder)   # empty: it wants nothing
            second = run_agent(env={**agent.env, "VF_URL": f"file://{folder}", "VF_METRICS_PORT": "0"})
        assert second.returncode != 0
        words = second.stdout + second.stderr
        assert str(agent.data_dir) in words and str(agent.pid) in words, words
        stays(lambda: vector(agent).pid == pid and server.status("p1") == "RUNNING", 2)
        assert {path: path.read_bytes() for path in files} == files
        agent.kill()   # it holds the directory no more
        start_again(server, agent)
        wait_pid(server, pid)


@scenario
def a_pid_that_is_nobody_is_simply_started():
    with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
        agent.kill()
        for gone in vectors(agent):
            gone.process.kill()
        wait_until(lambda: not vectors(agent), 5)
        server.store_heartbeat({"pipelines": []})
        start_again(server, agent)
        agent.wait_running("p1", "p2")
        wait_pid(server, vector(agent, "# one").pid, "p1")
        assert len(vectors(agent)) == 2
        assert "CRASHED" not in {row["status"] for row in server.statuses().values()}


@scenario
def one_that_was_being_stopped_when_the_agent_was_killed_is_never_two():
    with running({"p1": version("one", drain="12s")}, env={"VF_STOP_TIMEOUT": "30s"}) as (server, agent):
        first = vector(agent)
        server.deploy("p1", version("two", drain="0s"))
        wait_until(lambda: any("Vector has stopped." in line for line in server.log_lines("p1")), 20, "it drains")
        agent.kill()
        assert first.process.alive()
        start_again(server, agent)

        def never_two():
            if len(vectors(agent)) > 1:
                raise Broken("two Vectors for one pipeline")
            return not first.process.alive()
        wait_until(never_two, 20, "the first one ends")
        agent.wait_version("p1", 2)
        wait_shown(server, "two")
