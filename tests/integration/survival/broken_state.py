"""What was remembered is damaged, or is not what ran: nothing is doubled, nothing that ran is lost."""
import contextlib
import shutil
import signal

from common import running
from harness import Broken, program, scenario, scratch_dir, stays, wait_until
from testkit.successors import begin, start_again, vector, vectors, wait_pid
from testkit.versions import version, wait_shown, words_shown

BAD = {"words": "unknown field `nonsense`", "at": ["validate"]}


def damage(agent, how):
    found = list((agent.data_dir / "state" / "pipelines").glob("p1*"))
    assert found
    for path in found:
        path.write_bytes(how(path.read_bytes()))


@contextlib.contextmanager
def beside_a_refused_wish():
    """(server, agent) with version 1 running, and version 2 held."""
    with running({"p1": version("one")}) as (server, agent):
        server.deploy("p1", version("two", refuse_config=BAD))
        wait_until(lambda: agent.says("version 2 is refused and held"), 20, "held")
        yield server, agent


@scenario
def a_damaged_record_is_told_moved_aside_and_nothing_is_doubled():
    for how in (lambda data: b"\0garbage\xff" * 40, lambda data: data[:len(data) // 2], lambda data: b"",
                lambda data: data[:-20] + b"x" + data[-19:]):
        with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
            first, other = vector(agent, "# one"), vector(agent, "# two")
            agent.kill()
            damage(agent, how)
            server.store_heartbeat({"pipelines": []})
            said = len(agent.output())
            begin(agent)

            def never_two():
                if len(vectors(agent, "# one")) > 1:
                    raise Broken("two Vectors for one pipeline")
                return server.status("p1") == "RUNNING"
            wait_until(never_two, 30, "it runs")
            assert not first.process.alive() or server.statuses()["p1"]["pid"] == first.pid
            wait_until(lambda: "state/broken" in agent.output()[said:], 10, "it is told")
            assert list((agent.data_dir / "state" / "broken").iterdir())
            wait_pid(server, other.pid, "p2")
            assert len(vectors(agent)) == 2
            wait_shown(server, "one")


@scenario
def a_damaged_record_without_the_server_leaves_the_rest_alone():
    with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
        other = vector(agent, "# two")
        server.refuse_connections()
        agent.kill()
        damage(agent, lambda data: b"\0" * len(data))
        server.store_heartbeat({"pipelines": []})
        begin(agent)
        agent.wait_says("state/broken")
        stays(lambda: vector(agent, "# two").pid == other.pid and len(vectors(agent, "# one")) <= 1, 3)
        server.accept_connections()
        agent.wait_running("p1", "p2", timeout=60)
        wait_pid(server, other.pid, "p2")
        wait_shown(server, "one")


@scenario
def a_refused_wish_is_still_refused_after_a_restart_of_the_agent():
    with beside_a_refused_wish() as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        agent.kill()
        server.store_heartbeat({"pipelines": []})
        start_again(server, agent)
        wait_pid(server, pid)
        assert server.statuses()["p1"]["version"] == 1
        wait_until(lambda: agent.metrics().one("vf_agent_pipelines_sync", state="applied") == 0)
        stays(lambda: vector(agent).pid == pid, 2)
        server.deploy("p1", version("three"))
        agent.wait_version("p1", 3)
        wait_shown(server, "three")


@scenario
def what_ran_beside_a_refused_wish_comes_back_when_it_ends_under_the_next_agent():
    with beside_a_refused_wish() as (server, agent):
        agent.kill()
        start_again(server, agent)
        first = vector(agent, "# one")
        wait_pid(server, first.pid)
        first.process.kill(signal.SIGKILL)
        wait_until(lambda: vector(agent, "# one").pid != first.pid, 20, "version 1 again")
        agent.wait_version("p1", 1)
        wait_shown(server, "one")


@scenario
def what_ran_beside_a_refused_wish_keeps_its_files_when_the_next_agent_refuses_another():
    with beside_a_refused_wish() as (server, agent):
        agent.kill()
        start_again(server, agent)
        first = vector(agent, "# one")
        wait_pid(server, first.pid)
        server.deploy("p1", version("three", refuse_config=BAD))
        wait_until(lambda: agent.says("version 3 is refused and held"), 20, "held")
        stays(lambda: vector(agent, "# one").pid == first.pid, 2, "it and its file")
        first.process.kill(signal.SIGKILL)
        wait_until(lambda: vector(agent, "# one").pid != first.pid, 20, "version 1 again")
        agent.wait_version("p1", 1)


@scenario
def what_ran_beside_a_refused_wish_is_started_by_the_next_agent():
    with beside_a_refused_wish() as (server, agent):
        assert agent.stop() == 0
        wait_until(lambda: not vectors(agent), 5)
        start_again(server, agent)
        wait_until(lambda: vectors(agent, "# one"), 20, "version 1 runs again")
        agent.wait_version("p1", 1)


@scenario
def a_wish_taken_back_while_no_agent_ran_is_what_runs_in_truth():
    with running({"p1": version("one", reload_delay="3s")}) as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        server.deploy("p1", version("two", reload_delay="3s"))
        wait_until(lambda: agent.says("is told to reload"), 20, "it reloads")
        agent.kill()   # Vector reloads all the same
        server.set_pipeline("p1", version("one", reload_delay="3s"))
        start_again(server, agent)
        agent.wait_version("p1", 3)
        wait_until(lambda: vector(agent, "# one"), 20)
        wait_shown(server, "one")
        stays(lambda: "# one" in vector(agent).config(), 1)
        assert pid


@scenario
def a_held_wish_without_its_secrets_is_not_judged_nor_run_without_them():
    with scratch_dir() as folder:
        binary = folder / "vector"
        shutil.copy(program("VF_TEST_VECTOR"), binary)
        with running({"p1": version("one ${PASSWORD}")}, env={"VF_VECTOR_BIN": binary},
                     secrets={"PASSWORD": "hunter2-hunter2"}) as (server, agent):
            first = vector(agent, "# one")
            server.deploy("p1", version("two ${PASSWORD}", refuse_config=BAD), secrets={"PASSWORD": "hunter2-hunter2"})
            wait_until(lambda: agent.says("version 2 is refused and held"), 20, "held")
            server.refuse_connections()
            agent.kill()
            new = folder / "new"   # another Vector, which judges otherwise
            new.write_text(f'#!/bin/sh\n[ "$1" = validate ] && exit 0\nexec {program("VF_TEST_VECTOR")} "$@"\n')
            new.chmod(0o755)
            new.replace(binary)
            server.store_heartbeat({"pipelines": []})
            begin(agent)
            agent.wait_says("taken over from an earlier agent")
            stays(lambda: vector(agent).pid == first.pid, 4, "its secrets are not known yet: it is left alone")
            server.accept_connections()
            agent.wait_version("p1", 2, timeout=60)
            assert vector(agent, "# two").process.environment()["PASSWORD"] == "hunter2-hunter2"


@scenario
def a_reload_right_after_a_take_over_is_not_mistaken_for_an_earlier_one():
    # Its log level hides the words, so that counters tell; they count the reloads under the agent before, too.
    with running({"p1": version("one", reload_delay="7s")}, log_level="error") as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        server.deploy("p1", version("two", reload_delay="7s"), log_level="error")
        agent.wait_version("p1", 2, timeout=40)
        agent.kill()
        server.set_pipeline("p1", version("three", reload_delay="7s"), log_level="error")
        start_again(server, agent)
        agent.wait_version("p1", 3, timeout=40)
        shown = len(words_shown(server))
        wait_until(lambda: len(words_shown(server)) > shown + 1, 20, "events")
        assert set(words_shown(server)[shown + 1:]) <= {"three"}, "what is told as version 3 is version 3"
        assert server.statuses()["p1"]["pid"] == pid
