"""The host's clock was set while no agent ran: times that were remembered lie in the future, or a day too far back. (The
clock itself stays alone: what it would change is in files.)"""
import hashlib
import json
import os
import time

from common import running
from harness import Stopwatch, scenario, wait_until
from testkit.successors import start_again, vector, wait_pid
from testkit.versions import version, wait_shown

DAY = 86400


def rewrite(path, change):
    """A sealed file of state/ with a changed body: change(its JSON) says how."""
    head, body = path.read_bytes().split(b"\n", 1)
    record = json.loads(body)
    change(record)
    body = json.dumps(record).encode()
    words = head.split(b" ")
    words[3:] = [b"sha256:" + hashlib.sha256(body).hexdigest().encode(), str(len(body)).encode()]
    path.write_bytes(b" ".join(words) + b"\n" + body)


def shift(agent, seconds):
    """As if the clock had been set by so many seconds, backwards where that is above 0, since all that was written."""
    def deaths(record):
        for death in record["newest_first"]:
            death["at"] = max(0, death["at"] + seconds)
    state = agent.data_dir / "state"
    rewrite(state / "deaths", deaths)
    for path in agent.data_dir.rglob("*"):
        if path.is_file():
            os.utime(path, (min(max(0, time.time() + seconds), 1 << 33),) * 2)


def fall(server, agent):
    """Its Vector dies, and another one runs soon."""
    gone = vector(agent)
    gone.process.kill()
    watch = Stopwatch()
    again = wait_until(lambda: vector(agent).pid != gone.pid and vector(agent), 20, "another one")
    watch.expect_below(5, "the pause before it")
    wait_pid(server, again.pid)
    assert 0 <= server.statuses()["p1"]["uptimeSeconds"] < 60


def taken_over_after(seconds, longest_uptime=1 << 40):
    with running({"p1": version("one")}) as (server, agent):
        fall(server, agent)
        pid = server.statuses()["p1"]["pid"]
        restarts = agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1")
        agent.kill()
        server.store_heartbeat({"pipelines": []})   # so that what is seen below is the next agent's word
        shift(agent, seconds)
        said, heartbeats = len(agent.output()), len(server.requests_to("heartbeat"))
        start_again(server, agent)
        wait_pid(server, pid)
        assert "is not used" not in agent.output()[said:]
        server.deploy("p1", version("two"))
        agent.wait_version("p1", 2)
        assert server.statuses()["p1"]["pid"] == pid, "by a reload, of the one that was taken over"
        wait_shown(server, "two")
        uptimes = [row.get("uptimeSeconds", 0) for call in server.requests_to("heartbeat")[heartbeats:]
                   for row in (call.json or {}).get("pipelines", [])]
        assert uptimes and all(0 <= uptime <= longest_uptime for uptime in uptimes), uptimes
        assert agent.metrics().one("vf_agent_pipeline_restarts_total", any_label="p1") == restarts
        fall(server, agent)
        agent.wait_version("p1", 2)
        wait_shown(server, "two")


@scenario
def a_clock_set_back_by_a_day_while_no_agent_ran_changes_nothing():
    taken_over_after(DAY)


@scenario
def a_clock_set_forward_by_a_day_while_no_agent_ran_changes_nothing():
    taken_over_after(-DAY)


@scenario
def a_clock_that_was_in_1970_when_a_vector_was_started_changes_nothing():
    taken_over_after(-(1 << 40))


@scenario
def a_clock_that_was_in_another_age_when_a_vector_was_started_changes_nothing():
    taken_over_after(1 << 40)


@scenario(limit=180)
def the_uptime_that_is_told_is_the_process_s_own_whatever_the_clock_says():
    for seconds in (DAY, -DAY):
        taken_over_after(seconds, longest_uptime=60)
