"""Pipelines whose stand-in taps as a scenario wants it, and taps of them."""
import os

from harness import pipeline_yaml, wait_until
from testkit.deployed import running

MORE = """\
  "we*ird?[x]": { type: blackhole, inputs: ["st*r", "route.a"] }
"""
STARS = """\
  "st*r": { type: demo_logs, format: json, interval: 1 }
  "st?r": { type: demo_logs, format: json, interval: 1 }
  "st[a]r": { type: demo_logs, format: json, interval: 1 }
  star: { type: demo_logs, format: json, interval: 1 }
"""
ROUTE = "  route: { type: route, inputs: [demo], route: { a: 'true', b: 'false' } }\n"


def pipeline(word="one", more="", sources="", transforms="", **tap):
    """demo -> parse -> out, and what else is wanted, as YAML. `tap`: how the stand-in's tap behaves."""
    text = pipeline_yaml(word, more=more, tap=tap)
    return text.replace("transforms:\n", f"{sources}transforms:\n{transforms}", 1)


def rich(word="one", **tap):
    """With ids that are patterns, and a component that has named outputs only."""
    return pipeline(word, MORE, STARS, ROUTE, **tap)


def on(version, **more):
    """The environment of an agent whose Vector is of this version."""
    return {"STANDIN_VECTOR_VERSION": version, **more}


def wait_events(server, request_id, count=1, timeout=20):
    """Until there are so many; answers them."""
    wait_until(lambda: len(server.tapped(request_id)) >= count, timeout, f"{count} events of {request_id}")
    return server.tapped(request_id)


def numbers(events):
    return [event["n"] for event in events]


def expect_no_gap(events, first=None):
    found = numbers(events)
    assert found == list(range(found[0], found[0] + len(found))), f"in order, each once: {found[:50]}"
    assert first is None or found[0] == first, found[:5]


# What a sanitizer keeps of freed memory would hide what the agent keeps.
LEAN = {"ASAN_OPTIONS": ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=2")))}


def one_tap(agent):
    """The pid of the one `vector tap` that runs."""
    found = wait_until(agent.taps, 20, "a tap runs")
    assert len(found) == 1, [p.command_line() for p in found]
    return found[0].pid


def peak_mib(agent):
    text = open(f"/proc/{agent.pid}/status", encoding="ascii").read()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def wait_no_tap(agent, timeout=5):
    wait_until(lambda: not agent.taps(), timeout, "no tap runs any more")


def posts(server, request_id):
    """Those of a tap, whatever was answered."""
    return [r for r in server.requests_to("tap-events") if isinstance(r.json, dict) and r.json["requestId"] == request_id]


__all__ = ["LEAN", "expect_no_gap", "numbers", "on", "one_tap", "peak_mib", "pipeline", "posts", "rich", "running",
           "wait_events", "wait_no_tap"]
