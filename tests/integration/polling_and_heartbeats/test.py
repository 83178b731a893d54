"""Issue 3, point 2: polls and heartbeats: cheap, obedient, at once when something changes, never of a refused form."""
import getpass
import json
import re
import time

from harness import Agent, StandinServer, main, pipeline_yaml, scenario, stays, wait_until


def gaps(requests):
    return [b.at - a.at for a, b in zip(requests, requests[1:])]


@scenario
def an_idle_agent_costs_two_calls_on_one_connection_a_cycle():
    with StandinServer() as server:
        server.poll_interval_ms = 6000
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: len(server.requests_to("logs")) >= 1, what="the first lines")
            polls = len(server.requests_to("config"))
            wait_until(lambda: len(server.requests_to("config")) > polls, 30, "the start is over")
            wait_until(lambda: server.requests[-1].endpoint == "heartbeat", what="its heartbeat")
            start = len(server.requests)
            wait_until(lambda: [r.endpoint for r in server.requests[start:]].count("heartbeat") >= 3, 40, "cycles")
            calls = server.requests[start:start + 6]
        assert [r.endpoint for r in calls] == ["config", "heartbeat"] * 3, [str(r) for r in calls]
        for poll, beat in zip(calls[::2], calls[1::2]):
            assert poll.connection == beat.connection, "poll and heartbeat share a connection"
        assert sorted(beat.at - poll.at for poll, beat in zip(calls[::2], calls[1::2]))[1] < 1, "back to back"


@scenario
def a_five_second_poll_never_meets_a_closing_connection():
    with StandinServer() as server:
        server.poll_interval_ms = 5000   # exactly when the server closes idle connections
        with Agent(server) as agent:
            wait_until(lambda: len(server.requests_to("heartbeat")) >= 5, 60, "five cycles")
            metrics = agent.metrics()
            for name in ("vf_agent_poll_errors_total", "vf_agent_heartbeat_errors_total"):
                assert metrics.one(name) == 0, name


@scenario
def a_change_is_told_at_once_and_at_most_once_a_second():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.set_pipeline("p1", pipeline_yaml())
        server.set_pipeline("p2", pipeline_yaml())

        def spaced(since, beats):
            """Sent a second apart: so many in that time, and one that arrives late makes one gap look short."""
            assert len(beats) <= time.monotonic() - since + 1 and sum(gap < 0.6 for gap in gaps(beats)) <= 1, gaps(beats)
        began = time.monotonic()
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            wait_until(lambda: len(server.requests_to("config")) >= 2, what="the poll after the push stream has opened")
            spaced(began, server.requests_to("heartbeat"))
            before = len(server.requests_to("config"))
            victim = next(v for v in agent.vectors() if v.pid == server.statuses()["p1"]["pid"])
            # It is back after about a second: only a heartbeat that does not wait for the one before can tell of it.
            wait_until(lambda: time.monotonic() - server.requests_to("heartbeat")[-1].at > 5, 20, "quiet")
            told, since = len(server.requests_to("heartbeat")), time.monotonic()

            def rows():
                return [row for call in server.requests_to("heartbeat")[told:] for row in (call.json or {}).get("pipelines", [])]
            victim.process.kill()
            wait_until(lambda: ("p1", "CRASHED") in [(row["pipelineId"], row["status"]) for row in rows()], 5, "the crash is told")
            agent.wait_running("p1", timeout=10)
            assert len(server.requests_to("config")) == before, "told without a poll"
            assert server.statuses()["p1"]["pid"] != victim.pid
            spaced(since, server.requests_to("heartbeat")[told:])


@scenario
def the_poll_interval_of_the_server_is_obeyed():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        with Agent(server, env={"VF_POLL_INTERVAL": "1h"}):
            wait_until(lambda: len(server.requests_to("config")) >= 7, 40, "seven polls")
            wait_until(server.push_connected, what="the push stream")
            regular = gaps(server.requests_to("config"))[2:]
            assert 2.0 <= sorted(regular)[len(regular) // 2] <= 5, regular
            # One that arrives late makes a short gap after a long one.
            assert all(4.0 <= a + b <= 10 for a, b in zip(regular, regular[1:])), regular
            server.set_poll_interval(60000)
            calls = len(server.requests_to("config")) + 1   # one may be on its way
            stays(lambda: len(server.requests_to("config")) <= calls, 7, "the new interval counts")
            server.set_poll_interval(1000)
            wait_until(lambda: len(server.requests_to("config")) >= calls + 2, 15, "a shorter one counts at once")


@scenario
def until_the_server_answers_the_option_counts():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.fail("config", 500, times=2)
        with Agent(server, env={"VF_POLL_INTERVAL": "1s"}):
            wait_until(lambda: len(server.requests_to("config")) >= 3, 20, "tried again soon")


@scenario
def a_heartbeat_says_who_and_where():
    with StandinServer() as server, Agent(server, env={"VF_NODE_LABELS": "a=1"}):
        server.set_pipeline("p1", pipeline_yaml())
        server.config_changed()
        beat = wait_until(lambda: server.status("p1") == "RUNNING" and server.last_heartbeat, 30, "p1 is RUNNING")
        assert re.fullmatch(r"\d+\.\d+\.\d+", beat["agentVersion"]), beat
        assert beat["vectorVersion"] == "0.54.0", beat
        assert beat["deploymentMode"] in ("STANDALONE", "DOCKER", "UNKNOWN")
        assert beat["runningAs"] == getpass.getuser()
        assert beat["labels"]["a"] == "1", beat
        host = beat["hostMetrics"]
        for name in ("memoryTotalBytes", "memoryUsedBytes", "memoryFreeBytes", "cpuSecondsTotal", "fsTotalBytes"):
            assert host[name] > 0, f"{name}: {host}"
        assert host["cpuSecondsIdle"] <= host["cpuSecondsTotal"] and host["fsFreeBytes"] <= host["fsTotalBytes"]
        wait_until(lambda: server.last_heartbeat["agentHealth"]["pipelinesRunning"] == 1, what="one runs")
        health = server.last_heartbeat["agentHealth"]
        assert health["pollErrorsTotal"] == 0 and health["uptimeSeconds"] > 0


@scenario
def what_cannot_run_is_listed_all_the_same():
    with StandinServer() as server:
        server.set_pipeline("good", pipeline_yaml())
        server.set_pipeline("refused", pipeline_yaml(refuse_config=True))
        server.set_pipeline("no-yaml", "sources: [unclosed")
        server.set_pipeline("no-port", pipeline_yaml(socket_port=1, port_taken=True))
        with Agent(server) as agent:
            agent.wait_running("good")
            for name in ("refused", "no-yaml", "no-port"):
                wait_until(lambda: server.status(name) == "CRASHED", 30, f"{name} is CRASHED")
            assert set(server.statuses()) == {"good", "refused", "no-yaml", "no-port"}


@scenario
def nasty_values_never_spoil_a_heartbeat_or_a_post():
    series = "\n".join([
        'vector_component_received_events_total{component_id="demo",component_kind="source"} 1.8446744073709552e19',
        'vector_component_sent_events_total{component_id="demo",component_kind="source",output="_default"} 1e400',
        'vector_component_received_bytes_total{component_id="demo",component_kind="source"} 3.7',
        'vector_component_sent_events_total{component_id="out\\n\\"\\\\x",component_kind="sink"} -5',
        'vector_component_sent_bytes_total{component_id="out",component_kind="sink"} NaN',
        'vector_component_errors_total{component_id="",component_kind=""} +Inf',
        'vector_utilization{component_id="parse",component_kind="transform"} NaN',
        'vector_component_latency_mean_seconds{component_id="parse",component_kind="transform"} -Inf', ""])
    printed = [{"hex": "666f6f00626172"}, {"hex": "fffe80c3"}, {"hex": "eda080"}, {"hex": "e280a8"},
               {"text": "\u0001 \\u0000 ü 😀"}]
    labels = {"emoji": "😀", "quote": "a\"b\\", "long": "x" * 100}
    names = ["name with \"quotes\" and \\", "ünï😀", "\u202e right to left", "new\nline", "", "x" * 300]
    with StandinServer() as server:
        server.poll_interval_ms = 3000
        for number, name in enumerate(names):
            server.set_pipeline(f"p{number}", pipeline_yaml(scrape_body=series, print_raw=printed), name=name or "p")
        env = {"VF_NODE_LABELS": ",".join(f"{k}={v}" for k, v in labels.items())}
        with Agent(server, env=env) as agent:
            agent.wait_running(*[f"p{n}" for n in range(len(names))])
            wait_until(lambda: server.statuses()["p0"].get("eventsIn"), 30, "a scrape is told")
            assert 0 < server.statuses()["p0"]["eventsIn"] < 2**63
            wait_until(lambda: any("😀" in line for line in server.log_lines("p5")), 20, "the lines are shipped")
        assert not server.lost_lines
        assert server.last_heartbeat["labels"].items() >= labels.items()


@scenario
def answers_that_a_newer_or_older_server_gives_are_understood():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("one"), checksum="")
        server.set_pipeline("p2", pipeline_yaml("two"), checksum="opaque-change-token")
        wire = server.catalog.get("p2").wire
        server.catalog.get("p2").wire = lambda: {**wire(), "mood": {"new": [None]}, "logLevel": "info"}
        server.pending_action = None
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            server.deploy("p2", pipeline_yaml("three"), checksum="another-token")
            wait_until(lambda: agent.vector("# three"), 30, "the changed one runs")


@scenario
def maintenance_stops_all_and_its_end_starts_all():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        server.set_pipeline("p2", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            wait_until(server.push_connected, what="the push stream")
            server.maintenance(True)
            wait_until(lambda: not agent.vectors(), 20, "all are stopped")
            wait_until(lambda: server.statuses() == {}, 20, "and so reported")
            assert server.push_connected(), "the stream stays"
            server.maintenance(False)
            agent.wait_running("p1", "p2")


@scenario
def what_is_only_removed_is_found_by_the_poll():
    with StandinServer() as server:
        server.poll_interval_ms = 2500
        server.set_pipeline("p1", pipeline_yaml())
        server.set_pipeline("p2", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            pid = agent.vectors()[0].pid
            server.remove("p2")
            wait_until(lambda: len(agent.vectors()) == 1, 20, "p2 is stopped")
            wait_until(lambda: set(server.statuses()) == {"p1"}, 20, "and not listed any more")
            assert json.dumps(sorted(server.statuses())) == '["p1"]' and pid


main()
