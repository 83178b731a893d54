"""A version that does not stand: the one before it is back, with everything that ran."""
import signal

from harness import scenario, wait_until
from testkit.upgrades import NEXT, SHORT_TRIAL, host, next_binary, put, running_version, script


def check_back(found, target, words):
    """The previous version has come back by itself and says why."""
    agent = found.agent
    agent.follow()
    found.wait_version(running_version())
    found.wait_error(f"version {target} did not stand: {words}")
    wait_until(lambda: not set(found.traces()) - {"vf-agent.failed"}, 20, "nothing else is left of it")
    found.check_not_upgraded()
    for name in ("p1", "p2"):
        wait_until(lambda: found.server.status(name) == "RUNNING", 10, f"{name} is RUNNING")
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label=name) == 0


def offer(found, target, then):
    """An image that does that when it is to run."""
    content = script(target, then)
    found.agent.may_end = True
    found.push(found.order(target, content=content))


@scenario
def one_that_ends_at_once_is_replaced_by_the_one_before():
    with host() as found:
        offer(found, "9.9.8", "exit 3")
        check_back(found, "9.9.8", "it ended before it was healthy")
        begun = len(found.errors())   # what failed is not tried again by the one that came back
        found.push(found.order("9.9.8"))
        found.wait_error("version 9.9.8 failed here a moment ago; not tried again for", begun)
        assert found.files.asked_for("/9.9.8") == 1
        found.check_not_upgraded()


@scenario
def one_that_hangs_is_killed_and_replaced():
    with host(env=SHORT_TRIAL) as found:
        offer(found, "9.9.8", "exec sleep 600")
        check_back(found, "9.9.8", "it did not report that it is healthy within 8 s")


@scenario
def the_one_that_came_back_takes_what_comes_next():
    with host(limits={}) as found:
        for target, then in (("9.9.5", "exit 78"), ("9.9.6", "kill -SEGV $$")):
            offer(found, target, then)
            check_back(found, target, "it ended before it was healthy")
        pid, complaints = found.agent.pid, len(found.errors())
        found.push(found.order("9.9.7"))
        found.wait_version("9.9.7")
        found.wait_settled()
        put(found.binary, next_binary(NEXT))
        found.agent.send(signal.SIGUSR2)
        found.wait_version(NEXT)
        found.wait_settled()
        found.check_untouched()
        assert found.agent.holder().pid == pid and len(found.errors()) == complaints, found.errors()


@scenario
def a_file_that_failed_by_hand_is_replaced_too():
    with host() as found:
        put(found.binary, script("9.9.8", "exit 3"))
        found.agent.send(signal.SIGUSR2)
        check_back(found, "9.9.8", "it ended before it was healthy")
