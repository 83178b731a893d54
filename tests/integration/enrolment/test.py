"""Issue 3, point 2: enrolment. A server that is away is asked again for ever, a refusal is said and retried slowly."""
import re
import stat

from harness import Agent, StandinServer, Stopwatch, main, run_agent, scenario, scratch_dir, stays, wait_until

# An agent that was not enrolled tries again after 7 to 14 s: the server's 10 a minute are one bucket for everybody.
PATIENCE = 40


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@scenario
def a_first_run_enrolls_and_keeps_the_token():
    with StandinServer() as server, Agent(server, env={"VF_NODE_LABELS": "region=eu-1,tier=prod"}) as agent:
        wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
        body = server.requests_to("enroll")[0].json
        assert body["token"] == server.enrollment_token and body["hostname"]
        assert body["os"] in ("linux/amd64", "linux/arm64"), body
        assert re.fullmatch(r"\d+\.\d+\.\d+", body["agentVersion"]), body
        assert body["labels"].items() >= {"region": "eu-1", "tier": "prod"}.items(), body
        token = agent.data_dir / "node-token"
        assert token.read_text().strip() == server.node_tokens()[0]
        assert mode(token) == 0o600 and mode(agent.data_dir) == 0o700
        assert server.node_tokens()[0] not in agent.output() and server.enrollment_token not in agent.output()


@scenario
def a_restart_uses_the_kept_token_and_needs_no_other():
    with StandinServer() as server, scratch_dir() as folder:
        with Agent(server, data_dir=folder / "data"):
            wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
        before = len(server.requests_to("heartbeat"))
        with Agent(server, data_dir=folder / "data", env={"VF_TOKEN": None}):
            wait_until(lambda: len(server.requests_to("heartbeat")) > before, what="a heartbeat of the second run")
        assert len(server.requests_to("enroll")) == 1


@scenario
def a_server_that_is_down_is_tried_again():
    with StandinServer() as server:
        server.refuse_connections()
        with Agent(server) as agent:
            agent.wait_says(r"(?i)refused|cannot|unreachable")
            server.accept_connections()
            wait_until(server.node_tokens, PATIENCE, "enrolment")


@scenario
def a_server_error_is_tried_again():
    with StandinServer() as server:
        server.fail("enroll", 500)
        with Agent(server) as agent:
            agent.wait_says("500")
            wait_until(server.node_tokens, PATIENCE, "enrolment")
        first, second = (r.at for r in server.requests_to("enroll"))
        assert second - first >= 1, "retried without a pause"


@scenario
def too_many_requests_are_waited_for():
    with StandinServer() as server:
        server.fail("enroll", 429, retry_after=16)   # longer than the agent would wait of its own accord
        watch = Stopwatch()
        with Agent(server):
            wait_until(server.node_tokens, PATIENCE, "enrolment")
        watch.expect_at_least(16, "the wait that Retry-After asks for")


@scenario
def a_wrong_token_is_said_clearly_and_retried_slowly():
    with StandinServer() as server, Agent(server, env={"VF_TOKEN": "vf_enroll_default_wrong"}) as agent:
        line = agent.wait_says(r"(?m)^.*401.*$")[0]
        assert "enroll" in line.lower() or "token" in line.lower(), line
        stays(lambda: len(server.requests_to("enroll")) == 1, 8, "one try")
        assert agent.healthz() == 200, "a refusal is no reason to be restarted"
        assert "vf_enroll_default_wrong" not in agent.output()


@scenario
def a_full_plan_is_said_clearly_and_retried_slowly():
    with StandinServer() as server:
        server.enrolment = "plan_limit"
        with Agent(server) as agent:
            line = agent.wait_says(r"(?m)^.*402.*$")[0]
            assert "plan limit" in line.lower(), line
            stays(lambda: len(server.requests_to("enroll")) == 1, 8, "one try")


@scenario
def a_first_run_without_a_token_says_what_is_missing():
    with StandinServer() as server, scratch_dir() as folder:
        ended = run_agent(env={"VF_URL": server.url, "VF_DATA_DIR": str(folder / "data"), "VF_METRICS_PORT": "0"})
        assert ended.returncode == 78 and "VF_TOKEN" in ended.stderr, ended
        assert not server.requests


main()
