"""`restart`, `inspect`, `version`."""
import json
import re

from harness import Agent, StandinServer, pipeline_yaml, program, run_agent, scenario, wait_until

from common import command


@scenario
def a_restart_gives_another_process():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge one/two")
        with Agent(server) as agent:
            agent.wait_running("p1")
            before = agent.vectors()[0].pid
            code, out, err = command(agent, "restart", "edge one/two")
            assert code == 0 and "edge one/two" in out and not err, (code, out, err)
            wait_until(lambda: [v.pid for v in agent.vectors()] not in ([], [before]), 20, "another process")
            agent.wait_running("p1")


@scenario
def inspect_is_yaml_with_secrets_masked():
    yaml = pipeline_yaml(more='  http: { type: http, inputs: [parse], uri: "http://x", auth: { user: me, password: "literal-hunter2" } }\n')
    with StandinServer() as server:
        server.set_pipeline("p1", yaml, name="edge", secrets={"API_KEY": "secret-hunter2"})
        with Agent(server) as agent:
            wait_until(lambda: command(agent, "inspect", "edge")[0] == 0, 20, "it is known")
            code, out, err = command(agent, "inspect", "edge")
            assert code == 0 and "hunter2" not in out + err and "API_KEY" in out, out
            documents = out.split("\n---\n")
            assert len(documents) == 3 and all(line.startswith("#") for line in documents[0].splitlines()), out
            assert "sources:" in documents[1] and "vf_internal_metrics" in documents[2], out
            told = json.loads(command(agent, "inspect", "edge", "-o", "json")[1])
            assert told["id"] == "p1" and told["secretNames"] == ["API_KEY"], told


@scenario
def version_says_which_programs_there_are():
    ended = run_agent("version", env={"VF_VECTOR_BIN": program("VF_TEST_VECTOR")})
    assert ended.returncode == 0 and re.match(r"vf-agent \d+\.\d+\.\d+\n", ended.stdout) and "Vector 0." in ended.stdout, ended
    facts = json.loads(run_agent("version", "-o", "json", "--vector-bin", program("VF_TEST_VECTOR")).stdout)
    assert facts["vector"]["path"] == program("VF_TEST_VECTOR") and facts["agent"]["compiler"], facts
    ended = run_agent("version", "--vector-bin", "/nonexistent/vector")
    assert ended.returncode == 0 and "Vector: " in ended.stdout, ended
    assert re.fullmatch(r"vf-agent \d+\.\d+\.\d+\n", run_agent("--version").stdout)
