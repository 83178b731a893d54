"""`top`: once for scripts, live for people."""
import json
import signal

from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until

from common import OnTerminal, command


def many(server, count):
    server.set_pipelines([pipeline(server, number) for number in range(count)])


def pipeline(server, number):
    from harness import Pipeline
    return Pipeline(f"p{number:03}", pipeline_yaml(), name=f"pipeline-{number:03}-with-a-long-name")


@scenario(limit=120)
def once_is_a_table_with_rates_or_json():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        server.set_pipeline("p2", pipeline_yaml(crash_after="0.1s"), name="broken")
        with Agent(server) as agent:
            agent.wait_running("p1")

            def with_rates():
                code, out, err = command(agent, "top", "--once", "-o", "json")
                one = next(p for p in json.loads(out)["pipelines"] if p["name"] == "edge")
                assert code == 0 and one["state"] == "running" and one["memoryBytes"] > 1 << 20, (out, err)
                return one["eventsInPerSecond"] >= 0 and "cpuPercent" in one
            wait_until(with_rates, 60, "rates; a figure that comes late costs a try")
            code, out, err = command(agent, "top", "-n", "2", "-d", "1", env={"COLUMNS": "80"})
            assert code == 0 and out.count("PIPELINE") == 2 and out.index("broken") < out.index("edge"), out
            assert all(len(line) <= 80 for line in out.splitlines()), out


@scenario(limit=150)
def it_is_live_until_q_scrolls_and_sorts_and_fits():
    with StandinServer() as server:
        many(server, 30)
        with Agent(server) as agent:
            agent.wait_running("p000", "p029", timeout=90)
            with OnTerminal(agent, "top", "-d", "1") as terminal:
                terminal.wait_for("more below; sorted by name")
                lines = terminal.frame()
                assert len(lines) <= 24 and all(len(line) <= 80 for line in lines), lines
                assert "pipeline-000" in "".join(lines) and "pipeline-029" not in "".join(lines), lines
                terminal.wait_for("0 more below", since=terminal.press("G"))
                assert "30 running" not in terminal.frame()[1] or "of 30 running" in terminal.frame()[1]
                terminal.wait_for("sorted by in", since=terminal.press("s"))
                at = terminal.press("\x1b[H")
                terminal.wait_for("0 more above", since=at)
                terminal.resize(60, 120)
                terminal.process.send_signal(signal.SIGWINCH)
                terminal.wait_for("pipeline-029-with-a-long-name", since=len(terminal.seen))
                terminal.press("q")
                assert terminal.end() == 0
                assert terminal.seen.endswith("\x1b[?25h\x1b[?1049l"), repr(terminal.seen[-80:])


@scenario
def whatever_ends_it_gives_the_terminal_back():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            for number, key in ((signal.SIGINT, "\x03"), (signal.SIGTERM, None), (signal.SIGHUP, None), (signal.SIGQUIT, "\x1c")):
                with OnTerminal(agent, "top") as terminal:
                    terminal.wait_for("PIPELINE")
                    terminal.press(key) if key else terminal.process.send_signal(number)
                    assert terminal.end() == -number, number
                    assert "\x1b[?25h\x1b[?1049l" in terminal.seen
            with OnTerminal(agent, "top", "-d", "1") as terminal:
                terminal.wait_for("PIPELINE")
                agent.stop()
                terminal.wait_for("none runs there")   # and goes on, as the agent may come back
                agent.start()
                terminal.wait_for("control plane connected", since=len(terminal.seen), timeout=40)
                terminal.press("q")
                assert terminal.end() == 0


@scenario
def colour_is_for_terminals_that_want_it():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml())
        with Agent(server) as agent:
            agent.wait_running("p1")
            for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
                with OnTerminal(agent, "status", env=env) as terminal:
                    assert terminal.end() in (0, 1)
                    assert ("\x1b[32m" in terminal.seen) == coloured, (env, terminal.seen)
            assert "\x1b" not in command(agent, "status")[1]
