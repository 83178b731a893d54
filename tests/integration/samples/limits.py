"""Limits of the agent: 16 keys, 4 subprocesses, 1 to 1000 events, a post that the server takes."""
import time

from common import noting_taps, pipeline, running, took, wait_sample, wide
from harness import Broken, scaled, scenario, wait_until


@scenario
def the_limit_is_between_1_and_1000():
    with running(pipeline(events_per_second=3000)) as (server, _):
        for limit, most in ((0, 1), (-5, 1), (1, 1), (1000, 1000), (5000, 1000)):
            name = f"s{limit}"
            server.request_sample(name, "p1", ["parse"], limit=limit, by=("push",))
            assert len(wait_sample(server, name, 25)["parse"]["events"]) == most, limit


@scenario
def sixteen_components_at_once_and_no_more():
    with running(wide(20)) as (server, _):
        keys = [f"c{number}" for number in range(1, 17)]
        server.request_sample("s1", "p1", keys, limit=2, by=("push",))
        results = wait_sample(server, "s1")
        assert all(len(results[key]["events"]) == 2 for key in keys)
        server.request_sample("s2", "p1", [*keys, "c17"], limit=2, by=("push",))
        found = wait_until(lambda: server.sample_results["s2"]["results"], 25, "it is answered")
        assert any(row.get("error") for row in found) or len({row["componentKey"] for row in found}) == 16


@scenario
def at_most_four_run_at_once_and_the_rest_waits():
    with running(wide(8, rates={f"c{n}": 1 for n in range(1, 9)})) as (server, agent):
        for number in range(1, 9):
            server.request_sample(f"s{number}", "p1", [f"c{number}"], limit=3, by=("push",))
        most = 0
        end = time.monotonic() + scaled(40)
        while not all(server.sample(f"s{number}") for number in range(1, 9)):
            most = max(most, len(agent.taps()))
            if most > 4:
                raise Broken(f"{most} at once")
            assert time.monotonic() < end, "all are answered"
            time.sleep(0.01)
        assert most >= 2, "side by side"
        assert all(len(server.sample(f"s{n}")[f"c{n}"]["events"]) == 3 for n in range(1, 9))


@scenario
def large_events_make_a_post_that_the_server_takes():
    with running(wide(8, event_bytes=100_000, events_per_second=100)) as (server, _):
        keys = [f"c{number}" for number in range(1, 9)]
        server.request_sample("s1", "p1", keys, limit=1000, by=("push",))
        results = wait_sample(server, "s1", 30)   # 8 times 100 MB were asked for
        assert all(results[key]["events"] or results[key].get("error") for key in keys)
        assert max(len(r.body) for r in server.requests_to("samples")) < server.max_body


@scenario
def samples_and_taps_do_not_keep_each_other():
    with noting_taps() as (vector, calls), running(pipeline(), env={"VF_VECTOR_BIN": vector}) as (server, _):
        for name in ("demo", "parse", "out"):
            server.start_tap(name, "p1", name)
            wait_until(lambda: server.tapped(name), 20, "it is tapped")
        server.request_sample("s1", "p1", ["parse"], by=("push",))
        wait_sample(server, "s1", 20)
        assert took(server, "s1") < scaled(10)
        count = len(server.tapped("parse"))
        wait_until(lambda: len(server.tapped("parse")) > count + 20, 20, "taps go on")
        assert len(calls()) <= 5, "a sink shows itself as one at the second attempt"
