"""What an integration scenario needs, in one import.

    from harness import Agent, StandinServer, main, pipeline_yaml, scenario, wait_until

    @scenario
    def a_deploy_runs():
        with StandinServer() as server:
            server.set_pipeline("p1", pipeline_yaml())
            with Agent(server) as agent:
                agent.wait_running("p1")

    main()

Leaving the agent's block stops it and checks: exit code 0, nothing left behind, no sanitizer report, no violation of
the wire contract. Conditions are waited for, never slept for; VF_TEST_SLOWDOWN stretches every deadline.
"""
from standin_server import Pipeline, StandinServer, checksum
from testkit.agent import Agent, follow_output, program, run_agent, vector_env, vector_fds
from testkit.certificates import Authority
from testkit.exposition import Exposition
from testkit.folder import Folder, directory_agent, scratch_dir
from testkit.peers import ConnectProxy, Trap
from testkit.ports import PortBlock, listening_socket
from testkit.proc import children, connections_to, everything, look, with_argument
from testkit.scenarios import Skip, main, scenario
from testkit.vectors import Vector, pipeline_yaml
from testkit.waiting import SLOWDOWN, Broken, Stopwatch, expect_once_below, scaled, stays, wait_until

__all__ = [
    "Agent", "Authority", "Broken", "ConnectProxy", "Exposition", "Folder", "Pipeline", "PortBlock", "SLOWDOWN",
    "Skip", "StandinServer", "Stopwatch", "Trap", "Vector", "checksum", "children", "connections_to",
    "directory_agent", "everything", "expect_once_below", "follow_output", "listening_socket", "look", "main", "pipeline_yaml", "program",
    "run_agent", "scaled", "scenario", "scratch_dir", "stays", "vector_env", "vector_fds", "wait_until",
    "with_argument"]
