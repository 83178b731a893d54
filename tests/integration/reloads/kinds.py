"""What a reload can do is done by one; the rest by a new process, with its reason."""
import base64
import socket

from harness import scenario, wait_until
from testkit.deployed import in_sync_words, row, running
from testkit.versions import version, wait_shown, words_shown


@scenario
def a_change_of_yaml_is_a_reload_and_connections_stay():
    with running(version("one")) as (server, agent):
        port = agent.ports.extra(0)
        server.deploy("p1", version("one", socket_port=port))
        agent.wait_version("p1", 2)
        before = row(server)
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"first line\n")
            wait_until(lambda: any("first line" in line and '"one"' in line for line in server.log_lines("p1")), 20)
            server.deploy("p1", version("three", socket_port=port))
            agent.wait_version("p1", 3)
            assert row(server)["pid"] == before["pid"]
            client.sendall(b"second line\n")
            wait_until(lambda: any("second line" in line and '"three"' in line for line in server.log_lines("p1")), 20,
                       "the same connection leads into the new version")
        assert row(server)["pid"] == before["pid"]
        wait_until(lambda: agent.metrics().one("vf_agent_pipeline_config_version", any_label="p1") == 3)
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 0
        assert in_sync_words(agent)["applied"] == 1


@scenario
def a_slow_reload_is_waited_for_and_the_newest_wins():
    with running(version("one", reload_delay="2s")) as (server, agent):
        pid = row(server)["pid"]
        for word in ("two", "three", "four"):
            server.deploy("p1", version(word, reload_delay="2s"))
        agent.wait_version("p1", 4)
        assert row(server)["pid"] == pid
        wait_shown(server, "four")
        assert "three" not in words_shown(server)


@scenario
def a_reload_that_never_ends_is_one_restart_with_its_reason():
    env = {"VF_RELOAD_TIMEOUT": "2s", "VF_STOP_TIMEOUT": "2s"}
    with running(version("one", reload="hang"), env=env) as (server, agent):
        before = row(server)
        server.deploy("p1", version("two", reload="hang"))
        agent.wait_version("p1", 2)
        assert row(server)["pid"] != before["pid"]
        wait_until(lambda: any("not said within 2" in line for line in server.log_lines("p1")), 10, "why, in the pipeline's log")
        agent.wait_says(r"not said within 2(\.0)? s ")
        wait_shown(server, "two")
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 1
        assert in_sync_words(agent)["applied"] == 1


@scenario
def what_no_reload_can_do_is_a_restart_with_its_reason_in_names():
    def cert(text):
        return [{"name": "ca", "filename": "ca-one.pem", "data": base64.b64encode(text.encode()).decode()}]
    one = {"secrets": {"PASSWORD": "first-value"}, "log_level": "info", "cert_files": cert("first-pem")}
    steps = ((("secrets", {"PASSWORD": "second-value"}), "", "secret PASSWORD changed"),
             (("log_level", "warn"), "", "log level changed"),
             (("log_level", "info"), "", "log level changed"),
             (("cert_files", cert("second-pem")), "", "certificate ca-one.pem changed"),
             (("secrets", {"PASSWORD": "second-value", "TOKEN": "third-value"}), "", "secret TOKEN was added"),
             (None, "timezone: UTC\n", "global option timezone was added"),
             (None, "timezone: Europe/Berlin\n", "global option timezone changed"))
    with running(version("one"), **one) as (server, agent):
        asked = dict(one)
        for number, (change, more, reason) in enumerate(steps, 2):
            pid = row(server)["pid"]
            asked.update([change] if change else [])
            server.deploy("p1", version("one", more=more), **asked)
            agent.wait_version("p1", number)
            assert row(server)["pid"] != pid, f"a new process: {reason}"
            wait_until(lambda: any(reason in line for line in server.log_lines("p1")), 10, f"told: {reason}")
        for value in ("first-value", "second-value", "third-value", "first-pem", "second-pem"):
            assert value not in agent.output(), "never a value"
            assert not [line for line in server.log_lines("p1") if value in line], "never a value"
        assert (agent.data_dir / "certs" / "ca-one.pem").read_text() == "second-pem"


@scenario
def a_new_label_of_the_same_content_touches_no_process():
    with running(version("one")) as (server, agent):
        pid = row(server)["pid"]
        server.deploy("p1", version("one"))
        agent.wait_version("p1", 2)
        server.deploy("p1", version("two"))
        server.deploy("p1", version("one"))   # there and back
        agent.wait_version("p1", 4)
        assert row(server)["pid"] == pid
        wait_shown(server, "one")


@scenario
def a_reload_is_known_where_the_log_level_hides_it():
    with running(version("one"), log_level="error") as (server, agent):
        pid = row(server)["pid"]
        for number, word in ((2, "two"), (3, "three")):
            server.deploy("p1", version(word), log_level="error")
            agent.wait_version("p1", number)
            wait_shown(server, word)
        assert row(server)["pid"] == pid
        assert not any("Vector has reloaded" in line for line in server.log_lines("p1"))
