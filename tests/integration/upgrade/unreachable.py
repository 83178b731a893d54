"""The server cannot be reached while a version is on trial: that is its fault where the one before could."""
import signal

from harness import program, scenario, scratch_dir, wait_until
from testkit.upgrades import NEXT, SHORT_TRIAL, host, next_binary, put, running_version, script


@scenario
def one_that_does_not_reach_the_server_any_more_is_replaced():
    with scratch_dir() as folder, host(env=SHORT_TRIAL) as found:
        agent, server = found.agent, found.server
        begun, go_on = folder / "begun", folder / "go-on"
        # It is held until the server is gone: the one before must have reached it to the end.
        wait = f"touch {begun}; while [ ! -e {go_on} ]; do sleep 0.05; done"
        content = script("9.9.8", f'{wait}; exec {program("VF_TEST_AGENT_NEXT")} "$@"')
        agent.may_end = True
        found.push(found.order("9.9.8", content=content))
        wait_until(begun.exists, 20, "the next version is started")
        server.refuse_connections()
        go_on.touch()
        agent.wait_says(f"vf-agent {NEXT} starting")
        agent.follow()
        wait_until(lambda: agent.output().count(f"vf-agent {running_version()} starting") == 2, 20, "the one before")
        found.check_untouched()
        server.accept_connections()
        found.wait_error("version 9.9.8 did not stand: it did not report that it is healthy within 8 s", timeout=60)
        found.wait_version(running_version(), timeout=60)
        found.check_not_upgraded()


@scenario
def one_that_comes_while_the_server_is_away_stands():
    with host(poll=1000) as found:
        agent, server, pid = found.agent, found.server, found.agent.pid
        server.refuse_connections()
        agent.wait_says("WARN +control plane: ")
        put(found.binary, next_binary())
        agent.send(signal.SIGUSR2)
        agent.may_end = False
        agent.wait_says(f"the upgrade from version {running_version()} to {NEXT} is healthy")
        found.wait_settled()
        found.check_untouched()
        server.accept_connections()
        found.wait_version(NEXT, timeout=60)
        assert agent.holder().pid == pid and found.errors() == []
        found.check_untouched()
