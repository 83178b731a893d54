"""What the host's own view shows holds no secret, wherever one was planted."""
from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until
from testkit.local_view import Stream, ask

PLANTED = {"VF_SECRET_DB": "planted-db-9f3", "VF_SECRET_QUOTED": 'planted"quoted\\9f3', "VF_SECRET_LINES": "planted-line-one\nplanted-line-two"}
YAML = """\
sources:
  demo: { type: demo_logs, format: json, interval: 1 }
transforms:
  parse:
    type: remap
    inputs: [demo]
    source: |
      .token = "planted-vrl"
      .note = "planted-db-9f3 stands in the text itself"
sinks:
  out:
    type: blackhole
    inputs: [parse]
    uri: "https://user:planted-userinfo@example.com/"
    auth: { strategy: basic, user: me, password: planted-password }
    api_key: &key "planted-api-key"
    headers: { Authorization: "Bearer planted-bearer-token" }
    key_pass: ${VF_SECRET_DB}
"""


def check(what, text):
    assert "planted" not in text, f"{what} shows a secret: {text[max(0, text.index('planted') - 80):][:200]}"


@scenario
def inspect_and_options_show_no_secret():
    with StandinServer() as server:
        server.enrollment_token = "vf_enroll_planted_0123456789abcdef_" + "0" * 64
        server.set_pipeline("p1", "# password: planted-comment\n" + YAML, name="edge", secrets=PLANTED)
        env = {"VF_UI_ADDR": "127.0.0.1:0", "HTTP_PROXY": "http://user:planted@127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost"}
        with Agent(server, env=env) as agent:
            wait_until(lambda: ask(agent, "/status").json["pipelines"], 20, "it is known")
            inspected = ask(agent, "/pipelines/edge/inspect")
            check("inspect", inspected.text)
            report = inspected.json
            assert report["secretNames"] == sorted(PLANTED), report
            assert "${VF_SECRET_DB}" in report["yaml"] and "strategy: basic" in report["yaml"], report["yaml"]
            assert "interval: 1" in report["yaml"] and ".note = " in report["yaml"], report["yaml"]
            options = {option["name"]: option for option in ask(agent, "/options").json}
            check("options", ask(agent, "/options").text)
            assert options["VF_TOKEN"]["value"] == "***" and options["HTTP_PROXY"]["value"] == "http://***@127.0.0.1:9", options
            assert options["VF_POLL_INTERVAL"] == {"name": "VF_POLL_INTERVAL", "value": "5s", "given": False}, options
            for target in ("/status", "/readings?components=1", "/metrics"):
                check(target, ask(agent, target).text)


@scenario
def logs_show_no_value_of_a_secret_that_vector_prints():
    with StandinServer() as server:
        printed = ["says planted-db-9f3 and planted-line-two", 'says "planted\\"quoted\\\\9f3"', "harmless words"]
        server.set_pipeline("p1", pipeline_yaml(print=printed), secrets=PLANTED)
        with Agent(server) as agent:
            agent.wait_running("p1")
            lines = wait_until(lambda: (lambda found: found if "harmless" in str(found) else None)(ask(agent, "/pipelines/p1/logs").lines), 20, "printed")
            check("logs", str(lines))
            assert any("says *** and ***" in line["line"] for line in lines), lines
            with Stream(agent, "/pipelines/p1/logs?follow=1") as stream:
                check("a followed log", str(stream.until(lambda line: "harmless" in line["line"])))


@scenario
def a_followed_log_hides_a_secret_that_is_new_since_it_was_opened():
    """And still the old one."""
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print=["first words"]), secrets={"A": "planted-old"})
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            with Stream(agent, "/pipelines/p1/logs?follow=1&n=500") as stream:
                stream.until(lambda line: "first words" in line["line"])
                server.deploy("p1", pipeline_yaml(print=["has planted-new, had planted-old", "last words"]), secrets={"A": "planted-new"})
                seen = stream.until(lambda line: "last words" in line["line"])
            check("a followed log", str(seen))
            assert any("has ***, had ***" in line["line"] for line in seen), seen
