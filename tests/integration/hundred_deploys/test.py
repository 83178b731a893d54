"""A hundred deploys in a row leave what one would have left."""
import os

from harness import look, main, scenario, wait_until
from testkit.deployed import in_sync_words, row, running
from testkit.successors import vectors
from testkit.versions import version, wait_shown

PIPELINES = [f"p{number}" for number in range(1, 6)]
ROUNDS = 20


def text(name, number):
    """A change of its number is a reload. In some rounds it is a restart: the global option changes too."""
    restarts = (number + PIPELINES.index(name)) // 3
    return version(f"{name} number {number}.", more=f"timezone: {('UTC', 'GMT')[restarts % 2]}\n")


def descriptors(agent):
    """({what it refers to, less numbers: how many} but for sockets, how many sockets)"""
    kinds, sockets = {}, 0
    for target in look(agent.pid).descriptors().values():
        kind = target.split(":")[0] if ":" in target else target
        if target.endswith(".new"):
            continue   # it is being written
        if kind == "socket":
            sockets += 1
        else:
            kinds[kind] = kinds.get(kind, 0) + 1
    return kinds, sockets


def files(agent, folder):
    return sorted(path.name for path in (agent.data_dir / folder).rglob("*") if path.is_file())


@scenario(limit=240)
def a_hundred_deploys_in_a_row_leave_the_last_versions_and_nothing_else():
    with running({name: text(name, 1) for name in PIPELINES}) as (server, agent):
        wait_until(lambda: in_sync_words(agent)["applied"] == len(PIPELINES))
        before, sockets = descriptors(agent)
        configs, state = files(agent, "pipelines"), {name.split(".")[0] for name in files(agent, "state/pipelines")}
        pids = {name: {row(server, name)["pid"]} for name in PIPELINES}
        for number in range(2, ROUNDS + 2):
            for name in PIPELINES:
                server.deploy(name, text(name, number))
            for name in PIPELINES:
                agent.wait_version(name, number)
                pids[name].add(row(server, name)["pid"])
        for name in PIPELINES:
            wait_shown(server, f"{name} number {ROUNDS + 1}.", name)
            assert [v.pid for v in vectors(agent, f"# {name} ")] == [row(server, name)["pid"]], f"one Vector of {name}"
            restarts = agent.metrics().one("vf_agent_pipeline_restarts_total", any_label=name)
            assert restarts == len(pids[name]) - 1 and 6 <= restarts <= 7, f"{name}: {restarts} restarts, {pids[name]}"
        assert len(vectors(agent)) == len(PIPELINES)
        assert in_sync_words(agent)["applied"] == len(PIPELINES)
        wait_until(lambda: descriptors(agent)[0] == before, 10, f"no descriptor is left open; before: {before}")
        # One connection is kept to each Vector's exporter, and one more may be open to the server.
        wait_until(lambda: descriptors(agent)[1] <= sockets + len(PIPELINES) + 1, 10, "no connection is left open")
        wait_until(lambda: len(agent.children()) == len(PIPELINES), 10, "it has no other child, and no dead one")
        assert files(agent, "pipelines") == configs and not files(agent, "staged")
        assert {name.split(".")[0] for name in files(agent, "state/pipelines")} == state
        assert not [path for path in agent.data_dir.rglob("*.new")], "no write was left half done"
        assert not os.path.exists(agent.data_dir / "state" / "broken")


main()
