"""`tap`: patterns and words as the real one's, whose answers to the same questions are noted here; and its modes."""
import array
import contextlib
import fcntl
import json
import subprocess
import termios
import time

from harness import scenario, stays, wait_until
from standins import BINARY, Standin, environment, has, run, same

CONFIG = """\
sources:
  demo: {type: demo_logs, format: json, interval: 0.05}
  'we*ird': {type: demo_logs, format: json, interval: 0.5}
  '-x': {type: demo_logs, format: json, interval: 0.5}
transforms:
  parse: {type: remap, inputs: [demo], source: '.a = 1'}
  route: {type: route, inputs: [parse], route: {a: 'true', b: 'false'}}
  rm: {type: remap, inputs: [demo], reroute_dropped: true, source: '.a = 1'}
sinks:
  out: {type: blackhole, inputs: [route.a, 'we*ird']}
  out2: {type: blackhole, inputs: [route.b, route._unmatched, rm, rm.dropped, '-x']}
"""
BUSY = "standin: {tap: {events_per_second: 200}}\n"


def tap(it, *arguments, version="0.54", milliseconds=400, some=True, **more):
    """(status, bare events, stderr without its first lines) of one that ends by itself; `some`: it has events to print."""
    for longer in (1, 10) if some else (1,):   # on a busy machine one may be over before it has begun
        status, out, err = run("tap", "--url", url_of(it, version), "--interval", "100", "--duration-ms",
                               str(milliseconds * longer), "--no-reconnect", *arguments, version=version, **more)
        if out:
            break
    events = [json.loads(line) for line in out.splitlines()]
    return status, events, "\n".join(line for line in err.splitlines() if line.startswith("[tap]"))


def url_of(it, version="0.54"):
    it.logged("API server running.")   # which is after "Vector has started."
    return f"http://127.0.0.1:{it.api_port}" + ("/graphql" if version == "0.54" else "")


def outputs(events):
    return sorted({event["output"] for event in events})


@contextlib.contextmanager
def running_tap(it, *arguments, stdout=subprocess.PIPE):
    process = subprocess.Popen([BINARY, "tap", "--url", url_of(it), "--interval", "100", *arguments], stdout=stdout,
                               stderr=subprocess.PIPE, env=environment())
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def waiting_bytes(pipe):
    size = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


@scenario
def it_speaks_the_dialect_of_its_version():
    for version in ("0.54", "0.57"):
        with Standin(version=version, modes=BUSY) as it:
            it.started()
            status, events, _ = tap(it, "--outputs-of", "in", version=version)
            same(status, 0)
            bare = [event["log"] for event in events] if version == "0.57" else events
            same({event["source_type"] for event in bare}, {"docker_logs"})
            event = tap(it, "--outputs-of", "in", "--meta", version=version)[1][0]
            same(sorted(event), ["component_id", "component_kind", "component_type", "event"])
            same("log" in event["event"], version == "0.57")
            other = "0.57" if version == "0.54" else "0.54"
            same(run("tap", "--url", url_of(it, version), version=other)[0], 69)   # one side does not talk to the other
            same(run("tap", "--url", url_of(it, other), version=other)[0], 69)


@scenario
def patterns_are_globs_over_outputs():
    with Standin(CONFIG, modes=BUSY) as it:
        it.started()
        for patterns, found in (("parse", ["parse"]), ("route,route.*", ["route._unmatched", "route.a", "route.b"]),
                                ("rm,rm.*", ["rm", "rm.dropped"]), ("we[*]ird", ["we*ird"]), ("pa[rx]s?", ["parse"]),
                                ("pa[!x]se", ["parse"]), ("pa[!r]se", []), ("route", []), ("a***", []), ("[", []),
                                ("we\\*ird", []), ("", [])):
            status, events, err = tap(it, "--outputs-of", patterns, some=bool(found))
            same((status, outputs(events)), (0, found))
            has(err, *([f"[tap] Pattern '{patterns}' failed to match: will retry on configuration reload."]
                       if not found else ["successfully matched."]))
        has(tap(it, "--outputs-of", "route,route.*")[2], "Pattern 'route' failed to match", "'route.*' successfully")
        status, _, err = run("tap", "--url", url_of(it), "--outputs-of", "-x")
        same(status, 2)
        has(err, "unexpected argument '-x' found")
        same(outputs(tap(it, "--outputs-of=-x")[1]), ["-x"])
        same({event["component_id"] for event in tap(it, "--outputs-of", "route.a", "--meta")[1]}, {"route"})


@scenario
def what_a_sink_reads_are_the_outputs_before_it():
    with Standin(CONFIG, modes=BUSY) as it:
        it.started()
        _, events, err = tap(it, "--inputs-of", "out", "--meta")
        same({event["component_id"] for event in events}, {"route", "we*ird"})
        same(outputs(event["event"] for event in events), ["route.a", "we*ird"])
        same(err, "[tap] Pattern 'out' successfully matched.")
        _, events, err = tap(it, "--outputs-of", "out", some=False)
        same((events, err), ([], "[tap] Pattern 'out' failed to match: will retry on configuration reload.\n"
                             '[tap] Warning: sink outputs cannot be tapped. Output pattern \'out\' matches sinks ["out"]'))
        has(tap(it, "--inputs-of", "demo", some=False)[2], "source inputs cannot be tapped. Input pattern 'demo' matches sources")


@scenario
def of_too_many_events_some_are_taken_and_nobody_is_told():
    with Standin(CONFIG, modes="standin: {tap: {events_per_second: 2000}}\n") as it:
        it.started()
        _, events, err = tap(it, "--outputs-of", "demo,parse", "--limit", "10", milliseconds=4050)
        numbers = [event["n"] for event in events if event["output"] == "demo"]
        assert 50 < len(events) <= 400 and numbers == sorted(numbers) and max(numbers) > 1000, (len(events), numbers)
        same(err.count("\n"), 1)
        for limit in ("0", "10001"):   # GraphQL refuses the subscription
            same(tap(it, "--outputs-of", "demo", "--limit", limit, some=False)[:2], (0, []))
    with Standin(CONFIG, version="0.57") as it:
        it.started()
        for name, value in (("--limit", "0"), ("--interval", "99")):
            same(run("tap", "--url", url_of(it, "0.57"), name, value, version="0.57")[0], 2)


@scenario
def a_tap_that_is_not_read_takes_no_sigterm_and_loses_events():
    with Standin(CONFIG, modes="standin: {tap: {events_per_second: 500, event_bytes: 2000}}\n") as it:
        it.started()
        expect_stuck(it)


def expect_stuck(it):
    with running_tap(it, "--outputs-of", "demo") as stuck:
        wait_until(lambda: waiting_bytes(stuck.stdout) > 30000, 20, "it is stuck")
        time.sleep(3)   # some thirty intervals, of which eleven wait
        numbers = [json.loads(stuck.stdout.readline())["n"] for _ in range(1500)]
        gaps = [after - before for before, after in zip(numbers, numbers[1:]) if after != before + 1]
        assert len(gaps) >= 1 and max(gaps) > 200, gaps
        wait_until(lambda: waiting_bytes(stuck.stdout) > 30000, 20, "it is stuck")
        time.sleep(0.3)
        stuck.terminate()
        stays(lambda: stuck.poll() is None, 0.5, "it takes no signal")
        stuck.stdout.close()   # nobody reads any more: a panic
        same(stuck.wait(20), 101)


@scenario
def it_follows_a_reload_and_ends_with_its_vector():
    with Standin(CONFIG, modes=BUSY) as it:
        it.started()
        with running_tap(it, "--outputs-of", "late,demo", "--no-reconnect") as one:
            def said(words):
                return lambda: words in one.stderr.readline().decode()
            wait_until(said("Pattern 'late' failed to match"), 20, "not yet")
            it.reload(CONFIG.replace("  rm:", "  late: {type: remap, inputs: [demo], source: '.a = 1'}\n  rm:") + BUSY)
            wait_until(said("Pattern 'late' successfully matched"), 20, "it is there")
            late = wait_until(lambda: [event for event in [json.loads(one.stdout.readline())]
                                       if event["output"] == "late"], 20, "its events")
            assert late[0]["n"] < 200
            it.terminate()
            same(one.wait(20), 0)


@scenario
def without_no_reconnect_it_waits_for_its_vector_for_ever():
    with Standin() as it:
        it.started()
        with running_tap(it) as waits:
            waits.stdout.readline()  # it is connected
            it.terminate()
            wait_until(lambda: b"Reconnecting in 5 seconds" in waits.stderr.readline(), 20, "it says so")
            stays(lambda: waits.poll() is None, 0.3, "it waits")
            waits.terminate()
            same(waits.wait(20), 0)
