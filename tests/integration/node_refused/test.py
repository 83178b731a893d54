"""A node whose token is not accepted (it was deleted): said clearly, asked again slowly, and its pipelines run on."""
from harness import Agent, StandinServer, main, pipeline_yaml, scenario, stays, wait_until


@scenario(limit=150)
def a_refused_token_stops_no_pipeline_and_is_retried_slowly():
    with StandinServer() as server:
        server.poll_interval_ms = 2000
        server.set_pipeline("p1", pipeline_yaml("one"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            pid = agent.vector("# one").pid
            server.revoke_tokens()
            agent.wait_says(r"401")
            refused = len([r for r in server.requests if r.status == 401])
            stays(lambda: agent.vector("# one").pid == pid and agent.healthz() == 200, 10)
            calls = len([r for r in server.requests if r.status == 401]) - refused
            assert calls <= 2, f"{calls} calls in 10 s with a token that is refused"
            server.restore_tokens()
            server.set_pipeline("p1", pipeline_yaml("two"))
            wait_until(lambda: agent.vector("# two"), 90, "accepted again")
            agent.wait_version("p1", 2)
        assert len(server.requests_to("enroll")) == 1, "nobody asked for a second node"


main()
