"""The agent is killed, or told to end, at each single step of an upgrade."""
import os
import signal
import subprocess
import time

from harness import main, scaled, scenario, wait_until
from testkit.killer import Killer
from testkit.successors import begin, vectors
from testkit.upgrades import host, next_binary
from testkit.versions import version

MOST_STEPS = 40   # an upgrade takes about twenty
VERSIONS = [f"9.{number // 10}.{number % 10}" for number in range(MOST_STEPS)]
BEFORE_ITS_END = 3   # steps of a download


def steps_of(found):
    return [found.binary.parent, found.agent.data_dir / "state" / "upgrade"]


def update_struck_at(found, step, target, number=signal.SIGKILL):
    """The call before which the agent got the signal; None where the update had fewer steps and passed. The bulk of the
    download, which has no steps, is not followed: what comes before its end is, or else what comes from there."""
    content = next_binary(target)
    from_its_end = step > BEFORE_ITS_END
    url, reached, go_on = found.files.held(f"/{target}", content, len(content) - 1000 if from_its_end else 1000)
    order = found.order(target, url, content)
    agent = found.agent
    agent.may_end = True
    if from_its_end:
        found.push(order)
        assert reached.wait(scaled(20)), "the download begins"
    step -= BEFORE_ITS_END if from_its_end else 0
    with Killer(agent.pid, step, steps_of(found), number) as killer:
        if from_its_end:
            go_on.set()
        else:
            found.push(order)

        def over():
            return agent.process.poll() is not None or (found.version() == target and not found.traces())
        wait_until(over, 30, "it ends, or has passed")
    go_on.set()
    return killer.struck


def wait_for_an_agent(found):
    """The guard's; or where nobody is there who would become one, one that is started as systemd would. It has spoken
    to the server when this returns."""
    agent, server, killed = found.agent, found.server, found.agent.pid
    agent.wait()

    def came_back():
        holder = agent.holder()
        return holder and holder.alive() and holder.pid != killed
    wait_until(lambda: came_back() or not agent.images(), 20, "an agent, or nobody who would become one")
    if came_back():
        agent.follow()
    else:
        begin(agent)

    def back():
        told = agent.metrics()   # of the one that runs now, whose gauges begin with 0
        return (server.push_connected() and told.one("vf_agent_push_connected") == 1
                and told.one("vf_agent_heartbeat_duration_seconds") > 0)
    wait_until(back, 20, "it is back at the server")


def check_whole(found, versions, where):
    """One of these versions runs, its file is the binary, and the Vectors are the same."""
    runs = found.version()
    file = subprocess.run([found.binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    assert runs in versions and file == runs, f"{where}: {runs} runs, the file is {file}, expected one of {versions}"
    now = found.what_runs()
    assert now == found.found, f"{where}: {now} instead of {found.found}"


@scenario(limit=300)
def killed_at_any_step_an_agent_comes_back_to_the_same_vectors():
    with host(limits={}) as found:
        for step, target in enumerate(VERSIONS, 1):
            before = found.version()
            where = update_struck_at(found, step, target)
            if not where:
                break
            wait_for_an_agent(found)
            check_whole(found, (before, target), f"killed before {where}")
        assert 20 < step < MOST_STEPS, f"an update has {step - 1} steps"
        check_whole(found, (target,), "in the end")


def check_all_ended(found, where):
    wait_until(lambda: not found.agent.images(), 5, f"{where}: nobody stays who would become an agent")
    assert not vectors(found.agent), f"{where}: Vectors are left"


def start_with_everything(found):
    server, connections = found.server, found.server.push_connections()
    begin(found.agent)
    wait_until(lambda: server.push_connections() > connections and server.push_connected()
               and len(found.agent.vectors()) == 1, 20, "the next one, and its Vector")


@scenario(limit=300)
def told_to_end_at_any_step_it_ends_with_everything():
    with host({"p1": version("one")}, limits={}) as found:
        agent, server = found.agent, found.server
        for step, target in enumerate(VERSIONS, 1):
            said = len(agent.output())
            where = update_struck_at(found, step, target, signal.SIGTERM)
            if not where:
                break
            where = f"told to end before {where}"
            assert agent.wait() == 0, f"{where}: exit code {agent.process.returncode}"
            check_all_ended(found, where)
            assert "did not take the last" not in agent.output()[said:], f"{where}: the server was not told"
            start_with_everything(found)
        assert 20 < step < MOST_STEPS, f"an update has {step - 1} steps"


@scenario
def told_to_end_right_after_it_ends():
    with host({"p1": version("one")}, limits={}) as found:
        agent, server = found.agent, found.server
        for delay in (0, 0.03, 0.07, 0.12, 0.17, 0.25, 0.4, 0.6, 1):
            os.kill(agent.pid, signal.SIGUSR2)
            time.sleep(delay)   # the promise is about any moment
            code = agent.stop(timeout=20)
            assert code == 0, f"after {delay} s: exit code {code}"
            check_all_ended(found, f"after {delay} s")
            start_with_everything(found)


main()
