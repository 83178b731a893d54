"""Nobody says what must run: what was known from before runs, but for what must not be kept."""
import stat

from common import running
from harness import Stopwatch, expect_once_below, scenario, stays, wait_until
from testkit.successors import begin, start_again, vector, vectors, wait_pid
from testkit.versions import version, wait_shown

SECRET = "hunter2-hunter2-hunter2"


def reboot(server, agent, server_up=False):
    """Everything dies at once, as with the host."""
    if not server_up:
        server.refuse_connections()
    agent.kill()
    for left in vectors(agent):
        left.process.kill()
    wait_until(lambda: not vectors(agent), 5)
    server.store_heartbeat({"pipelines": []})


def started_again(server, agent, count):
    """Seconds from the agent's start after a reboot to so many Vectors."""
    reboot(server, agent)
    watch = Stopwatch()
    begin(agent)
    wait_until(lambda: len(vectors(agent)) == count, 20, "what was known is started")
    return watch.elapsed()


def state_files(agent):
    return [path for path in (agent.data_dir / "state").rglob("*") if path.is_file()]


@scenario
def known_pipelines_start_within_a_second_while_the_server_is_down():
    with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
        agent.wait_running("p1", "p2")
        for _ in range(2):   # the second time from what was remembered without a server
            expect_once_below(2, lambda: started_again(server, agent, 2), "the start of what was known")
            assert {"# one", "# two"} == {v.config().splitlines()[0] for v in vectors(agent)}
            wait_until(lambda: agent.metrics().one("vf_agent_pipelines_running") == 2)
        pids = {v.pid for v in vectors(agent)}
        server.accept_connections()
        agent.wait_running("p1", "p2", timeout=60)
        assert {v.pid for v in vectors(agent)} == pids, "the server's word changes nothing"


@scenario
def the_server_is_told_of_what_changed_while_it_was_down():
    with running({"p1": version("one"), "p2": version("two")}) as (server, agent):
        reboot(server, agent)
        begin(agent)
        wait_until(lambda: len(vectors(agent)) == 2, 20, "they are started")
        server.set_pipeline("p1", version("three"))
        server.remove("p2")
        server.accept_connections()
        agent.wait_version("p1", 2, timeout=60)
        wait_until(lambda: len(vectors(agent)) == 1, 20, "the other one is stopped")
        wait_shown(server, "three")


@scenario
def one_with_secrets_waits_for_the_server_and_says_so():
    with running({"p1": version("one")}) as (server, agent):
        server.deploy("p2", version("with ${PASSWORD}"), secrets={"PASSWORD": SECRET})
        agent.wait_running("p2")
        wait_until(lambda: not list((agent.data_dir / "state").rglob("*.new")), 10, "all is written")
        for path in state_files(agent):
            assert SECRET.encode() not in path.read_bytes(), path
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        reboot(server, agent)
        said = len(agent.output())
        begin(agent)
        wait_until(lambda: vectors(agent, "# one"), 20, "the one without secrets is started")
        wait_until(lambda: "VF_PERSIST_SECRETS" in agent.output()[said:], 20, "it says what it waits for")
        stays(lambda: len(vectors(agent)) == 1, 2, "it waits")
        server.accept_connections()
        agent.wait_version("p2", 1, timeout=60)
        assert vector(agent, "# with").process.environment()["PASSWORD"] == SECRET
        assert agent.healthz() == 200


@scenario
def one_with_secrets_that_still_runs_is_taken_over_without_them():
    with running({"p1": version("one")}, secrets={"PASSWORD": SECRET}) as (server, agent):
        pid = server.statuses()["p1"]["pid"]
        server.refuse_connections()
        agent.kill()
        server.store_heartbeat({"pipelines": []})
        begin(agent)
        agent.wait_says("taken over from an earlier agent")
        stays(lambda: vector(agent).pid == pid, 2, "it runs on")
        server.accept_connections()
        wait_until(lambda: server.status("p1") == "RUNNING", 60)
        wait_pid(server, pid)
        stays(lambda: vector(agent).pid == pid, 2, "with its secrets it is the same wish")


@scenario
def kept_secrets_start_without_the_server_and_only_root_reads_them():
    with running({"p1": version("one")}, env={"VF_PERSIST_SECRETS": "true"},
                 secrets={"PASSWORD": SECRET}) as (server, agent):
        wait_until(lambda: any(SECRET.encode() in path.read_bytes() for path in state_files(agent)), 10, "kept")
        wait_until(lambda: not list((agent.data_dir / "state").rglob("*.new")), 10, "all is written")
        for path in state_files(agent):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        expect_once_below(2, lambda: started_again(server, agent, 1), "the start of what was known")
        assert vector(agent).process.environment()["PASSWORD"] == SECRET
        server.accept_connections()
        agent.wait_running("p1", timeout=60)
        # Without the option the next agent keeps none of them.
        agent.env.pop("VF_PERSIST_SECRETS")
        agent.kill()
        start_again(server, agent)
        wait_until(lambda: not any(SECRET.encode() in path.read_bytes() for path in state_files(agent)), 20, "removed")


@scenario
def no_last_word_keeps_a_secret():
    with running({"p1": version("one")}) as (server, agent):
        dying = version("two", crash_after="200ms", last_words=f"ERROR vector: the key {SECRET} is bad")
        server.deploy("p1", dying, secrets={"PASSWORD": SECRET})
        wait_until(lambda: server.status("p1") == "CRASHED", 20, "it died")
        wait_until(lambda: (agent.data_dir / "state" / "deaths").exists(), 10, "its death is remembered")
        # (The YAML names it too, as no real one would: only what is not the configuration counts.)
        assert SECRET.encode() not in (agent.data_dir / "state" / "deaths").read_bytes()
