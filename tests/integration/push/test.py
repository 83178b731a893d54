"""Issue 3, point 2: the push stream: fast, reconnected, never trusting a foreign host, not upset by what it carries."""
import itertools

from harness import (Agent, StandinServer, Stopwatch, Trap, expect_once_below, main, pipeline_yaml, scenario, stays,
                     wait_until)


def connected(server, more_than=0):
    wait_until(lambda: server.push_connected() and server.push_connections() > more_than, 20, "the push stream")


def calm(server):
    """A server that would be asked again only after a minute: what happens sooner came by push."""
    server.poll_interval_ms = 60000
    server.set_pipeline("p1", pipeline_yaml("one"))


@scenario
def a_deploy_is_applied_by_push():
    with StandinServer() as server:
        calm(server)
        with Agent(server) as agent:
            agent.wait_running("p1")
            connected(server)
            words = itertools.count(2)

            def deployed():
                watch, word = Stopwatch(), next(words)
                server.deploy("p1", pipeline_yaml(f"number {word}."))
                wait_until(lambda: agent.vector(f"# number {word}."), 30, "it runs")
                took = watch.elapsed()
                agent.wait_version("p1", word)
                return took
            expect_once_below(3, deployed, "a deploy")
            server.deploy("p2", pipeline_yaml("three"))
            agent.wait_version("p2", 1)


@scenario
def a_dropped_stream_comes_back_and_nothing_is_missed():
    with StandinServer() as server:
        calm(server)
        with Agent(server) as agent:
            agent.wait_running("p1")
            connected(server)
            opened = server.push_hub.streams()[0].opened
            wait_until(lambda: agent.metrics().one("vf_agent_push_connected") == 1)
            server.delay("push", 1, times=1)
            server.drop_push()
            server.set_pipeline("p1", pipeline_yaml("missed"))   # deployed while nobody listened
            wait_until(lambda: agent.metrics().one("vf_agent_push_connected") == 0, what="the loss is seen")
            connected(server, 1)
            agent.wait_version("p1", 2, timeout=10)
            wait_until(lambda: agent.metrics().one("vf_agent_push_reconnects_total") >= 1, what="it is counted")
            assert server.push_hub.streams()[1].opened - opened > 0.5, "not at once"
            wait_until(lambda: agent.metrics().one("vf_agent_push_connected") == 1)


@scenario
def reconnects_back_off():
    with StandinServer() as server:
        calm(server)
        server.fail("push", 500, times=None)
        with Agent(server):
            wait_until(lambda: len(server.requests_to("push")) >= 4, 40, "four tries")
            times = [r.at for r in server.requests_to("push")]
            gaps = [b - a for a, b in zip(times, times[1:])]
            assert gaps[0] >= 0.4 and gaps[2] >= 1.5, gaps   # 1, 2, 4 s, up to half of it taken off
            server.clear_faults()
            connected(server)


@scenario
def three_short_lived_streams_turn_to_the_fallback():
    with StandinServer() as server:
        calm(server)
        server.extra_push_paths = {"/gateway/push"}
        server.push_url = server.url + "/gateway/push"
        server.short_lived_push(path="/gateway/push")
        with Agent(server) as agent:
            wait_until(lambda: "/api/agent/push" in [s.path for s in server.push_hub.current()], 40, "the fallback URL")
            assert [s.path for s in server.push_hub.streams()] == ["/gateway/push"] * 3 + ["/api/agent/push"]
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)


@scenario
def a_foreign_push_url_never_gets_the_token():
    with StandinServer() as server, Trap() as trap:
        calm(server)
        for url in (f"http://127.0.0.1:{trap.port}/api/agent/push", f"http://localhost:{trap.port}/api/agent/push",
                    "https://127.0.0.1:1/api/agent/push", "not a url", ""):
            server.push_url = url
            before = server.push_connections()
            with Agent(server):
                connected(server, before)
            assert not trap.received, f"{url}: {trap.received}"
            assert {s.path for s in server.push_hub.streams()} == {"/api/agent/push"}


@scenario
def a_silent_stream_is_reconnected_and_a_live_one_is_not():
    with StandinServer(keepalive=0.5) as server:
        calm(server)
        with Agent(server, env={"VF_TEST_PUSH_SILENCE": "6s"}) as agent:
            agent.wait_running("p1")
            connected(server)
            stays(lambda: server.push_connections() == 1, 8, "keepalives are signs of life")
            watch = Stopwatch()
            server.half_open_push()
            wait_until(lambda: server.push_connections() == 2, 20, "a new stream")
            watch.expect_at_least(4, "patience with a silent stream")
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)


@scenario
def a_restart_can_be_asked_for():
    with StandinServer() as server:
        calm(server)
        server.set_pipeline("p2", pipeline_yaml("other"))
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            connected(server)
            before, other = agent.vector("# one"), agent.vector("# other")
            server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
            wait_until(lambda: agent.vector("# one").pid != before.pid, 20, "a new process")
            wait_until(lambda: server.statuses()["p1"].get("pid") not in (None, before.pid)
                       and server.status("p1") == "RUNNING", 20, "and it is told")
            assert agent.vector("# one").ports() == before.ports()
            assert agent.vector("# other").pid == other.pid
            server.push({"type": "action", "action": "restart", "pipelineId": "nobody"})
            server.push({"type": "action", "action": "restart"})
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)


@scenario
def an_update_that_is_not_supported_yet_is_refused_by_word():
    update = {"targetVersion": "99.0.0", "downloadUrl": "https://updates.example.invalid/vf-agent",
              "checksum": "sha256:" + "0" * 64}
    with StandinServer() as server:
        calm(server)
        server.pending_action = {"type": "self_update", "orchestration": {"wave": 1}, **update}
        with Agent(server) as agent:
            wait_until(lambda: server.pending_action is None, 20, "updateError clears what was polled")
            connected(server)
            server.pending_action = {"type": "self_update", **update, "targetVersion": "99.0.1"}
            server.push({"type": "action", "action": "self_update", **update, "targetVersion": "99.0.1"})
            wait_until(lambda: server.pending_action is None, 20, "and what was pushed")
            agent.wait_running("p1")


@scenario
def whatever_the_stream_carries_the_agent_lives():
    with StandinServer() as server:
        calm(server)
        with Agent(server) as agent:
            agent.wait_running("p1")
            connected(server)
            for _ in range(3):
                server.push({"type": "dance", "steps": 3})
            for raw in (b"data: {not json\n\n", b"data:\n\n", b"event: config_changed\n\n", b": a comment\n\n",
                        b"data: null\n\n", b"data: []\n\n", b'data: {"type": 5}\n\n', b'data: {"type":"tap_start"}\n\n',
                        b'data: {"type":"poll_interval","intervalMs":-1}\n\n', b'data: {"type":"poll_interval"}\n\n',
                        b"retry: nonsense\n\n", b"\xff\xfe\x00\n\n", b"id: 1\r\ndata: {}\r\n\r\n",
                        b"data: " + b"x" * (2 << 20) + b"\n\n"):
                server.push_raw(raw)
            server.deploy("p1", pipeline_yaml("two"))
            agent.wait_version("p1", 2)
            assert agent.output().count("dance") == 1, "an unknown type is said once"
            connections = server.push_connections()
            for byte in b'event: config_changed\r\ndata: {"type":"config_changed"}\r\n\r\n':
                server.push_raw(bytes([byte]))
            server.set_pipeline("p1", pipeline_yaml("three"))
            server.config_changed("p1")
            agent.wait_version("p1", 3)
            assert server.push_connections() == connections, "none of it cost the stream"


main()
