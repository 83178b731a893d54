"""Issue 3, point 4: how a Vector is started: arguments, ports, files, the sidecar, and when it counts as running."""
import base64
import contextlib
import os
import re
import stat

from harness import (Agent, PortBlock, StandinServer, Stopwatch, expect_once_below, listening_socket, main, pipeline_yaml,
                     program, scenario, scratch_dir, stays, wait_until)


@contextlib.contextmanager
def running(*ids, env=None, **options):
    with StandinServer() as server:
        for name in ids:
            server.set_pipeline(name, pipeline_yaml(f"pipeline {name}."))
        with Agent(server, env=env, **options) as agent:
            agent.wait_running(*ids)
            wait_until(server.push_connected, what="the push stream")
            yield server, agent


@scenario
def a_vector_is_started_with_its_config_and_the_sidecar():
    with running("p1") as (_, agent):
        vector = agent.vector("pipeline p1.")
        config = vector.configs[0]
        assert vector.arguments == ["--config", config, "--config", config + ".vf-metrics.yaml"], vector.arguments
        for path in vector.configs:
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path
        wait_until(lambda: not [p for p in agent.data_dir.rglob("*") if p.name.endswith((".new", ".tmp"))], 10, "nothing half done")


@scenario
def port_pairs_go_upward_and_are_never_recycled():
    with running("p1") as (server, agent):
        base = agent.ports.base
        assert agent.vector("pipeline p1.").ports() == (base, base + 1)
        server.deploy("p2", pipeline_yaml("pipeline p2."))
        agent.wait_running("p2")
        assert agent.vector("pipeline p2.").ports() == (base + 2, base + 3)
        server.remove("p1", announce=True)
        wait_until(lambda: len(agent.vectors()) == 1, 20, "p1 is stopped")
        server.deploy("p3", pipeline_yaml("pipeline p3."))
        agent.wait_running("p3")
        assert agent.vector("pipeline p3.").ports() == (base + 4, base + 5)
        server.deploy("p1", pipeline_yaml("pipeline p1."))
        agent.wait_running("p1")
        assert agent.vector("pipeline p1.").ports() == (base + 6, base + 7)


@scenario
def ports_are_kept_when_a_pipeline_is_changed_or_crashes():
    with running("p1", "p2") as (server, agent):
        vector = agent.vector("pipeline p1.")
        ports, pid = vector.ports(), vector.pid
        vector.process.kill()
        wait_until(lambda: agent.vector("pipeline p1.").pid != pid, 20, "it is started again")
        assert agent.vector("pipeline p1.").ports() == ports
        server.deploy("p1", pipeline_yaml("changed p1.", more="timezone: UTC\n"))
        agent.wait_version("p1", 2)
        assert agent.vector("changed p1.").ports() == ports


@scenario
def a_pair_that_somebody_holds_is_skipped():
    block = PortBlock()
    with listening_socket(block.base), listening_socket(block.base + 3), \
            running("p1", ports=block) as (_, agent):
        assert agent.vector("pipeline p1.").ports() == (block.base + 4, block.base + 5)
    block.release()


@scenario
def running_means_that_health_answers():
    with StandinServer() as server:
        server.set_pipeline("slow", pipeline_yaml("slow", start_delay="6s"))
        server.set_pipeline("never", pipeline_yaml("never", health=False))
        server.set_pipeline("mute", pipeline_yaml("mute", health="hang"))
        watch = Stopwatch()
        with Agent(server) as agent:
            wait_until(lambda: len(agent.vectors()) == 3, what="three processes")
            wait_until(lambda: {server.status(i) for i in ("slow", "never", "mute")} == {"STARTING"}, 20, "STARTING")
            stays(lambda: server.status("slow") == "STARTING" or watch.elapsed() > 6, 3, "two seconds prove nothing")
            agent.wait_running("slow")
            watch.expect_at_least(6, "health")
            assert server.status("never") == server.status("mute") == "STARTING"
            assert len(agent.vectors()) == 3


@scenario
def a_vector_is_seen_running_at_once():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        with Agent(server) as agent:
            wait_until(server.push_connected, what="the push stream")
            ids = iter(("p1", "p2", "p3"))

            def seen_running():
                watch, name = Stopwatch(), next(ids)
                server.deploy(name, pipeline_yaml())
                agent.wait_running(name)
                return watch.elapsed()
            expect_once_below(4, seen_running, "start, health and heartbeat")


@scenario
def the_lean_sidecar_lets_through_only_what_is_read():
    with running("p1") as (_, agent):
        sidecar = agent.vector("pipeline p1.").sidecar()
        assert "vf_internal_metrics" in sidecar and "vf_metrics_exporter" in sidecar
        assert "host_metrics" not in sidecar, "the agent reads those figures itself"
        assert re.search(r"vf_\w+:\s+(#.*\s+)*type: filter", sidecar), sidecar
        assert re.search(r"scrape_interval_secs:\s*5", sidecar), sidecar


@scenario
def the_full_sidecar_is_the_one_of_the_description():
    with running("p1", env={"VF_SIDECAR": "full"}) as (server, agent):
        sidecar = agent.vector("pipeline p1.").sidecar()
        for wanted in ("vf_internal_metrics", "type: internal_metrics", "vf_host_metrics", "type: host_metrics",
                       "vf_metrics_exporter", "type: prometheus_exporter", "enabled: true"):
            assert wanted in sidecar, wanted
        assert re.search(r'inputs:\s*\[\s*"?vf_internal_metrics"?,\s*"?vf_host_metrics"?\s*\]', sidecar), sidecar
        wait_until(lambda: server.statuses()["p1"].get("eventsIn"), 60, "and it is scraped")


@scenario
def an_api_section_of_its_own_does_not_break_the_merge():
    sections = ['api:\n  enabled: true\n  address: "127.0.0.1:8686"\n', "api: { enabled: false }\n",
                "api:\n  enabled: true\n  address: 0.0.0.0:9999\n  playground: true\n  graphql: true\n"]
    with StandinServer() as server:
        for number, section in enumerate(sections):
            server.set_pipeline(f"p{number}", pipeline_yaml(f"with api {number}", more=section, print=["still here"]))
        with Agent(server, env={"STANDIN_VECTOR_VERSION": "0.57.0"}) as agent:
            agent.wait_running("p0", "p1", "p2")
            pairs = sorted(agent.vector(f"with api {n}").ports() for n in range(3))
            assert pairs == [(agent.ports.base + 2 * n, agent.ports.base + 2 * n + 1) for n in range(3)]


@scenario
def certificates_work_below_any_data_dir():
    fixed = "/var/lib/vf-agent/certs"
    source = f"""
sources:
  web:
    type: http_server
    address: 127.0.0.1:1
    tls: {{ crt_file: "{fixed}/shop.pem", key_file: "{fixed}/shop.key" }}
sinks:
  out: {{ type: blackhole, inputs: [web] }}
"""
    files = [{"name": "shop", "filename": name, "data": base64.b64encode(data).decode()}
             for name, data in (("shop.pem", b"-- certificate --"), ("shop.key", b"-- key \x00\xff --"))]
    with StandinServer() as server:
        server.set_pipeline("p1", "# secure" + source, cert_files=files)
        with Agent(server) as agent:
            agent.wait_running("p1")
            config = agent.vector("# secure").config()
            for name, data in (("shop.pem", b"-- certificate --"), ("shop.key", b"-- key \x00\xff --")):
                path = re.search(rf'[\w/.@+-]*/{re.escape(name)}', config)[0]
                with open(path, "rb") as file:
                    assert file.read() == data, path
                assert str(agent.data_dir) in os.path.realpath(path), path
                assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path


@scenario
def a_certificate_cannot_be_written_elsewhere():
    evil = [{"name": "evil", "filename": "../../escaped", "data": base64.b64encode(b"x").decode()}]
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("good"))
        server.set_pipeline("p2", pipeline_yaml("evil"), cert_files=evil)
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: server.requests_to("heartbeat"), 20, "a heartbeat")
            assert not list(agent.scratch.rglob("escaped"))


@scenario
def any_id_is_a_pipeline_of_its_own():
    ids = ["x", "x.yaml.vf-metrics", "X", "../up", "a/b", "a b", "ü", ".", "..", "%2e", "i" * 200, "-", "nul\u0001"]
    with StandinServer() as server:
        for number, name in enumerate(ids):
            server.set_pipeline(name, pipeline_yaml(f"number {number}."))
        with Agent(server) as agent:
            agent.wait_running(*ids, timeout=60)
            assert len({tuple(agent.vector(f"number {n}.").configs) for n in range(len(ids))}) == len(ids)
            outside = [path for path in agent.scratch.rglob("*.yaml") if agent.data_dir not in path.parents]
            assert not outside, outside


@scenario
def a_missing_vector_is_one_clear_message_and_a_retry():
    with StandinServer() as server, scratch_dir() as folder:
        server.set_pipeline("p1", pipeline_yaml("one"))
        server.set_pipeline("p2", pipeline_yaml("two"))
        with Agent(server, env={"VF_VECTOR_BIN": folder / "vector"}) as agent:
            for name in ("p1", "p2"):
                wait_until(lambda: server.status(name) == "CRASHED", 20, f"{name} is CRASHED")
            agent.wait_says(rf"(?i){folder}/vector.*(no such file|not found)")
            assert agent.healthz() == 200
            (folder / "vector").write_text("no program")   # there, but not executable
            agent.wait_says(rf"(?i){folder}/vector.*(permission denied|not executable)")
            (folder / "vector").unlink()
            os.symlink(program("VF_TEST_VECTOR"), folder / "vector")
            agent.wait_running("p1", "p2", timeout=60)


@scenario
def a_bare_name_is_looked_up_on_path():
    with StandinServer() as server, scratch_dir() as folder:
        os.symlink(program("VF_TEST_VECTOR"), folder / "vector")
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server, env={"VF_VECTOR_BIN": None, "PATH": f"/nonexistent:{folder}:{os.environ['PATH']}"}) as agent:
            agent.wait_running("p1")


main()
