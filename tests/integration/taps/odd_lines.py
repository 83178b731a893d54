"""Lines that are no events, or that no server takes."""
from common import LEAN, numbers, on, one_tap, peak_mib, pipeline, running, wait_events
from harness import scenario, wait_until

ODD = ["nul", "surrogate", "no_json", "broken_utf8", "control", "empty", "deep"]


@scenario
def what_is_no_json_is_counted_and_costs_no_other_event():
    for version in ("0.54.0", "0.57.0"):
        with running(pipeline(events_per_second=100, odd=ODD, odd_every=3, count=3 * 7 * 4), env=on(version)) as (server, agent):
            server.start_tap("t1", "p1", "parse")
            whole = [n for n in range(1, 85) if n % 3]
            wait_until(lambda: server.tapped("t1") and numbers(server.tapped("t1"))[-1] == 83, 20, "the last one")
            events = server.tapped("t1")
            odd = {n: ODD[(n // 3 - 1) % 7] for n in range(3, 85, 3)}
            found = numbers(events)
            assert [n for n in found if n % 3] == whole, found
            assert found == sorted(found)
            assert {odd[n] for n in found if n % 3 == 0} <= {"nul", "surrogate"}, "(an empty line is no event, and none that is missing)"
            dropped = wait_until(lambda: sum(server.tap_remarks("t1", "dropped")) >= 16 and
                                 sum(server.tap_remarks("t1", "dropped")), 10, "they are counted")
            assert dropped <= 16 + 12 - len([n for n in found if n % 3 == 0]), dropped
            one_tap(agent)


@scenario
def what_is_too_large_for_vector_tap_itself_is_counted_and_the_tap_goes_on():
    with running(pipeline(events_per_second=20, odd=["big"], odd_every=5), env=on("0.57.0")) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_until(lambda: sum(server.tap_remarks("t1", "dropped")) >= 4, 30, "four of them are counted")
        assert len(server.tapped("t1")) >= 12, "what came before each"
        assert not server.tap_remarks("t1", "notice") and "t1" not in server.tap_ends


@scenario(limit=150)
def a_line_of_10_mib_is_cut_away_and_counted_and_takes_no_memory():
    # Its own queue does not count here: 40 MiB/s through a pipe is much for a busy machine.
    with running(pipeline(events_per_second=20, odd=["big"], odd_every=5, queued_sets=10000), env=LEAN) as (server, agent):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1", 4)
        process = one_tap(agent)
        before = peak_mib(agent)
        wait_until(lambda: sum(server.tap_remarks("t1", "dropped")) >= 30, 90, "30 of them")
        assert peak_mib(agent) < before + 30, "300 MiB went by"
        assert one_tap(agent) == process, "the same tap goes on"
        with server.lock:
            events = list(server.tap_events["t1"])
        found = [event["n"] for event in events if "n" in event]
        assert found == [n for n in range(1, found[-1] + 1) if n % 5], found
        told = sum(event.get("vf_agent_dropped", 0) for event in events)
        assert told in (found[-1] // 5, found[-1] // 5 + 1), (told, found[-1])
