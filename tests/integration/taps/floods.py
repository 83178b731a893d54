"""More events than posts can carry: dropped from the middle, counted, told, and no memory."""
from common import LEAN, numbers, one_tap, peak_mib, pipeline, posts, running, wait_events
from harness import scenario, wait_until


def expect_all_accounted(events):
    """Each gap in the numbers is what the remark in its place says. Answers how many were dropped."""
    last, dropped, total = None, 0, 0
    for event in events:
        if "vf_agent_dropped" in event:
            dropped += event["vf_agent_dropped"]
        elif "n" in event:
            missing = event["n"] - last - 1 if last is not None else dropped
            assert missing == dropped, f"{missing} missing before {event['n']}, told were {dropped}"
            last, total, dropped = event["n"], total + dropped, 0
    return total


@scenario(limit=120)
def a_flood_is_delivered_in_large_posts_and_what_is_missing_is_told_in_place():
    with running(pipeline(events_per_second=6000, unlimited=True, event_bytes=1500), env=LEAN) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 15000, 60)
        before = peak_mib(agent)
        wait_events(server, "t1", 40000, 60)
        server.stop_tap("t1")
        wait_until(lambda: not agent.taps(), 10, "it ends")
        with server.lock:
            events = list(server.tap_events["t1"])
        dropped = expect_all_accounted(events)
        assert dropped > 1000, "9 MB a second are more than posts carry"
        sizes = sorted(len(r.body) for r in posts(server, "t1"))
        assert sizes[len(sizes) // 2] > 900_000 and sizes[-1] <= 1_700_000, sizes
        assert peak_mib(agent) < before + 30


@scenario(limit=120)
def a_flood_while_the_server_hangs_stays_in_bounds():
    with running(pipeline(events_per_second=6000, unlimited=True, event_bytes=1500), env=LEAN) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 10000, 60)
        before = peak_mib(agent)
        server.delay("tap-events", 6, times=1)
        count = len(server.tapped("t1"))
        wait_events(server, "t1", count + 10000, 60)
        assert peak_mib(agent) < before + 40, "54 MB went by"
        with server.lock:
            events = list(server.tap_events["t1"])
        assert expect_all_accounted(events) > 10000
        first = numbers(server.tapped("t1"))
        assert first == sorted(first)
        one_tap(agent)


@scenario
def a_burst_that_fits_loses_nothing():
    with running(pipeline(events_per_second=20000, unlimited=True, event_bytes=200, count=4000)) as (server, _):
        server.start_tap("t1", "p1", "parse")
        wait_until(lambda: server.tapped("t1") and numbers(server.tapped("t1"))[-1] == 4000, 20, "the last one")
        assert numbers(server.tapped("t1")) == list(range(1, 4001))
        assert not server.tap_remarks("t1", "dropped")
