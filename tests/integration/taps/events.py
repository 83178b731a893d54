"""What arrives: the bare events of exactly the component that was asked for, soon."""
import itertools

from common import expect_no_gap, on, one_tap, pipeline, rich, running, wait_events
from harness import expect_once_below, look, scenario, stays, wait_until


@scenario
def events_are_bare_in_both_dialects_and_come_in_order():
    for version, form in (("0.54.0", "/graphql"), ("0.57.0", "")):
        with running(pipeline(events_per_second=50, fields='"text":"Grüße \\"q\\" \\\\ \\u00e9","big":12345678901234567890'),
                     env=on(version)) as (server, agent):
            server.start_tap("t1", "p1", "parse")
            events = wait_events(server, "t1", 60)
            expect_no_gap(events, first=1)
            for event in events:
                assert list(event)[:3] == ["n", "at", "output"] and event["output"] == "parse", event
                assert (event["text"], event["big"]) == ('Grüße "q" \\ é', 12345678901234567890)
            arguments = look(one_tap(agent)).command_line()
            assert f"--url=http://127.0.0.1:{agent.vector('# one').ports()[1]}{form}" in arguments, arguments
            assert not server.tap_remarks("t1", "dropped")
            server.stop_tap("t1")


@scenario
def a_line_is_handed_on_byte_for_byte():
    fields = r'"spaced" : [ 1 ,2.50,1e5, {} ],"zero":-0,"escape":"\u0041\/"'
    with running(pipeline(events_per_second=20, fields=fields)) as (server, _):
        server.start_tap("t1", "p1", "parse")
        wait_events(server, "t1")
        body = [r for r in server.requests_to("tap-events") if (r.json or {}).get("events")][0].body
        assert fields.encode() in body, body[:600]


@scenario
def sources_transforms_named_outputs_and_sinks_can_be_watched():
    for version in ("0.54.0", "0.57.0"):
        with running(rich(events_per_second=20), env=on(version)) as (server, agent):
            for request, (component, outputs) in enumerate((
                    ("demo", {"demo"}), ("parse", {"parse"}), ("route", {"route.a", "route.b", "route._unmatched"}),
                    ("out", {"parse"}))):
                server.start_tap(f"t{request}", "p1", component)
                wait_until(lambda: {event["output"] for event in server.tapped(f"t{request}")} == outputs, 20, component)
                server.stop_tap(f"t{request}")
                wait_until(lambda: not agent.taps(), 10, "it ends")


@scenario
def component_ids_are_literal():
    with running(rich(events_per_second=20)) as (server, agent):
        for request, component in enumerate(("st*r", "st?r", "st[a]r", "star")):
            server.start_tap(f"t{request}", "p1", component)
            events = wait_events(server, f"t{request}", 10)
            assert {event["output"] for event in events} == {component}, component
            server.stop_tap(f"t{request}")
        server.start_tap("sink", "p1", "we*ird?[x]")
        wait_until(lambda: {event["output"] for event in server.tapped("sink")} >= {"st*r", "st?r", "st[a]r", "star", "route.a"},
                   20, "what a sink with such a name reads")


@scenario
def the_first_event_is_on_its_way_within_100_ms():
    with running(pipeline(events_per_second=100)) as (server, _):
        numbers = itertools.count()

        def lateness():
            """The middle one of five."""
            late = []
            for name in [f"t{number}" for number in itertools.islice(numbers, 5)]:
                server.start_tap(name, "p1", "parse")
                wait_events(server, name)
                arrived, events = server.tap_arrivals[name][0]
                # Vector hands a set of events out each 100 ms: the last of it is as old as that set.
                late.append(arrived - events[-1]["at"] / 1e9)
                server.stop_tap(name)
            return sorted(late)[2]
        expect_once_below(0.11, lateness, "a first event")


@scenario
def a_component_that_is_not_there_is_told_and_waited_for():
    for version in ("0.54.0", "0.57.0"):
        with running(pipeline(events_per_second=20), env=on(version)) as (server, _):
            server.start_tap("t1", "p1", "late")
            wait_until(lambda: any("late" in notice for notice in server.tap_remarks("t1", "notice")), 20, "it is told")
            assert not server.tapped("t1") and "t1" not in server.tap_ends
            late = "  late: { type: remap, inputs: [demo], source: '.a = 1' }\n"
            server.deploy("p1", pipeline("two", transforms=late, events_per_second=20))
            events = wait_events(server, "t1", 10, 30)
            assert {event["output"] for event in events} == {"late"}


@scenario
def a_slow_stream_is_not_held_back():
    with running(pipeline(events_per_second=3)) as (server, _):
        names = iter(("t1", "t2", "t3"))

        def lateness():
            name = next(names)
            server.start_tap(name, "p1", "parse")
            wait_events(server, name, 12, 30)
            server.stop_tap(name)
            assert not server.tap_remarks(name, "dropped")
            with server.lock:
                late = sorted(at - event["at"] / 1e9 for at, events in server.tap_arrivals[name] for event in events if "at" in event)
            return late[len(late) // 2]
        expect_once_below(0.3, lateness, "the middle one of twelve events")


@scenario
def an_unknown_pipeline_is_answered_at_once():
    with running(pipeline()) as (server, agent):
        server.start_tap("t1", "nobody", "parse")
        assert wait_until(lambda: server.tap_ends.get("t1"), 10, "it is answered"), "with a reason"
        stays(lambda: not agent.taps(), 0.5, "and nothing runs")
