"""What the stand-in control plane refuses or loses of what is posted."""
import gzip
import json
import threading

from client import Client, enrolled, expect, row
from harness import checksum, scenario, wait_until


@scenario
def bodies_must_be_plain_json():
    with enrolled() as (server, client):
        server.max_body = 1000
        good = {"pipelines": []}
        expect(server, client, "heartbeat", good, 200)
        expect(server, client, "heartbeat", b"{", 400, "not JSON")
        expect(server, client, "heartbeat", b'{"pipelines":[],"agentHealth":NaN}', 400, "NaN")
        expect(server, client, "heartbeat", b'{"pipelines":[],"pipelines":[]}', 200, "twice")
        expect(server, client, "heartbeat", b'{"pipelines":[],"runningAs":"\xff"}', 200, "UTF-8")
        packed = gzip.compress(json.dumps(good).encode())
        status, _, answer = client.post("heartbeat", packed, **{"Content-Encoding": "gzip"})
        assert (status, answer) == (400, {"error": "Invalid JSON body"})
        status, _, answer = client.post("heartbeat", b" " * 1001)
        assert (status, answer["maxBytes"]) == (413, 1000)
        status, *_ = client.post("heartbeat", good, **{"Content-Type": "text/plain"})
        assert status == 200 and "content type" in server.violations[-1]


@scenario
def heartbeat_schema_is_enforced():
    with enrolled(limits={}) as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        component = {"componentId": "c", "componentKind": "source", "receivedEvents": 1, "sentEvents": 2}
        full = {
            "pipelines": [row(pid=42, uptimeSeconds=3, eventsIn=1, eventsOut=1, errorsTotal=0, bytesIn=9, bytesOut=9,
                              eventsDiscarded=0, utilization=0.5, configChecksum=checksum("a: 1\n"), spansIn=0,
                              componentMetrics=[{**component, "latencyMeanSeconds": 0.1}])],
            "hostMetrics": {"memoryTotalBytes": 1, "cpuSecondsTotal": 1.5, "loadAvg1": 0.25}, "agentVersion": "0.1.0",
            "vectorVersion": "0.54.0", "deploymentMode": "STANDALONE", "runningAs": "root", "labels": {"k": "v"},
            "agentHealth": {"pollErrorsTotal": 0, "pushReconnectsTotal": 0, "heartbeatErrorsTotal": 0,
                            "pushConnected": True, "pipelinesRunning": 1, "uptimeSeconds": 1.5}}
        expect(server, client, "heartbeat", full, 200)
        assert server.status("p1") == "RUNNING"

        def refused(breach, **change):
            expect(server, client, "heartbeat", {**full, **change}, 400, breach)

        def refused_row(breach, **change):
            refused(breach, pipelines=[row(**change)])

        refused_row("expected one of", status="CRASH_LOOP")
        refused_row("expected number, received string", pid="42")
        refused_row("expected number, received null", pid=None)
        refused_row("expected number, received boolean", eventsIn=True)
        refused_row("safe integer", version=1.5)
        refused_row("less than 0", version=-1)
        refused_row("longer than 128", configChecksum="x" * 129)
        refused_row("expected array, received null", componentMetrics=None)
        refused_row("required", componentMetrics=[{"componentId": "c", "componentKind": "k", "receivedEvents": 1}])
        refused_row("shorter than 1", pipelineId="")
        refused("longer than 100", runningAs="x" * 101)
        refused("longer than 500", updateError="x" * 501)
        refused("expected one of", deploymentMode="KUBERNETES")
        refused("expected string, received number", labels={"a": 1})
        refused("safe integer", agentHealth={**full["agentHealth"], "pipelinesRunning": 0.5})
        refused("expected array", sampleResults=None)
        expect(server, client, "heartbeat", {**full, "mood": "good"}, 200, "mood is not in the contract")
        expect(server, client, "heartbeat", {"pipelines": [row(), row()]}, 200, "twice")
        expect(server, client, "heartbeat", {"pipelines": [row(version=9)]}, 200, "never given out")
        expect(server, client, "heartbeat", {"pipelines": [row(), row(pipelineId="px")]}, 200, "never given out")
        expect(server, client, "heartbeat", {"pipelines": [row(configChecksum="00")]}, 200, "never given out")


@scenario
def heartbeats_that_would_be_lost_are_refused():
    with enrolled(limits={}) as (server, client):
        server.set_pipeline("p1", "a: 1\n")

        def lost(breach, **change):
            expect(server, client, "heartbeat", {"pipelines": [row(**change)]}, 500, breach)
            assert server.status("p1") is None

        for name in ("uptimeSeconds", "eventsIn", "bytesIn", "eventsOut"):
            lost("not whole", **{name: 1.5})
        for name in ("eventsIn", "bytesOut", "errorsTotal"):
            lost("2^63", **{name: 2**63})
        expect(server, client, "heartbeat", {"pipelines": [row(eventsIn=2**63 - 1)]}, 200)
        server.store_heartbeat({"pipelines": []})
        lost("32 bits", pid=2**31)
        lost("32 bits", version=2**31)
        lost("NUL", recentLogs=["a\0b"])
        lost("lone surrogate", recentLogs=["a\ud800b"])
        for change in ({"labels": {"a": "\0"}}, {"runningAs": "a\0"}):
            expect(server, client, "heartbeat", {"pipelines": [], **change}, 500, "NUL")
        expect(server, client, "heartbeat", {"pipelines": [], "hostMetrics": {"netRxBytes": 1.5}}, 200, "host row")
        component = {"componentId": "c", "componentKind": "source", "receivedEvents": 1.5, "sentEvents": 2}
        expect(server, client, "heartbeat", {"pipelines": [row(componentMetrics=[component])]}, 200, "no count")


@scenario
def a_heartbeat_must_list_all_it_was_told():
    with enrolled() as (server, client):
        server.set_pipelines([])
        server.set_pipeline("p1", "a: 1\n")
        server.set_pipeline("p2", "a: 1\n")
        client.config()
        expect(server, client, "heartbeat", {"pipelines": [row()]}, 200)   # just told: no blame yet
        assert set(server.statuses()) == {"p1"}                            # the row of p2 is gone all the same
        server.grace = 0
        expect(server, client, "heartbeat", {"pipelines": [row()]}, 200, "'p2' is left out")
        expect(server, client, "heartbeat", {"pipelines": [row(), row(pipelineId="p2")]}, 200)


@scenario
def logs_are_stored_or_lost_as_on_the_real_server():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.set_pipeline("p2", "a: 1\n")

        def batch(pipeline_id, *lines):
            return {"pipelineId": pipeline_id, "lines": list(lines)}

        expect(server, client, "logs", [batch("p1", "one", "two")], 200)
        expect(server, client, "logs", [batch("p1", "three"), batch("p2", "x")], 200)
        assert server.log_lines("p1") == ["one", "two", "three"]
        expect(server, client, "logs", [batch("p1", *["a"] * 501)], 400, "more than 500")
        expect(server, client, "logs", [], 200, "empty log post")
        expect(server, client, "logs", [batch("p1")], 200, "empty log post")
        expect(server, client, "logs", [batch("p1", "good", "n\0l"), batch("p2", "y")], 200, "loses the whole batch")
        assert server.lost_lines == ["good", "n\0l"] and server.log_lines("p2") == ["x", "y"]
        server.disown("p2")
        expect(server, client, "logs", [batch("p1", "z"), batch("p2", "z")], 403)
        assert "z" not in server.log_lines("p1")
        expect(server, client, "logs", [batch("p9", "z")], 403, "never given out")


@scenario
def samples_are_complete_once_all_components_are_told():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.request_sample("s1", "p1", ["a", "b"], by=("poll",))
        assert client.config()[2]["sampleRequests"][0]["componentKeys"] == ["a", "b"]
        good = {"requestId": "s1", "componentKey": "a", "events": [{}],
                "schema": [{"path": ".a", "type": "string", "sample": "x"}]}
        expect(server, client, "samples", {"results": [good]}, 200)
        expect(server, client, "samples", {"results": [{**good, "events": None}]}, 400, "null")
        expect(server, client, "samples", {"results": [{**good, "error": "\0"}]}, 500, "NUL")
        expect(server, client, "samples", {"results": [{**good, "events": [{"\ud800": 1}]}]}, 500, "lone surrogate")
        expect(server, client, "samples", {"results": []}, 200, "empty")
        assert "sampleRequests" in client.config()[2]
        expect(server, client, "samples", {"results": [good]}, 200, "is told again")
        expect(server, client, "samples", {"results": [{**good, "componentKey": "b", "error": "none"}]}, 200)
        assert "sampleRequests" not in client.config()[2]
        assert list(server.sample("s1")) == ["a", "b"] and server.sample_results["s1"]["took"] < 60
        expect(server, client, "samples", {"results": [good]}, 200, "is told again")


@scenario
def in_a_heartbeat_the_first_component_completes_a_sample():
    with enrolled() as (server, client):
        server.request_sample("s1", "p1", ["a", "b"], by=("poll",))
        results = [{"requestId": "s1", "componentKey": key, "events": []} for key in ("a", "b")]
        expect(server, client, "heartbeat", {"pipelines": [], "sampleResults": results}, 200)
        assert list(server.sample("s1")) == ["a"] and server.sample("s1")["a"]["by"] == "heartbeat"
        assert [r["componentKey"] for r in server.sample_results["s1"]["lost"]] == ["b"]
        assert "sampleRequests" not in client.config()[2]


@scenario
def taps_are_known_until_they_are_stopped_or_too_old():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.start_tap("t1", "p1", "a")
        event = {"requestId": "t1", "pipelineId": "p1", "componentId": "a",
                 "events": [1, {"a": 2}, {"vf_agent_dropped": 3}, {"vf_agent_notice": "four"}]}
        expect(server, client, "tap-events", event, 200)
        expect(server, client, "tap-events", {**event, "status": "over"}, 400, "expected one of")
        expect(server, client, "tap-events", {**event, "events": []}, 200, "empty tap post")
        expect(server, client, "tap-events", {**event, "componentId": "b"}, 403)
        server.expire_tap("t1")
        for _ in range(2):
            expect(server, client, "tap-events", event, 403)
        expect(server, client, "tap-events", event, 403, "goes on after")
        assert server.tapped("t1") == [1, {"a": 2}] and len(server.tap_arrivals["t1"]) == 1
        assert (server.tap_remarks("t1", "dropped"), server.tap_remarks("t1", "notice")) == ([3], ["four"])
        server.tap_life = 0
        expect(server, client, "tap-events", {**event, "requestId": server.start_tap("t2", "p1", "a")}, 403)
        server.tap_life = 300
        server.start_tap("t3", "p1", "a")
        expect(server, client, "tap-events", {**event, "requestId": "t3", "status": "stopped", "reason": "over"}, 200)
        assert server.tap_ends == {"t3": "over"}
        expect(server, client, "tap-events", {**event, "requestId": "t3"}, 200, "after it said that it stopped")


@scenario
def two_posts_of_one_tap_at_once_are_a_breach():
    with enrolled() as (server, client):
        server.set_pipeline("p1", "a: 1\n")
        server.start_tap("t1", "p1", "a")
        server.start_tap("t2", "p1", "b")
        event = {"requestId": "t1", "pipelineId": "p1", "componentId": "a", "events": [1]}
        other = Client(server)
        other.token = client.token
        slow = server.delay("tap-events", 60, times=1)
        first = threading.Thread(target=client.post, args=("tap-events", event), daemon=True)
        first.start()
        wait_until(lambda: server.tap_arrivals.get("t1"), 20, "the first is there")
        expect(server, other, "tap-events", {**event, "requestId": "t2", "componentId": "b"}, 200)
        expect(server, other, "tap-events", event, 200, "still unanswered")
        slow.released.set()
        first.join()


@scenario
def a_bench_may_ask_for_a_light_look_at_tap_events():
    with enrolled() as (server, client):
        server.light_taps = True
        server.set_pipeline("p1", "a: 1\n")
        server.start_tap("t1", "p1", "a")
        body = (b'{"requestId":"t1","pipelineId":"p1","componentId":"a","events":'
                b'[{"n":7,"at":70,"x":1},{"vf_agent_dropped":5},{"n":13,"at":130}]}')
        assert client.post("tap-events", body)[0] == 200
        assert server.tapped("t1") == [(7, 70), (13, 130)] and server.tap_remarks("t1", "dropped") == [5]
