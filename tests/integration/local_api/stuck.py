"""Issue 5, point 6: the view costs nothing when nobody looks, and a viewer who does not read slows nobody and grows
nothing."""
import time

from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until
from testkit.local_view import Stream, ask
from testkit.waiting import scaled

FLOOD = 5000   # lines and events a second


def rss_kb(agent):
    with open(f"/proc/{agent.pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def loop_delays(metrics):
    """(all, those above 100 ms) turns of the loop"""
    buckets = {labels["le"]: value for name, labels, value in metrics.samples if name == "vf_agent_loop_lag_seconds_bucket"}
    return buckets["+Inf"], buckets["+Inf"] - buckets["0.1"]


def late_turns(agent):
    """(turns of the loop later than 100 ms, all) of four seconds in which others are answered."""
    turns, begun = loop_delays(agent.metrics()), time.monotonic()
    while time.monotonic() < begun + scaled(4):
        assert ask(agent, "/status").json["pid"] == agent.pid, "others are answered"
        time.sleep(0.1)
    now = loop_delays(agent.metrics())
    assert now[0] > turns[0], "the loop is measured"
    return now[1] - turns[1], now[0] - turns[0]


def watch_stuck(agent, target):
    """Streams that nobody reads, while everything else must go on; answers how much the agent has grown in kB."""
    stuck = [Stream(agent, target, receive_buffer=4096) for _ in range(4)]
    time.sleep(scaled(1))   # the sockets' buffers are full by then
    before, looks = rss_kb(agent), [late_turns(agent)]
    grown = rss_kb(agent) - before
    # What a stuck viewer does is seen at each look; what a busy machine does is not.
    while looks[-1][0] > 0.02 * looks[-1][1] + 1 and len(looks) < 4:
        looks.append(late_turns(agent))
    late, turns = looks[-1]
    assert late <= 0.02 * turns + 1, f"turns later than 100 ms, and all: {looks}"
    return stuck, grown


@scenario(limit=120)
def a_reader_of_logs_that_never_reads_costs_its_place_only():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(flood={"lines_per_second": FLOOD}))
        with Agent(server, env={"VF_ECHO_LOGS": "false"}) as agent:
            agent.wait_running("p1")
            stuck, grown = watch_stuck(agent, "/pipelines/p1/logs?follow=1&n=500")
            assert grown < 8192, f"grown by {grown} kB"   # (ASan keeps what is freed for a while)
            with Stream(agent, "/pipelines/p1/logs?follow=1") as reader:
                numbers = [line["number"] for line in (reader.next() for _ in range(2000)) if "number" in line]
                assert numbers == sorted(set(numbers)), "in order, once"
            stuck[0].until(lambda line: "dropped" in line)   # what it missed is told where it is missing
            after = stuck[0].next()
            assert "number" in after, after
            for stream in stuck:
                stream.close()


@scenario(limit=120)
def a_viewer_of_a_tap_that_never_reads_costs_a_buffer_and_no_more():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(tap={"events_per_second": FLOOD, "event_bytes": 2000}))
        with Agent(server) as agent:
            agent.wait_running("p1")
            stuck, grown = watch_stuck(agent, "/pipelines/p1/tap?component=demo")
            assert grown < 4 * 1024 + 8192, f"grown by {grown} kB"
            dropped = [value for name, labels, value in agent.metrics().samples
                       if name == "vf_agent_dropped_total" and labels["what"] == "viewer_lines"]
            assert dropped[0] > 1000, dropped
            for stream in stuck:
                stream.close()


@scenario(limit=120)
def figures_are_not_read_more_often_when_nobody_asks():
    """Told by the stand-ins' own scrapes: the interval of a poll of a minute, and nothing in between."""
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            one = lambda: ask(agent, "/readings").json["pipelines"][0]
            wait_until(lambda: "readAt" in one(), 20, "figures")
            time.sleep(35)   # nobody has asked for 20 s; a round that was due by then is 5 s later, and over
            first = one()["readAt"]   # this very look asks again
            assert time.time() * 1000 - first > 5500, "the figures are older than a closely watched one's"
            wait_until(lambda: one()["readAt"] > first, 10, "and are read again as soon as somebody looks")
