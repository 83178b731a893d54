"""Issue 3, point 4: SIGTERM, patience, SIGKILL; many at once; a slow stop delays nothing else."""
from harness import Agent, Broken, StandinServer, Stopwatch, main, pipeline_yaml, scenario, wait_until


def start(server, agent, *ids):
    agent.wait_running(*ids)
    wait_until(server.push_connected, what="the push stream")


@scenario
def a_vector_may_drain():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("draining", drain="3s"))
        with Agent(server) as agent:
            start(server, agent, "p1")
            process = agent.vector("# draining").process
            watch = Stopwatch()
            server.remove("p1", announce=True)
            wait_until(lambda: not process.alive(), 20, "it ended")
            watch.expect_at_least(3, "its drain")
            wait_until(lambda: server.statuses() == {}, 20, "and is not listed any more")
            wait_until(lambda: any("Vector has stopped." in line for line in server.log_lines("p1")), 20,
                       "its last words are shipped")


@scenario
def one_that_ignores_sigterm_is_killed():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("stubborn", ignore_term=True))
        with Agent(server, env={"VF_STOP_TIMEOUT": "3s"}) as agent:
            start(server, agent, "p1")
            process = agent.vector("# stubborn").process
            watch = Stopwatch()
            server.remove("p1", announce=True)
            wait_until(lambda: not process.alive(), 20, "it is gone")
            watch.expect_at_least(3, "VF_STOP_TIMEOUT")
            agent.wait_says(r"(?i)kill")


@scenario
def a_slow_stop_delays_nothing_else():
    with StandinServer() as server:
        server.set_pipeline("slow", pipeline_yaml("slow one", drain="20s"))
        server.set_pipeline("p2", pipeline_yaml("p2 one"))
        with Agent(server, env={"VF_STOP_TIMEOUT": "30s"}) as agent:
            start(server, agent, "slow", "p2")
            slow = agent.vector("# slow one").process
            server.remove("slow", announce=True)
            wait_until(lambda: "Vector has stopped." in "\n".join(server.log_lines("slow")), what="it drains")
            server.deploy("p2", pipeline_yaml("p2 two"))
            server.deploy("p3", pipeline_yaml("p3 one"))
            wait_until(lambda: agent.vector("# p2 two") and agent.vector("# p3 one"), 10, "both deploys run")
            agent.wait_running("p3")
            assert slow.alive(), "during its drain"


@scenario
def a_change_during_a_drain_waits_for_its_end_and_the_newest_wins():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("version 1.", drain="4s", more="timezone: UTC\n"))
        with Agent(server, env={"VF_STOP_TIMEOUT": "30s"}) as agent:
            start(server, agent, "p1")
            first = agent.vector("version 1.").process
            server.push({"type": "action", "action": "restart", "pipelineId": "p1"})
            wait_until(lambda: any("Vector has stopped." in line for line in server.log_lines("p1")), what="it drains")
            for number in (2, 3, 4):
                server.deploy("p1", pipeline_yaml(f"version {number}.", drain="0s"))

            def never_two():
                if len(agent.vectors()) > 1:
                    raise Broken("two Vectors for one pipeline")
                return not first.alive()
            wait_until(never_two, 20, "the first one ends")
            agent.wait_version("p1", 4)


@scenario
def many_are_stopped_side_by_side():
    with StandinServer() as server:
        ids = [f"p{n}" for n in range(6)]
        for name in ids:
            server.set_pipeline(name, pipeline_yaml(drain="3s"))
        with Agent(server) as agent:
            start(server, agent, *ids)
            watch = Stopwatch()
            server.maintenance(True)
            wait_until(lambda: not agent.vectors(), 30, "all are stopped")
            watch.expect_below(15, "six drains of 3 s")


@scenario
def one_that_comes_back_while_it_is_being_stopped_runs_again():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("again", drain="3s"))
        with Agent(server) as agent:
            start(server, agent, "p1")
            first = agent.vector("# again").process
            server.remove("p1", announce=True)
            wait_until(lambda: any("Vector has stopped." in line for line in server.log_lines("p1")), what="it drains")
            server.deploy("p1", pipeline_yaml("again"), version=1)
            wait_until(lambda: not first.alive(), 20, "the old process ends")
            wait_until(lambda: agent.vector("# again").pid != first.pid, 20, "a new one runs")
            agent.wait_running("p1")


main()
