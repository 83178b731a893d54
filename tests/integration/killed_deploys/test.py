"""The agent is killed at each single step of a deploy, and the next one goes on from there."""
import concurrent.futures
import json

from harness import Broken, main, pipeline_yaml, scenario, scratch_dir, wait_until
from testkit.deployed import row, running
from testkit.killer import Killer
from testkit.successors import start_again, vectors

FILE = '  file: {{ type: file, inputs: [parse], path: "{}", encoding: {{ codec: json }} }}\n'
CHANGES = ("openat", "write", "rename", "unlink")
MOST_STEPS = 200
UNREADABLE = ("state/broken", "is not used", "damaged", "torn")


class Deploys:
    """Versions of one pipeline, whose events go to a file: the agent has nothing to read and to write meanwhile."""

    def __init__(self, server, agent, file, more):
        self.server, self.agent, self.file, self._more = server, agent, file, more
        self.number = 1

    def shown(self):
        """The number in the newest event."""
        return json.loads(self.file.read_text().split("\n")[-2])["word"]

    def runs(self):
        """Whether the newest version is what runs, and the server knows. Two Vectors are never right."""
        found = vectors(self.agent)
        if len(found) > 1:
            raise Broken(f"{len(found)} Vectors of one pipeline")
        told = row(self.server)
        return (told["status"] == "RUNNING" and told["version"] == self.number and len(found) == 1
                and told["pid"] == found[0].pid and self.shown() == str(self.number))

    def deploy(self, step=0):
        """The steps there were; where there are `step` of them the agent is killed before that one, and this is it."""
        agent = self.agent
        agent.may_end = True
        self.number += 1
        with Killer(agent.pid, step, [agent.data_dir]) as killer:
            self.server.deploy("p1", fed(self.number, self.file, self._more(self.number)))
            wait_until(lambda: agent.process.poll() is not None or self.runs(), 40, "it is killed, or passes")
        return killer.seen, killer.struck

    def go_on(self, struck):
        """The next agent, which nobody kills."""
        self.agent.wait()
        assert len(vectors(self.agent)) <= 1, f"killed before {struck}"
        said = len(self.agent.output())
        start_again(self.server, self.agent)
        wait_until(self.runs, 40, f"version {self.number} is what runs, after a kill before {struck}")
        words = [word for word in UNREADABLE if word in self.agent.output()[said:]]
        assert not words, f"what the killed agent left is told as: {words}"


def fed(number, file, more):
    text = pipeline_yaml(f"number {number}.", more=FILE.format(file) + more)
    return text.replace('".a = 1"', f"'.word = \"{number}\"'")


def telling(seen):
    """The steps before which a kill may find something else than before the one before: after each that changes a file,
    and where the next file begins, since a process may have been started or signalled in between."""
    def tells(step):
        before, call = seen[step - 2], seen[step - 1]
        return before.split("(")[0] in CHANGES or (call.startswith("unlink(") and call.endswith(".new)"))
    return [step for step in range(1, len(seen) + 1) if step == 1 or tells(step)]


def kill_at_every_step(more, share, shares):
    """Kills at each `shares`th of them, beginning with `share`. Answers how often."""
    with scratch_dir() as folder, running(fed(1, folder / "events", more(1)), limits={}) as (server, agent):
        deploys = Deploys(server, agent, folder / "events", more)
        seen, _ = deploys.deploy()
        steps = telling(seen)
        kills = 0
        for step in [*steps, *range(len(seen) + 1, MOST_STEPS)][share::shares]:
            _, struck = deploys.deploy(step)
            if struck is None and step > len(seen):
                break
            print(f"{step} of about {len(seen)}: {struck or 'passed'}", flush=True)
            if struck:
                kills += 1
                deploys.go_on(struck)
        # (A deploy may do with some writes less than the one that was watched: those that follow each other fast are one.)
        assert step < MOST_STEPS - shares and kills >= len(steps) // shares // 2, (step, kills, seen)
        for name in ("staged", "state/broken"):
            assert not list((agent.data_dir / name).glob("*")), f"{name} is empty"
        wait_until(lambda: not list(agent.data_dir.rglob("*.new")), 10, "no write is left half done")
        return kills


def kill_at_every_step_of(kind, more, shares):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        kills = pool.map(lambda share: kill_at_every_step(more, share, shares), range(shares))
        print(f"{sum(kills)} kills in a {kind}", flush=True)


@scenario(limit=200)
def an_agent_killed_at_any_step_of_a_restart_leaves_what_the_next_one_goes_on_from():
    kill_at_every_step_of("restart", lambda number: f"timezone: {('UTC', 'GMT')[number % 2]}\n", 3)


@scenario(limit=200)
def an_agent_killed_at_any_step_of_a_reload_leaves_what_the_next_one_goes_on_from():
    kill_at_every_step_of("reload", lambda _: "", 3)


main()
