"""By push, by poll or both: each request once; and where the post fails."""
from common import noting_taps, pipeline, running, wait_sample
from harness import scenario, stays, wait_until


def polls(server, count):
    begun = len(server.requests_to("config"))
    wait_until(lambda: len(server.requests_to("config")) >= begun + count, 30, "polls")


@scenario
def a_polled_sample_is_answered_with_all_its_components():
    with running(pipeline(), poll=1000) as (server, _):
        server.request_sample("s1", "p1", ["demo", "parse"], by=("poll",))
        results = wait_sample(server, "s1", 20)
        assert all(len(results[key]["events"]) == 5 for key in ("demo", "parse"))
        assert {results[key]["by"] for key in results} == {"samples"}, "a heartbeat would lose the second one"


@scenario
def each_request_runs_once_however_it_came():
    with noting_taps() as (vector, calls), running(pipeline(), env={"VF_VECTOR_BIN": vector}, poll=1000) as (server, _):
        server.request_sample("both", "p1", ["demo", "parse"], by=("push", "poll"))
        server.push({"type": "sample_request", "requestId": "both", "pipelineId": "p1",
                     "componentKeys": ["demo", "parse"], "limit": 5})
        wait_sample(server, "both")
        wish = {"requestId": "both", "pipelineId": "p1", "componentKeys": ["demo", "parse"], "limit": 5}
        with server.lock:
            server.sample_requests["both"] = wish   # as an answer that was on its way would still have it
        polls(server, 3)
        server.push({"type": "sample_request", **wish})
        stays(lambda: len(server.requests_to("samples")) == 1, 2, "one post")
        assert len(calls()) == 1, calls()


@scenario
def a_request_that_polls_repeat_while_it_runs_is_one():
    with noting_taps() as (vector, calls), \
            running(pipeline(rates={"demo": 0.3}), env={"VF_VECTOR_BIN": vector}, poll=1000) as (server, _):
        server.request_sample("s1", "p1", ["demo"], limit=2, by=("poll",))
        wait_sample(server, "s1", 25)
        assert len(calls()) == 1 and len(server.sample("s1")["demo"]["events"]) == 2
        polls(server, 2)
        assert len(server.requests_to("samples")) == 1


@scenario
def a_post_that_fails_once_is_sent_again():
    with running(pipeline()) as (server, _):
        server.fail("samples", 500, times=1)
        server.request_sample("s1", "p1", ["demo", "parse"], by=("push",))
        results = wait_sample(server, "s1", 40)
        assert results, "by whichever way"


@scenario(limit=120)
def where_the_post_fails_for_good_a_heartbeat_carries_it():
    for keys in (["parse"], ["parse", "demo"]):
        with running(pipeline(), poll=2000) as (server, _):
            server.fail("samples", 500, times=None)
            server.request_sample("s1", "p1", keys, by=("push",))
            results = wait_sample(server, "s1", 50)
            assert set(results) == {"parse"}, "there the first component completes it"
            assert results["parse"]["by"] == "heartbeat" and len(results["parse"]["events"]) == 5
            assert results["parse"]["schema"]
            server.clear_faults()


@scenario
def what_the_server_does_not_take_is_not_sent_for_ever():
    with running(pipeline(), poll=1000) as (server, _):
        server.fail("samples", 400, times=None)
        server.request_sample("s1", "p1", ["parse"], by=("push",))
        wait_until(lambda: server.requests_to("samples"), 10, "it is posted")
        # A heartbeat with it would be refused as a whole.
        stays(lambda: len(server.requests_to("samples")) == 1, 3, "once")
        assert not any("sampleResults" in (r.json or {}) for r in server.requests_to("heartbeat"))


@scenario
def a_foreign_429_is_waited_out():
    with running(pipeline()) as (server, _):
        server.fail("samples", 429, retry_after=3)   # a call before that is a breach of the contract
        server.request_sample("s1", "p1", ["parse"], by=("push",))
        assert len(wait_sample(server, "s1", 30)["parse"]["events"]) == 5


@scenario
def a_request_without_components_is_no_harm():
    with running(pipeline()) as (server, agent):
        for keys in ([], [""], ["parse", "parse"]):
            server.push({"type": "sample_request", "requestId": f"odd {keys}", "pipelineId": "p1", "componentKeys": keys,
                         "limit": 2})
        server.request_sample("s1", "p1", ["parse"], by=("push",))
        wait_sample(server, "s1")
        wait_until(lambda: not agent.taps(), 20, "nothing is left")


@scenario
def the_agents_stop_ends_samples():
    with running(pipeline(rates={"demo": 0})) as (server, agent):
        server.request_sample("s1", "p1", ["demo"], by=("push",))
        wait_until(agent.taps, 10, "it is being sampled")
        assert agent.stop() == 0
        assert not agent.taps()
