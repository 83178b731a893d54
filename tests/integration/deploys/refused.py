"""What Vector does not want never touches what runs."""
import base64
import signal

from common import noting_vector, write_vector
from harness import Stopwatch, listening_socket, scenario, stays, wait_until
from testkit.deployed import in_sync_words, row, running, wait_held
from testkit.versions import version, wait_shown, words_shown


def same_row(server, before):
    now = row(server)
    return all(now[key] == before[key] for key in before if key in ("status", "pid", "version", "configChecksum"))


def polls(server, count):
    """Waits for so many polls more."""
    begun = len(server.requests_to("config"))
    wait_until(lambda: len(server.requests_to("config")) >= begun + count, 30, "polls")


@scenario
def a_config_that_validate_refuses_touches_nothing():
    bad = {"words": "unknown field `nonsense`, expected hunter2-hunter2", "at": ["validate"]}
    with noting_vector() as (vector, calls), \
            running(version("one"), env={"VF_VECTOR_BIN": vector}, poll=1000) as (server, agent):
        before = row(server)
        server.deploy("p1", version("two", refuse_config=bad), secrets={"PASSWORD": "hunter2-hunter2"})
        wait_held(server, agent, "unknown field `nonsense`")
        assert not [line for line in server.log_lines("p1") if "hunter2-hunter2" in line], "the secret is masked"
        assert "hunter2-hunter2" not in agent.output(), "in the agent's own log too"
        polls(server, 3)
        assert same_row(server, before), (before, row(server))
        assert before["version"] == 1 and before["status"] == "RUNNING"
        assert agent.vector("# one").pid == before["pid"]
        assert len(calls("validate", "two")) == 1, "one wish is judged once"
        wait_shown(server, "one")
        metrics = agent.metrics()
        assert metrics.one("vf_agent_pipeline_in_sync", any_label="p1") == 0
        assert metrics.one("vf_agent_pipeline_config_version", any_label="p1") == 1
        assert metrics.one("vf_agent_pipeline_restarts_total", any_label="p1") == 0
        server.deploy("p1", version("three"))
        agent.wait_version("p1", 3)
        wait_until(lambda: in_sync_words(agent) == {"applied": 1, "applying": 0, "refused": 0, "rolled_back": 0})


@scenario
def another_vector_judges_anew():
    bad = {"words": "not with this Vector", "at": ["validate"]}
    with noting_vector() as (vector, calls), \
            running(version("one"), env={"VF_VECTOR_BIN": vector}, poll=1000) as (server, agent):
        server.deploy("p1", version("two", refuse_config=bad))
        wait_held(server, agent, "not with this Vector")
        polls(server, 2)
        assert len(calls("validate", "two")) == 1
        write_vector(vector, vector.parent / "calls")   # another file, which judges alike
        wait_until(lambda: len(calls("validate", "two")) == 2, 30, "it is asked")
        polls(server, 3)
        assert len(calls("validate", "two")) == 2, "once"
        assert row(server)["version"] == 1
        write_vector(vector, vector.parent / "calls", '[ "$1" = validate ] && echo Validated && exit 0')
        agent.wait_version("p1", 2)
        wait_shown(server, "two")


@scenario
def a_pipeline_that_never_ran_says_why_and_costs_no_process():
    bad = {"words": "unknown field `nonsense`", "at": ["validate"]}
    with noting_vector() as (vector, calls), \
            running(version("one"), env={"VF_VECTOR_BIN": vector}, poll=1000) as (server, agent):
        server.deploy("p2", version("other", refuse_config=bad))
        wait_until(lambda: any("unknown field `nonsense`" in line for line in server.log_lines("p2")), 20, "why")
        wait_until(lambda: server.status("p2") == "CRASHED", 10, "told as CRASHED")
        polls(server, 3)
        assert len(calls("validate", "other")) == 1 and not calls("--config", "other")
        server.deploy("p2", version("mended"))
        agent.wait_version("p2", 2)


@scenario
def a_reload_that_vector_refuses_leaves_old_files_behind():
    no_field = {"words": "no field like that", "at": ["reload"]}
    for standin, words in (({"reload": "refuse"}, "the stand-in was told to refuse this reload"),
                           ({"refuse_config": no_field}, no_field["words"])):
        with running(version("one", **standin), poll=1000) as (server, agent):
            before = row(server)
            files = {path: path.read_bytes() for path in (agent.data_dir / "pipelines").iterdir() if path.is_file()}
            server.deploy("p1", version("two", **standin))
            wait_held(server, agent, words)
            wait_until(lambda: {path: path.read_bytes() for path in files} == files, 10, "the old files are back")
            polls(server, 2)
            assert same_row(server, before), (before, row(server))
            assert len(agent.output().split("is told to reload")) == 2, "held: it is not tried again"
            wait_shown(server, "one")
            assert "two" not in words_shown(server)
            agent.vector("# one").process.kill(signal.SIGKILL)   # and that is what comes back
            wait_until(lambda: row(server)["pid"] != before["pid"] and row(server)["status"] == "RUNNING", 20, "again")
            assert row(server)["version"] == 1
            wait_shown(server, "one")


@scenario
def a_reload_that_ends_vector_brings_the_old_one_back_at_once():
    with running(version("one")) as (server, agent):
        taken = agent.ports.extra(1)
        with listening_socket(taken):
            before = agent.vector("# one")
            more = f'  second: {{ type: socket, mode: tcp, address: "127.0.0.1:{taken}" }}\n'
            server.deploy("p1", version("two", source=more))
            wait_until(lambda: not before.process.alive(), 20, "Vector has reloaded, and ended")
            again = wait_until(lambda: [v for v in agent.vectors() if v.pid != before.pid], 20, "it is back")
            agent.wait_says("starting version 1 now")
            assert not agent.says(r"attempt \d+ in"), "before any backoff"
            assert "# one" in again[0].config()
            agent.wait_version("p1", 1)
            wait_until(lambda: row(server)["pid"] == again[0].pid, 10, "told")
            wait_until(lambda: in_sync_words(agent)["applied"] == 0, 10, "told as not in sync")
            agent.wait_says(r"version 2 is refused and held.*exit|version 2 is refused and held.*status 0")
            wait_shown(server, "one")
            stays(lambda: agent.vector("# one").pid == again[0].pid, 2, "held, the taken port is not tried again")
        server.deploy("p1", version("three", source=more))   # the port is free by now
        agent.wait_version("p1", 3)
        assert row(server)["pid"] == again[0].pid, "by a reload"


@scenario
def a_vector_that_dies_in_a_reload_comes_back_with_the_old_version():
    with running(version("one", reload="die")) as (server, agent):
        before = row(server)
        server.deploy("p1", version("two", reload="die"))
        wait_until(lambda: row(server)["pid"] != before["pid"] and row(server)["status"] == "RUNNING", 20, "it is back")
        assert row(server)["version"] == 1
        wait_until(lambda: in_sync_words(agent)["applied"] == 0, 10, "told as not in sync")
        wait_shown(server, "one")
        pid = row(server)["pid"]
        stays(lambda: agent.vector("# one").pid == pid, 2, "version 2 is held")


@scenario
def a_refused_version_leaves_the_certificates_of_what_runs():
    def cert(text):
        return [{"name": "ca", "filename": "ca-one.pem", "data": base64.b64encode(text).decode()}]
    bad = {"words": "unknown field `nonsense`", "at": ["validate"]}
    with running(version("one"), cert_files=cert(b"of version 1")) as (server, agent):
        server.deploy("p1", version("two", refuse_config=bad), cert_files=cert(b"of version 2"))
        wait_held(server, agent, "unknown field `nonsense`")
        wait_until(lambda: (agent.data_dir / "certs" / "ca-one.pem").read_bytes() == b"of version 1", 10, "as before")


@scenario
def a_long_check_holds_up_neither_others_nor_a_newer_version_nor_the_end():
    with running(version("one")) as (server, agent):
        server.deploy("p1", version("two", validate_delay="25s"))
        wait_until(lambda: [p for p in agent.children() if "validate" in p.command_line()], 20, "it is being checked")
        server.deploy("p2", version("other"))
        agent.wait_version("p2", 1, timeout=11)
        server.deploy("p1", version("three"))
        agent.wait_version("p1", 3, timeout=10)
        server.deploy("p1", version("four", validate_delay="25s"))
        wait_until(lambda: agent.says("version 4 is wanted now"), 20, "and another one")
        watch = Stopwatch()
        assert agent.stop() == 0
        watch.expect_below(15, "the end")
