"""A deploy onto a full disk costs nothing but the deploy; a data dir that cannot be written is said at once."""
from harness import Agent, StandinServer, scenario, stays, wait_until
from testkit.deployed import row
from testkit.small_disk import small_disk
from testkit.versions import version, wait_shown


@scenario
def a_deploy_onto_a_full_disk_waits_for_space_and_costs_nothing():
    with small_disk() as disk, StandinServer() as server:
        server.poll_interval_ms = 1000
        server.set_pipeline("p1", version("one"))
        with Agent(server, data_dir=disk.path / "data") as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            pid = row(server)["pid"]
            # By a reload, then by a restart. A version larger than what may be left of some page.
            for number, more in ((2, ""), (3, "timezone: UTC\n")):
                before, said = row(server), len(agent.output())
                disk.fill()
                server.deploy("p1", version(f"number {number}.", more=more + "# " + "x" * 20000 + "\n"))
                wait_until(lambda: "No space left on device" in agent.output()[said:], 20, "it is said")
                wait_until(lambda: any("No space left on device" in line for line in server.log_lines("p1")), 20,
                           "to the server too")
                stays(lambda: row(server)["pid"] == before["pid"] and row(server)["status"] == "RUNNING"
                      and row(server)["version"] == number - 1, 3, "what ran runs on")
                disk.free_again()
                agent.wait_version("p1", number)
                wait_shown(server, f"number {number}.")
                assert (row(server)["pid"] == pid) == (number == 2)


@scenario
def a_read_only_data_dir_is_one_clear_message_and_nothing_is_lost_by_it():
    with small_disk() as disk, StandinServer() as server:
        server.set_pipeline("p1", version("one"))
        with Agent(server, data_dir=disk.path / "data") as agent:
            agent.wait_running("p1")
            agent.stop()
            disk.read_only(True)
            said = len(agent.output())
            agent.start()
            assert agent.wait() == 1
            told = agent.output()[said:]
            assert "Read-only file system" in told and str(agent.data_dir) in told and "VF_DATA_DIR" in told, told
            disk.read_only(False)
            agent.start()
            agent.wait_running("p1")
