"""Issue 3, point 1: every option, all mistakes at once, flags, --help, the reference page."""
import json
import os
import pathlib
import re

from harness import Agent, StandinServer, main, pipeline_yaml, run_agent, scenario, scratch_dir, wait_until

SOURCE = pathlib.Path(os.environ.get("VF_TEST_SOURCE", pathlib.Path(__file__).resolve().parents[3]))
NAMES = """VF_URL VF_TOKEN VF_TOKEN_FILE VF_DATA_DIR VF_VECTOR_BIN VF_POLL_INTERVAL VF_LOG_FLUSH_INTERVAL VF_LOG_LEVEL
VF_NODE_LABELS VF_METRICS_PORT VF_STOP_TIMEOUT VF_LOG_FORMAT VF_METRICS_ADDR VF_CA_FILE VF_CLIENT_CERT VF_CLIENT_KEY
VF_SIDECAR VF_ENV_ALLOW VF_ECHO_LOGS VF_UPDATE_PUBLIC_KEY HTTPS_PROXY NO_PROXY""".split()


@scenario
def all_mistakes_are_told_at_once_with_exit_78():
    wrong = {"VF_URL": "ftp://example.com", "VF_POLL_INTERVAL": "5", "VF_STOP_TIMEOUT": "soon", "VF_LOG_LEVEL": "loud",
             "VF_LOG_FORMAT": "xml", "VF_METRICS_PORT": "70000", "VF_METRICS_ADDR": "localhost:9090",
             "VF_SIDECAR": "fat", "VF_NODE_LABELS": "novalue", "VF_ECHO_LOGS": "perhaps",
             "VF_CA_FILE": "/nonexistent/ca.pem"}
    ended = run_agent(env=wrong)
    assert ended.returncode == 78, ended
    for name, value in wrong.items():
        lines = [line for line in ended.stderr.splitlines() if name in line]
        assert lines, f"nothing is said about {name}:\n{ended.stderr}"
        assert any(value in line for line in lines), f"{name}: the value {value} is not named: {lines}"
    right = {"VF_URL": "https://", "VF_POLL_INTERVAL": "5s", "VF_LOG_LEVEL": "debug", "VF_LOG_FORMAT": "json",
             "VF_METRICS_PORT": "65535", "VF_SIDECAR": "lean", "VF_NODE_LABELS": "key=value", "VF_ECHO_LOGS": "false"}
    for name, words in right.items():
        assert any(words in line for line in ended.stderr.splitlines() if name in line), f"{name}: {words} is not said"


@scenario
def a_missing_url_is_a_mistake():
    ended = run_agent()
    assert ended.returncode == 78 and "VF_URL" in ended.stderr, ended


@scenario
def mistakes_of_flags_name_the_flag():
    ended = run_agent("--url", "nonsense", "--no-such-flag", "x")
    assert ended.returncode == 78, ended
    assert "--url" in ended.stderr and "--no-such-flag" in ended.stderr, ended.stderr


@scenario
def a_token_is_never_shown():
    for token in ("vf_enroll_default_secretsecret half", "'vf_enroll_quoted_secretsecret'"):
        ended = run_agent(env={"VF_URL": "https://example.com", "VF_TOKEN": token})
        assert ended.returncode == 78 and "VF_TOKEN" in ended.stderr, ended
        assert "secretsecret" not in ended.stderr + ended.stdout


@scenario
def help_lists_every_option():
    for args in (["--help"], ["run", "--help"]):
        ended = run_agent(*args, env={"VF_POLL_INTERVAL": "nonsense"})
        assert ended.returncode == 0, ended
        missing = [name for name in NAMES if not re.search(rf"\b{name}\b", ended.stdout)]
        assert not missing, f"--help lacks {missing}"


@scenario
def version_is_a_plain_number():
    ended = run_agent("--version")
    assert ended.returncode == 0 and re.search(r"\b\d+\.\d+\.\d+\b", ended.stdout), ended


@scenario
def the_reference_page_is_the_table():
    ended = run_agent("options-reference")
    assert ended.returncode == 0, ended
    page = (SOURCE / "docs" / "options.md").read_text()
    assert page == ended.stdout, "docs/options.md is not what `vf-agent options-reference` prints: write it anew"


@scenario
def an_unknown_name_gets_a_warning_with_the_nearest_known_one():
    with StandinServer() as server, Agent(server, env={"VF_POL_INTERVAL": "5s"}) as agent:
        wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
        line = next(line for line in agent.output().splitlines() if "VF_POL_INTERVAL" in line)
        assert "VF_POLL_INTERVAL" in line, line


@scenario
def run_is_the_default_command_and_flags_override_the_environment():
    for command in ([], ["run"]):
        with StandinServer() as server:
            env = {"VF_URL": "http://127.0.0.1:9", "VF_METRICS_PORT": "1"}
            agent = Agent(server, env=env)
            agent.args = [*command, "--url", server.url, f"--metrics-port={agent.metrics_port}"]
            with agent:
                wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat to the server of the flag")
                assert agent.healthz() == 200


@scenario
def go_durations_are_understood():
    durations = {"VF_POLL_INTERVAL": "1m30s", "VF_LOG_FLUSH_INTERVAL": "250ms", "VF_STOP_TIMEOUT": "0.5h"}
    with StandinServer() as server, Agent(server, env=durations):
        wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")


@scenario
def a_url_may_have_a_prefix_and_a_trailing_slash():
    with StandinServer(path_prefix="/gateway/vf") as server, Agent(server, env={"VF_URL": server.url + "/"}):
        wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
        wait_until(server.push_connected, what="the push stream")


@scenario
def a_token_can_come_from_a_file():
    with StandinServer() as server, scratch_dir() as folder:
        path = folder / "token"
        path.write_text(f"  {server.enrollment_token}\n")
        with Agent(server, env={"VF_TOKEN": None, "VF_TOKEN_FILE": path}):
            wait_until(server.node_tokens, what="enrolment")


@scenario
def json_logs_are_one_object_a_line():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print=['says "hello"\tü']), name="shop")
        with Agent(server, env={"VF_LOG_FORMAT": "json"}) as agent:
            agent.wait_running("p1")
            agent.wait_says("hello")
            agent.stop()
            lines = [json.loads(line) for line in agent.output().splitlines()]
            assert lines and all(isinstance(line, dict) for line in lines)


@scenario
def the_log_level_is_kept():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server, env={"VF_LOG_LEVEL": "error", "VF_ECHO_LOGS": "false"}) as agent:
            agent.wait_running("p1")
            agent.stop()
            assert agent.output() == "", agent.output()


main()
