"""Issue 3, point 4: what a Vector inherits: the agent's environment without what is the agent's, the secrets, three
descriptors."""
import os

from harness import Agent, StandinServer, main, pipeline_yaml, scenario, wait_until

OPERATOR = {"AWS_ACCESS_KEY_ID": "AKIA", "MY_REGION": "eu", "VECTOR_SELF_NODE_NAME": "node-7", "VECTOR_HOSTNAME": "h",
            "EMPTY": ""}
SYSTEMD = {"NOTIFY_SOCKET": "/nonexistent/notify", "LISTEN_FDS": "1", "LISTEN_PID": "1", "LISTEN_FDNAMES": "x",
           "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}
VECTOR_OPTIONS = {"VECTOR_CONFIG": "/nonexistent.yaml", "VECTOR_CONFIG_DIR": "/nonexistent",
                  "VECTOR_CONFIG_YAML": "/x.yaml", "VECTOR_WATCH_CONFIG": "true", "VECTOR_THREADS": "1",
                  "VECTOR_LOG": "trace", "VECTOR_LOG_FORMAT": "json", "VECTOR_COLOR": "always",
                  "VECTOR_REQUIRE_HEALTHY": "true", "VECTOR_GRACEFUL_SHUTDOWN_LIMIT_SECS": "1",
                  "VECTOR_NO_GRACEFUL_SHUTDOWN_LIMIT": "true", "VECTOR_STRICT_ENV_VARS": "true"}


def environment(agent, text):
    return agent.vector(text).process.environment()


@scenario
def the_agents_own_and_vectors_options_are_left_out():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("plain"))
        with Agent(server, env={**OPERATOR, **SYSTEMD, **VECTOR_OPTIONS, "VF_NODE_LABELS": "a=b"}) as agent:
            agent.wait_running("p1")
            has = environment(agent, "# plain")
            assert {name: has.get(name) for name in OPERATOR} == OPERATOR
            assert has["PATH"] == os.environ["PATH"]
            assert not [name for name in has if name.startswith("VF_")], has
            assert not set(has) & set(SYSTEMD), has
            assert not set(has) & set(VECTOR_OPTIONS), has


@scenario
def secrets_and_log_level_reach_their_own_pipeline_only():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("first", print=["the secret is ${VF_SECRET_A}"]), log_level="debug",
                            secrets={"VF_SECRET_A": "one two$three'", "OTHER": "x"})
        server.set_pipeline("p2", pipeline_yaml("second"), secrets={"VF_SECRET_B": "b"})
        with Agent(server) as agent:
            agent.wait_running("p1", "p2")
            first, second = environment(agent, "# first"), environment(agent, "# second")
            assert first["VF_SECRET_A"] == "one two$three'" and first["VECTOR_LOG"] == "debug" and first["OTHER"] == "x"
            assert "VF_SECRET_B" not in first and "VECTOR_LOG" not in second
            assert {n for n in second if n.startswith("VF_")} == {"VF_SECRET_B"}
            on_disk = [p for p in agent.data_dir.rglob("*.yaml") if b"one two" in p.read_bytes()]
            assert not on_disk, f"a secret is in {on_disk}"


@scenario
def a_changed_secret_reaches_the_pipeline():
    with StandinServer() as server:
        yaml = pipeline_yaml("same text", print=["value ${VF_SECRET_A}"])
        server.set_pipeline("p1", yaml, secrets={"VF_SECRET_A": "old"})
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            server.deploy("p1", yaml, secrets={"VF_SECRET_A": "new"})
            wait_until(lambda: environment(agent, "# same text")["VF_SECRET_A"] == "new", 20, "the new secret")
            agent.wait_version("p1", 2)
            server.deploy("p1", yaml, secrets={"VF_SECRET_A": "new"}, log_level="warn")
            wait_until(lambda: environment(agent, "# same text").get("VECTOR_LOG") == "warn", 20, "the new log level")


@scenario
def env_allow_is_a_strict_list():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("strict"), secrets={"VF_SECRET_A": "a"}, log_level="info")
        env = {**OPERATOR, **VECTOR_OPTIONS, "AWS_SECRET": "s", "OTHER": "o",
               "VF_ENV_ALLOW": "MY_REGION,AWS_*,VF_*,VECTOR_CONFIG"}
        with Agent(server, env=env) as agent:
            agent.wait_running("p1")
            has = environment(agent, "# strict")
            has.pop("VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION", None)
            assert set(has) == {"MY_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET", "VF_SECRET_A", "VECTOR_LOG"}, has


@scenario
def interpolation_works_in_every_version():
    for version in ("0.54.0", "0.55.1", "0.57.0"):
        with StandinServer() as server:
            server.set_pipeline("p1", pipeline_yaml(print=["region ${MY_REGION}, secret ${VF_SECRET_A}"]),
                                secrets={"VF_SECRET_A": "a"})
            with Agent(server, env={"MY_REGION": "eu", "STANDIN_VECTOR_VERSION": version}) as agent:
                agent.wait_running("p1")
                wait_until(lambda: "region eu, secret a" in server.log_lines("p1"), 20, f"interpolated by {version}")
                wait_until(lambda: server.last_heartbeat.get("vectorVersion") == version, 20, "its version is told")


@scenario
def only_three_descriptors_are_inherited():
    read, write = os.pipe()
    os.set_inheritable(read, True)
    with StandinServer() as server:
        for name in ("p1", "p2", "p3"):   # the later ones could inherit what belongs to the earlier
            server.set_pipeline(name, pipeline_yaml(list_fds=True))
        with Agent(server, pass_fds=[read]) as agent:
            agent.wait_running("p1", "p2", "p3")
            for name in ("p1", "p2", "p3"):
                wait_until(lambda: any(line.startswith("standin: fds ") for line in server.log_lines(name)), 20, name)
                listed = [line for line in server.log_lines(name) if line.startswith("standin: fd ")]
                numbers = {line.split()[2] for line in listed}
                assert numbers == {"0", "1", "2"}, listed
                assert any("fd 0 -> /dev/null" in line for line in listed), listed
    os.close(read)
    os.close(write)


@scenario
def signals_and_group_are_as_a_fresh_process_has_them():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print_process=True))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: any("NoNewPrivs" in line for line in server.log_lines("p1")), 20, "the last of them")
            lines = [line for line in server.log_lines("p1") if line.startswith("standin: ")]
            facts = "\n".join(lines)
            pid = server.statuses()["p1"]["pid"]
            assert f"pid={pid} " in facts and f"pgid={pid} " in facts, "in a group of its own"
            for word in ("SigBlk", "SigIgn"):
                mask = int(next(line.split()[-1] for line in lines if word in line), 16)
                # SIGPIPE is the stand-in's own doing; 32 and 33 are the C library's, which posix_spawn ignores.
                assert mask & ~(1 << 12 | 3 << 31) == 0, f"{word} {mask:x}"


main()
