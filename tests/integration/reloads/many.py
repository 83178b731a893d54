"""Deploys that come one after the other, or in the middle of something else."""
import os
import signal

from harness import scenario, wait_until
from testkit.deployed import in_sync_words, row, running
from testkit.versions import version, wait_shown


@scenario
def twenty_reloads_in_a_row_end_with_the_last_version_in_one_process():
    with running(version("number 1.")) as (server, agent):
        pid = row(server)["pid"]
        for number in range(2, 22):
            server.deploy("p1", version(f"number {number}."))
        agent.wait_version("p1", 21)
        assert row(server)["pid"] == pid
        assert "# number 21." in agent.vector("# number").config()
        wait_shown(server, "number 21.")
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 0


@scenario
def thirty_reloads_and_restarts_by_turns_end_right():
    with running(version("number 1.")) as (server, agent):
        for number in range(2, 32):
            server.deploy("p1", version(f"number {number}.", more=f"timezone: {'UTC' if number % 4 > 1 else 'GMT'}\n"))
            if number % 8 == 0:
                agent.wait_version("p1", number)   # sometimes all at once, sometimes it comes to rest
        agent.wait_version("p1", 31)
        wait_shown(server, "number 31.")
        assert agent.vector("# number 31.").pid == row(server)["pid"]
        assert len(agent.vectors()) == 1
        assert in_sync_words(agent)["applied"] == 1


@scenario(limit=150)
def a_stopped_vector_holds_up_no_other_deploy():
    env = {"VF_RELOAD_TIMEOUT": "30s", "VF_STOP_TIMEOUT": "4s"}
    with running(version("one"), env=env) as (server, agent):
        server.deploy("p2", version("other"))
        agent.wait_running("p2")
        stopped = agent.vector("# one")
        os.kill(stopped.pid, signal.SIGSTOP)
        server.deploy("p1", version("two"))
        wait_until(lambda: agent.says("is told to reload"), 20, "it is told")
        server.deploy("p2", version("next"))                       # by a reload
        server.deploy("p3", version("new", more="timezone: UTC\n"))
        agent.wait_version("p2", 2)
        agent.wait_running("p3")
        server.deploy("p3", version("new", more="timezone: GMT\n"))   # by a restart
        agent.wait_version("p3", 2)
        assert not agent.says("not said within"), "all that while p1 was waited for"
        agent.wait_version("p1", 2, timeout=60)
        assert not stopped.process.alive(), "it did not answer: a new process"
        wait_shown(server, "two")


@scenario
def a_stopped_vector_that_goes_on_in_time_reloads():
    with running(version("one")) as (server, agent):
        stopped = agent.vector("# one")
        os.kill(stopped.pid, signal.SIGSTOP)
        server.deploy("p1", version("two"))
        wait_until(lambda: agent.says("is told to reload"), 20, "it is told")
        os.kill(stopped.pid, signal.SIGCONT)
        agent.wait_version("p1", 2)
        assert row(server)["pid"] == stopped.pid
        wait_shown(server, "two")


@scenario
def a_version_that_comes_in_the_middle_of_a_reload_is_a_reload_too():
    with running(version("one", reload_delay="1s")) as (server, agent):
        pid = row(server)["pid"]
        for word in ("two", "three"):
            server.deploy("p1", version(word, reload_delay="1s"))
            wait_until(lambda: agent.says(f"version {2 if word == 'two' else 3} is wanted now"), 20)
            wait_until(lambda: agent.says("is told to reload"), 20)
        agent.wait_version("p1", 3)
        assert row(server)["pid"] == pid, "by a reload"
        wait_shown(server, "three")


@scenario
def a_restart_asked_for_in_the_middle_of_a_reload_ends_with_the_new_version():
    for standin, moment in (({}, "Vector has reloaded"), ({"reload_delay": "1s"}, "Reloading running topology")):
        with running(version("one", **standin)) as (server, agent):
            before = agent.vector("# one")
            server.deploy("p1", version("two", **standin))
            wait_until(lambda: agent.says(moment), 20, moment)
            server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
            wait_until(lambda: not before.process.alive(), 20, "it is restarted")
            agent.wait_version("p1", 2, timeout=60)
            wait_shown(server, "two")
            assert "# two" in agent.vector("# ").config()


@scenario
def one_taken_back_in_the_middle_of_a_reload_ends_and_may_come_again():
    for take_back, bring_again in ((lambda s: s.remove("p1", announce=True), lambda s: s.deploy("p1", version("new"))),
                                   (lambda s: s.maintenance(True), lambda s: s.maintenance(False))):
        with running(version("one")) as (server, agent):
            server.deploy("p1", version("new"))
            wait_until(lambda: agent.says("is told to reload"), 20, "it reloads")
            take_back(server)
            wait_until(lambda: not agent.vectors(), 20, "it ends")
            bring_again(server)
            agent.wait_version("p1", server.catalog.get("p1").version)
            wait_shown(server, "new")


@scenario
def one_that_dies_while_its_next_version_is_checked_comes_back_with_what_is_right_by_then():
    for bad, word, number in ((False, "two", 2), ({"words": "no", "at": ["validate"]}, "one", 1)):
        with running(version("one")) as (server, agent):
            server.deploy("p1", version("two", validate_delay="3s", refuse_config=bad))
            wait_until(lambda: agent.says("version 2 is wanted now"), 20)
            before = agent.vector("# one")
            before.process.kill()
            if bad:
                wait_until(lambda: agent.says("version 2 is refused and held"), 20)
            wait_until(lambda: agent.vector(f"# {word}").pid != before.pid, 20, "a new process")
            agent.wait_version("p1", number)
            wait_shown(server, word)
