"""Issue 3, point 2: whatever the server does, the pipelines run, and the newest state is applied when it can be."""
from harness import Agent, StandinServer, Stopwatch, main, pipeline_yaml, scenario, stays, wait_until


def running(server, agent):
    agent.wait_running("p1")
    wait_until(server.push_connected, what="the push stream")
    return agent.vector("# one").pid


def start(server, interval=60000):
    server.poll_interval_ms = interval
    server.set_pipeline("p1", pipeline_yaml("one"))


@scenario
def retry_after_is_obeyed():
    with StandinServer() as server:
        start(server)
        with Agent(server) as agent:
            running(server, agent)
            server.fail("config", 429, retry_after=5)
            server.deploy("p1", pipeline_yaml("two"))
            refused = wait_until(lambda: [r for r in server.requests_to("config") if r.status == 429], what="the refusal")[0]
            for _ in range(20):
                server.config_changed("p1")   # wants to poll; the stand-in blames a call that comes too early
            wait_until(lambda: agent.vector("# two"), 20, "the change is applied after the wait")
            again = next(r for r in server.requests_to("config") if r.number > refused.number)
            assert again.at - refused.done >= 4.5, "the wait that was asked for"
            server.fail("heartbeat", 429, retry_after=3)
            server.deploy("p1", pipeline_yaml("three"))
            agent.wait_version("p1", 3)
            server.fail("logs", 503, retry_after=3)
            server.deploy("p1", pipeline_yaml("four", print=["a line to be shipped"]))
            wait_until(lambda: "a line to be shipped" in server.log_lines("p1"), 20, "shipped after the wait")


@scenario
def garbage_for_an_answer_changes_nothing():
    with StandinServer() as server:
        start(server)
        with Agent(server) as agent:
            pid = running(server, agent)
            for fault in (server.garbage, server.cut, lambda endpoint: server.fail(endpoint, 500),
                          lambda endpoint: server.fail(endpoint, 302), lambda endpoint: server.fail(endpoint, 204)):
                errors = agent.metrics().one("vf_agent_poll_errors_total")
                fault("config")
                server.config_changed("p1")
                wait_until(lambda: agent.metrics().one("vf_agent_poll_errors_total") > errors, 20, "it is counted")
                assert agent.vector("# one").pid == pid
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)


@scenario
def a_failed_heartbeat_is_counted_and_sent_again():
    with StandinServer() as server:
        start(server)
        with Agent(server) as agent:
            running(server, agent)
            server.fail("heartbeat", 500)
            server.cut("heartbeat")
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)
            assert agent.metrics().one("vf_agent_heartbeat_errors_total") >= 1


@scenario
def a_server_that_errs_is_not_hammered():
    with StandinServer() as server:
        start(server, interval=1000)
        with Agent(server) as agent:
            pid = running(server, agent)
            server.fail("*", 500, times=None)
            before = len(server.requests)
            stays(lambda: agent.vector("# one").pid == pid, 8)
            calls = len(server.requests) - before
            assert calls <= 24, f"{calls} calls in 8 s to a server that errs"
            assert agent.healthz() == 200
            server.clear_faults()
            server.set_pipeline("p1", pipeline_yaml("two"))
            wait_until(lambda: agent.vector("# two"), 30, "back to work")


@scenario(limit=150)
def a_call_that_is_never_answered_stops_nothing_else():
    with StandinServer() as server:
        start(server, interval=3000)
        with Agent(server) as agent:
            pid = running(server, agent)
            hangs = server.never_answer("config")
            wait_until(lambda: hangs.times == 0, 20, "the poll that hangs")
            polls = len(server.requests_to("config"))
            beats = len(server.requests_to("heartbeat"))
            wait_until(lambda: len(server.requests_to("heartbeat")) >= beats + 2, 30, "heartbeats go on")
            agent.vector("# one").process.kill()
            wait_until(lambda: server.statuses()["p1"].get("pid") not in (None, pid), 20, "a restart is told")
            wait_until(lambda: len(server.requests_to("config")) >= polls + 1, 60, "a deadline ends it, the next comes")


@scenario
def a_slow_heartbeat_does_not_delay_a_deploy():
    with StandinServer() as server:
        start(server)
        with Agent(server) as agent:
            running(server, agent)
            server.delay("heartbeat", 25)
            beats = len(server.requests_to("heartbeat"))
            agent.vector("# one").process.kill()   # news: a heartbeat goes out and hangs
            wait_until(lambda: len(server.requests_to("heartbeat")) > beats, what="the slow heartbeat")
            watch = Stopwatch()
            server.deploy("p1", pipeline_yaml("two"))
            wait_until(lambda: agent.vector("# two"), 20, "the deploy is applied meanwhile")
            watch.expect_below(10, "a deploy during a slow heartbeat")
            server.clear_faults()
            agent.wait_version("p1", 2)


@scenario
def a_slow_server_is_no_trouble():
    with StandinServer(latency=(0.3, 1.5)) as server:
        start(server, interval=3000)
        with Agent(server) as agent:
            running(server, agent)
            server.deploy("p1", pipeline_yaml("two", print=["slow but sure"]))
            agent.wait_version("p1", 2)
            wait_until(lambda: "slow but sure" in server.log_lines("p1"), 20)


@scenario
def a_server_that_goes_away_takes_no_pipeline_with_it():
    with StandinServer() as server:
        start(server, interval=2000)
        with Agent(server) as agent:
            pid = running(server, agent)
            server.refuse_connections()
            stays(lambda: agent.vector("# one").pid == pid and agent.healthz() == 200, 5, "it runs on")
            agent.vector("# one").process.kill()
            wait_until(lambda: agent.vector("# one").pid != pid, 20, "it is looked after meanwhile")
            server.set_pipeline("p1", pipeline_yaml("two"))
            server.accept_connections()
            wait_until(lambda: agent.vector("# two"), 40, "the server is back")
            agent.wait_version("p1", 2)


@scenario
def a_suspended_organisation_is_left_alone():
    with StandinServer() as server:
        start(server, interval=1000)
        with Agent(server) as agent:
            pid = running(server, agent)
            server.suspended = True
            wait_until(lambda: any(r.status == 503 and r.endpoint == "config" for r in server.requests), 20)
            agent.wait_says(r"(?i)suspended")
            polls = len(server.requests_to("config"))
            stays(lambda: len(server.requests_to("config")) == polls, 5, "no poll before Retry-After")
            assert agent.vector("# one").pid == pid


main()
