"""SIGUSR2: the agent becomes what is at its path now."""
import os
import signal

from harness import scenario, wait_until
from testkit.successors import vectors
from testkit.upgrades import NEXT, host, next_binary, put, running_version
from testkit.versions import version, wait_shown


def tell(found):
    """SIGUSR2; unlike after other signals the agent has to live on."""
    os.kill(found.agent.pid, signal.SIGUSR2)


def become(found, wanted, connections):
    """Until that version, in the same process, is done with its trial."""
    wait_until(lambda: found.server.push_connections() > connections, 20, "another image connects")
    found.wait_version(wanted)
    found.wait_settled()
    assert found.agent.holder().pid == found.agent.pid and found.agent.process.poll() is None
    found.check_untouched()
    assert found.errors() == []


@scenario
def it_becomes_the_file_that_was_put_there_or_begins_anew():
    with host() as found:
        for wanted in (running_version(), NEXT, NEXT):
            if wanted == NEXT:
                put(found.binary, next_binary())
            connections = found.server.push_connections()
            tell(found)
            become(found, wanted, connections)
        assert found.binary.read_bytes() == next_binary()
        assert len(found.agent.output().split("in the same process")) == 4, "three times"


@scenario
def a_file_that_is_none_costs_a_line_in_the_log():
    with host() as found:
        agent = found.agent
        found.binary.unlink()
        for number, spoil in enumerate((lambda: None, lambda: put(found.binary, b"garbage"),
                                        lambda: put(found.binary, b"#!/bin/sh\necho hello\n"),
                                        lambda: (found.binary.unlink(), found.binary.mkdir())), 1):
            spoil()
            tell(found)
            wait_until(lambda: len(agent.output().split(f"{running_version()} runs on")) +
                       len(agent.output().split("this version runs on")) == number + 2, 20, "it is said")
            found.check_untouched()
            assert agent.process.poll() is None and agent.holder().pid == agent.pid
        found.binary.rmdir()
        put(found.binary, next_binary())   # nothing of that stands in the way of one that is good
        tell(found)
        found.wait_version(NEXT)
        found.wait_settled()
        found.check_untouched()


def beside(found):
    return sorted(path.name for path in found.binary.parent.iterdir())


@scenario
def a_link_that_leads_to_another_version_is_followed():
    with host(linked=True) as found:
        put(found.binary.parent / "new", next_binary())
        link = found.binary.with_name("vf-agent.link")
        link.symlink_to("new")
        link.replace(found.binary)
        settled = ["new", "old", "vf-agent"]
        tell(found)
        found.wait_version(NEXT)
        found.agent.wait_says("is healthy")   # before, an offer would be ignored
        wait_until(lambda: beside(found) == settled, 20, "nothing is left of it")
        assert found.agent.holder().pid == found.agent.pid
        found.push(found.order("9.9.8"))   # an update replaces the file and not the link
        found.wait_version("9.9.8")
        wait_until(lambda: beside(found) == settled, 20, "nothing is left of it")
        assert os.readlink(found.binary) == "new" and found.binary.read_bytes() == next_binary("9.9.8")
        assert found.binary.with_name("old").read_bytes() == found.original
        found.check_untouched()


@scenario
def a_reload_that_is_being_proved_is_waited_for():
    slow = {"reload_delay": "3s"}
    with host({"p1": version("one", **slow)}) as found:
        pid = found.server.statuses()["p1"]["pid"]
        connections = found.server.push_connections()
        found.server.deploy("p1", version("two", **slow))
        found.agent.wait_says("is told to reload")
        tell(found)
        wait_until(lambda: found.server.push_connections() > connections, 30, "another image connects")
        found.agent.wait_version("p1", 2)
        wait_shown(found.server, "two")
        assert [v.pid for v in vectors(found.agent)] == [pid], "it was a reload, and no restart"
        found.wait_settled()
        assert found.agent.holder().pid == found.agent.pid


@scenario
def a_second_one_during_the_trial_is_refused():
    with host() as found:
        connections = found.server.push_connections()
        found.server.fail("config", 503, times=1000)   # the trial lasts until the server has answered
        tell(found)
        found.agent.wait_says("in the same process")
        tell(found)
        found.agent.wait_says("WARN +SIGUSR2: an upgrade is under way already")
        found.server.clear_faults()
        become(found, running_version(), connections)
        assert len(found.agent.output().split("in the same process")) == 2, "once"
