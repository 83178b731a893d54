"""Issue 3, point 2: the newest state wins, at the cost of a handful of polls; the server's limits are never reached."""
import itertools
import time

from harness import Agent, StandinServer, Stopwatch, expect_once_below, main, pipeline_yaml, scenario, wait_until


@scenario
def two_hundred_changes_in_two_seconds_cost_a_handful_of_polls():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.set_pipeline("p1", pipeline_yaml("start"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            changes = itertools.count()

            def storm():
                """From its last change to the process that runs with it."""
                before, watch = len(server.requests_to("config")), Stopwatch()
                for number in itertools.islice(changes, 200):
                    server.deploy("p1", pipeline_yaml(f"change {number}."))
                    time.sleep(0.01)
                lasted, watch = watch.elapsed(), Stopwatch()
                wait_until(lambda: agent.vector(f"# change {number}."), 30, "the last change runs")
                took = watch.elapsed()
                agent.wait_version("p1", server.catalog.get("p1").version)
                polls = len(server.requests_to("config")) - before
                assert 1 <= polls <= 7 + lasted / 2.7, f"{polls} polls, in a storm of {lasted:.1f} s"
                return took
            expect_once_below(3, storm, "the last of 200 changes")
            assert not [r for r in server.requests if r.status == 429]


@scenario(limit=120)
def a_storm_that_lasts_stays_within_the_limits():
    with StandinServer() as server:
        server.poll_interval_ms = 60000
        server.set_pipeline("p1", pipeline_yaml("start", flood={"lines_per_second": 50}))
        with Agent(server, env={"VF_LOG_FLUSH_INTERVAL": "100ms"}) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            end, number = time.monotonic() + 62, 0
            while time.monotonic() < end:   # polls, heartbeats and log posts all want to go out all the time
                number += 1
                server.deploy("p1", pipeline_yaml(f"change {number}.", flood={"lines_per_second": 50}))
                time.sleep(0.4)
            wait_until(lambda: agent.vector(f"# change {number}."), 20, "the last change runs")
            assert not [r for r in server.requests if r.status == 429]
            assert len(server.requests_to("config")) >= 15, "and it kept up meanwhile"


main()
