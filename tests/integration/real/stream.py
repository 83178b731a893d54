"""A stream goes on through deploys, and through the agent's death."""
from common import expect_all, fed, numbers
from harness import scenario, wait_until
from testkit.deployed import in_sync_words, row
from testkit.successors import start_again, vector, wait_pid


@scenario(limit=240)
def twenty_deploys_in_the_middle_of_a_stream_cost_no_line_and_no_connection():
    with fed("number 1.") as stream:
        server, agent = stream.server, stream.agent
        before = row(server)
        for number in range(2, 22):
            server.deploy("p1", stream.yaml(f"number {number}."))
            agent.wait_version("p1", number)
            stream.wait_word(f"number {number}.")
            now = row(server)
            assert now["pid"] == before["pid"], f"version {number} by a reload"
            assert now["configChecksum"] == server.catalog.get("p1").wire()["checksum"], f"version {number} is told"
        wait_until(lambda: in_sync_words(agent)["applied"] == 1)
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == 0
        assert vector(agent).pid == before["pid"]
        stream.expect_nothing_lost()


@scenario(limit=120)
def a_killed_agent_in_the_middle_of_a_stream_costs_no_line_no_connection_and_no_log():
    with fed() as stream:
        server, agent = stream.server, stream.agent
        before = row(server)

        def shown():
            return numbers(line for line in server.log_lines("p1") if line.startswith("{"))
        for _ in range(3):
            wait_until(lambda: len(shown()) > 100, 20, "lines come")
            agent.kill()
            server.store_heartbeat({"pipelines": []})   # what is seen below is the next agent's word
            sent = stream.sender.sent
            wait_until(lambda: stream.sender.sent > sent + 200, 20, "Vector is fed while no agent runs")
            start_again(server, agent)
            wait_pid(server, before["pid"])
            assert row(server)["version"] == 1
        server.deploy("p1", stream.yaml("two"))   # by a reload, of a process that is nobody's child
        agent.wait_version("p1", 2)
        assert row(server)["pid"] == before["pid"]
        stream.wait_word("two")
        stream.expect_nothing_lost()
        sent = stream.sender.sent
        wait_until(lambda: shown() and max(shown()) == sent, 30, "the last line is shipped")
        expect_all(shown(), sent, "shipped from its stdout")
