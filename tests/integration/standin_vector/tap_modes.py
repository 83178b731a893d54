"""What `tap` does when a pipeline's configuration asks for it."""
import json
import subprocess
import time

from harness import Stopwatch, scenario, stays, wait_until
from standins import BINARY, Standin, environment, has, run, same
from tapping import running_tap, tap, url_of


def tap_of(it, milliseconds=500):
    """(status, lines as bytes, stderr)"""
    done = subprocess.run([BINARY, "tap", "--url", url_of(it), "--interval", "100", "--duration-ms", str(milliseconds),
                           "--outputs-of", "in"], capture_output=True, env=environment(), timeout=30, check=False)
    return done.returncode, done.stdout.split(b"\n")[:-1], done.stderr.decode(errors="replace")


def modes(**wanted):
    return f"standin: {{tap: {json.dumps(wanted)}}}\n"


@scenario
def events_have_numbers_times_and_a_size():
    with Standin(modes=modes(events_per_second=100, event_bytes=250)) as it:
        it.started()
        before = time.monotonic_ns()
        events = tap(it, "--outputs-of", "in", milliseconds=4050)[1]
        same([event["n"] for event in events], list(range(1, len(events) + 1)))
        assert 60 < len(events) <= 405, len(events)
        same({len(json.dumps(event, separators=(",", ":"))) for event in events}, {250})
        times = [event["at"] for event in events]
        assert times == sorted(times) and before < times[0] < times[-1] < time.monotonic_ns()


@scenario
def a_flood_ignores_the_limit():
    with Standin(modes=modes(events_per_second=20000, unlimited=True, event_bytes=250, count=6000)) as it:
        it.started()
        events = tap(it, "--outputs-of", "in", "--limit", "1", milliseconds=5000)[1]
        same([event["n"] for event in events], list(range(1, 6001)))


@scenario
def outputs_have_rates_and_an_end_of_their_own():
    with Standin(modes=modes(events_per_second=1000, count=5, rates={"in": 50})) as it:
        it.started()
        same([event["n"] for event in tap(it, "--outputs-of", "in", milliseconds=3000)[1]], [1, 2, 3, 4, 5])
    with Standin(modes=modes(rates={"in": 0})) as it:
        it.started()
        same(tap(it, "--outputs-of", "in", some=False)[1], [])


@scenario
def odd_lines_come_in_turn():
    kinds = ["big", "nul", "surrogate", "no_json", "broken_utf8", "control", "empty", "deep"]
    with Standin(modes=modes(events_per_second=100, odd=kinds, odd_every=2, count=2 * len(kinds))) as it:
        it.started()
        lines = tap_of(it, 5000)[1]
        same([json.loads(line)["n"] for line in lines[::2]], list(range(1, 2 * len(kinds), 2)))
        big, nul, surrogate, no_json, broken, control, empty, deep = lines[1::2]
        same((len(json.loads(big)["big"]), json.loads(nul)["odd"], json.loads(surrogate)["odd"]),
             (10 << 20, "a\0b", "a\ud800b"))
        same((no_json[:7], empty, b"a\xff\xfeb\xc3" in broken, b"a\tb\0c" in control, deep.count(b"[")),
             (b"thread ", b"", True, True, 100000))


@scenario
def it_can_be_late_stubborn_and_short():
    with Standin(modes=modes(delay="400ms")) as it:
        it.started()
        same(tap_of(it, 300)[1], [])
    with Standin(modes=modes(ignore_term=True, events_per_second=100)) as it:
        it.started()
        with running_tap(it, "--outputs-of", "in") as one:
            one.stdout.readline()
            one.terminate()
            wait_until(lambda: b"SIGTERM" in one.stderr.readline(), 20, "it is said")
            stays(lambda: one.poll() is None, 0.3, "and ignored")
    with Standin(modes=modes(exit_after="0s", exit_code=3, print=["last words"], print_stdout=["{}"])) as it:
        it.started()
        watch = Stopwatch()
        status, lines, err = tap_of(it, 20000)
        same((status, lines), (3, [b"{}"]))
        has(err, "last words\n")
        watch.expect_below(10, "its end")


@scenario
def a_mode_that_is_not_known_is_an_error():
    for wrong in ({"evnts": 1}, {"odd": ["strange"]}, {"delay": "soon"}):
        with Standin(modes=modes(**wrong)) as it:
            same(it.process.wait(20), 78)
            has(it.log(), "bad value of `standin.tap`")
    same(run("tap", "--url", "http://127.0.0.1:1/graphql")[0], 69)
