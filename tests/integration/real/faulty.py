"""A version that is no good costs nothing of what runs."""
import contextlib

from common import fed
from harness import listening_socket, scenario, stays, wait_until
from testkit.deployed import in_sync_words, row, wait_held
from testkit.successors import vector


@scenario
def a_version_that_validate_refuses_touches_nothing():
    with fed() as stream:
        server, agent = stream.server, stream.agent
        before = row(server)
        good = stream.yaml("two")
        for number, bad, reason in ((2, good.replace("type: remap,", "type: remap, nonsense: 1,"), "unknown field"),
                                    (3, good.replace(".word = ", ".word = no_such_function() + "), "no_such_function"),
                                    (4, good.replace("inputs: [parse]", "inputs: [nobody]"), "nobody")):
            assert bad != good
            server.deploy("p1", bad)
            wait_held(server, agent, reason)
            agent.wait_says(rf"version {number} is refused and held")
            now = row(server)
            assert (now["pid"], now["version"], now["status"]) == (before["pid"], 1, "RUNNING")
        assert set(stream.words()) == {"one"}
        server.deploy("p1", good)
        agent.wait_version("p1", 5)
        stream.wait_word("two")
        assert row(server)["pid"] == before["pid"]
        stream.expect_nothing_lost()


@contextlib.contextmanager
def reloaded_onto_a_taken_port(stream):
    """The process that was told to reload a version that listens on a port of somebody else's, and that version's YAML."""
    before, port = vector(stream.agent), stream.agent.ports.extra(1)
    source = f'  second: {{ type: socket, mode: tcp, address: "127.0.0.1:{port}" }}\n'
    with listening_socket(port):
        stream.server.deploy("p1", stream.yaml("two", source=source))
        yield before, source


def expect_back(stream, before):
    """It has ended: the last good version is there at once. Answers its process."""
    server, agent = stream.server, stream.agent
    again = wait_until(lambda: [v for v in agent.vectors() if v.pid != before.pid], 0.75, "before any backoff")[0]
    assert "# one" in again.config()
    wait_until(lambda: row(server)["pid"] == again.pid and row(server)["status"] == "RUNNING", 10, "told")
    assert row(server)["version"] == 1
    wait_until(lambda: in_sync_words(agent)["applied"] == 0, 10, "told as not in sync")
    agent.wait_says("version 2 is refused and held")
    stays(lambda: agent.vector("# one").pid == again.pid, 2, "held, the taken port is not tried again")
    return again


@scenario
def a_reload_that_ends_vector_brings_the_last_good_version_back_at_once():
    with fed() as stream:
        server, agent = stream.server, stream.agent
        stream.expect_nothing_lost()
        stream.sender.close()
        with reloaded_onto_a_taken_port(stream) as (before, source):
            wait_until(lambda: not before.process.alive(), 20, "Vector has reloaded, and ended")
            again = expect_back(stream, before)
        server.deploy("p1", stream.yaml("three", source=source))   # the port is free by now
        agent.wait_version("p1", 3)
        assert row(server)["pid"] == again.pid, "by a reload"


@scenario(limit=120)
def a_reload_that_ends_vector_lets_it_drain_its_clients_first():
    with fed() as stream, reloaded_onto_a_taken_port(stream) as (before, _):
        # Vector listens no more from here on, but reads who is connected for 30 s.
        stream.wait_word("two")
        wait_until(lambda: not before.process.alive(), 50, "it has drained, and ended")
        expect_back(stream, before)
