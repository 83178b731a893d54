"""Issue 3, point 5: what a Vector prints reaches the server and the agent's output, and never blocks anybody."""
import os
import pathlib
import re

from harness import Agent, StandinServer, main, pipeline_yaml, scenario, stays, wait_until

DROPPED = re.compile(r"^… (\d+) lines? dropped$")
FLOOD = re.compile(r"flood n=(\d+)")


def accounted(lines):
    """(numbers of the flood lines that arrived, lines said to be dropped)"""
    numbers = [int(m[1]) for m in map(FLOOD.search, lines) if m]
    return numbers, sum(int(m[1]) for m in map(DROPPED.match, lines) if m)


@scenario
def lines_of_both_streams_arrive_in_order():
    with StandinServer() as server:
        lines = [f"error line {n}" for n in range(50)]
        server.set_pipeline("p1", pipeline_yaml(print=lines, print_stdout=["standard output ü"]))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(lambda: {"standard output ü", lines[-1]} <= set(server.log_lines("p1")), 20, "all lines")
            assert [line for line in server.log_lines("p1") if line.startswith("error line")] == lines


@scenario
def posts_keep_their_interval_and_none_is_empty():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(flood={"lines_per_second": 20}))
        with Agent(server, env={"VF_LOG_FLUSH_INTERVAL": "1500ms"}) as agent:
            agent.wait_running("p1")
            wait_until(lambda: len(server.requests_to("logs")) >= 8, 40, "eight posts")
            times = [r.at for r in server.requests_to("logs")]
            # One that arrives late, a second here, makes the pause after it look short: not all of them.
            assert all(b - a >= 1.5 * n - 1 for i, a in enumerate(times) for n, b in enumerate(times[i:])), times
            numbers, dropped = accounted(server.log_lines("p1"))
            assert dropped == 0 and numbers == list(range(1, len(numbers) + 1)), "no line is lost in peace"


@scenario
def a_flood_is_counted_to_the_last_line():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(flood={"lines_per_second": 10000, "seconds": 3}))
        server.set_pipeline("p2", pipeline_yaml(flood={"lines_per_second": 5}))
        with Agent(server, env={"VF_ECHO_LOGS": "false"}) as agent:
            agent.wait_running("p1", "p2")
            def numbers_of():
                return accounted(server.log_lines("p1"))[0]
            wait_until(lambda: numbers_of() and numbers_of()[-1] == 30000, 30, "the last line of the flood")
            numbers, dropped = accounted(server.log_lines("p1"))
            assert numbers == sorted(set(numbers)), "in order, none twice"
            # The lines of Vector itself may be among the dropped.
            assert 30000 <= len(numbers) + dropped <= 30000 + 30, (len(numbers), dropped)
            calm, lost = accounted(server.log_lines("p2"))
            assert lost == 0 and calm == list(range(1, len(calm) + 1)), "the quiet one lost nothing"
            metrics = agent.metrics()
            counted = sum(value for name, _, value in metrics.samples if "dropped" in name)
            assert counted >= dropped, "what was dropped is a metric"


@scenario
def the_last_words_of_a_crash_are_shipped():
    with StandinServer() as server:
        words = "thread 'main' panicked: the very last words"
        flood = {"lines_per_second": 2000}
        server.set_pipeline("p1", pipeline_yaml(crash_after="300ms", last_words=words, flood=flood))
        with Agent(server):
            wait_until(lambda: words in server.log_lines("p1"), 20, "the last words")


@scenario
def last_words_wait_for_a_server_that_is_away():
    with StandinServer() as server:
        server.poll_interval_ms = 2000
        server.set_pipeline("p1", pipeline_yaml("calm"))
        with Agent(server) as agent:
            agent.wait_running("p1")
            wait_until(server.push_connected, what="the push stream")
            server.deploy("p1", pipeline_yaml("crashing", crash_after="2s", last_words="said to nobody"))
            wait_until(lambda: agent.vector("# crashing"), 20)
            server.refuse_connections()
            agent.wait_says("said to nobody")
            server.accept_connections()
            wait_until(lambda: "said to nobody" in server.log_lines("p1"), 60, "shipped later")


@scenario
def the_echo_names_the_pipeline_and_can_be_turned_off():
    with StandinServer() as server:
        server.set_pipeline("id-1", pipeline_yaml(print=["an echoed line"]), name="shop")
        with Agent(server) as agent:
            agent.wait_says(r"(?m)^.*shop.*an echoed line")
        seen = len(server.log_lines("id-1"))
        with Agent(server, env={"VF_ECHO_LOGS": "false"}) as agent:
            wait_until(lambda: "an echoed line" in server.log_lines("id-1")[seen:], 20, "shipped all the same")
            agent.stop()
            assert "an echoed line" not in agent.output()


@scenario
def a_long_line_is_cut_and_marked():
    with StandinServer() as server:
        raw = [{"text": "0123456789", "repeat": 100000}, {"text": "after it"}]
        server.set_pipeline("p1", pipeline_yaml(print_raw=raw))
        with Agent(server):
            wait_until(lambda: "after it" in server.log_lines("p1"), 20)
            line = next(line for line in server.log_lines("p1") if line.startswith("0123456789"))
            assert 15000 <= len(line.encode()) <= 16384 + 64, len(line)
            assert "cut" in line[-60:], line[-60:]


@scenario
def bytes_that_are_no_text_are_replaced():
    raw = [{"hex": "6265666f726520ff206166746572"}, {"hex": "6120004e554c"}, {"hex": "c3a4"}, {"hex": "eda0806c6f6e65"},
           {"text": "the end"}]
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(print_raw=raw))
        with Agent(server):
            wait_until(lambda: "the end" in server.log_lines("p1"), 20)
            lines = server.log_lines("p1")
            assert "before \ufffd after" in lines and "ä" in lines, lines
            assert any("NUL" in line and "\0" not in line for line in lines), lines
            assert any("lone" in line for line in lines), lines
        assert not server.lost_lines


@scenario
def one_refused_pipeline_loses_nobody_elses_lines():
    with StandinServer() as server:
        for name in ("p1", "p2", "p3", "p4"):
            server.set_pipeline(name, pipeline_yaml(flood={"lines_per_second": 4}))
        with Agent(server) as agent:
            agent.wait_running("p1", "p2", "p3", "p4")
            server.disown("p3")   # the server refuses every post that holds lines of it
            wait_until(lambda: any(r.status == 403 for r in server.requests_to("logs")), 20, "a refusal")
            seen = len(server.log_lines("p3"))   # (no post that had passed is under way any more)
            targets = {n: len(accounted(server.log_lines(n))[0]) + 40 for n in ("p1", "p2", "p4")}
            for name, target in targets.items():
                wait_until(lambda: len(accounted(server.log_lines(name))[0]) >= target, 60, f"lines of {name} go on")
            for name in targets:
                numbers, dropped = accounted(server.log_lines(name))
                assert dropped == 0 and numbers == list(range(1, len(numbers) + 1)), f"{name} lost lines"
            assert len(server.log_lines("p3")) == seen
            refused = [r.status for r in server.requests_to("logs")].count(403)
            stays(lambda: agent.healthz() == 200, 4)
            assert [r.status for r in server.requests_to("logs")].count(403) <= refused + 1, "not tried for ever"


def written(pid):
    text = pathlib.Path(f"/proc/{pid}/io").read_text()
    return int(re.search(r"^wchar: (\d+)", text, re.MULTILINE)[1])


def expect_flowing(agent, mark, seconds=4):
    """The Vector goes on writing: nothing holds it up."""
    for _ in range(seconds):
        before = written(agent.vector(mark).pid)
        wait_until(lambda: written(agent.vector(mark).pid) > before + 100_000, 10, "Vector goes on writing")


@scenario
def a_dead_server_never_blocks_vector():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("flooding", flood={"lines_per_second": 5000}))
        with Agent(server, env={"VF_ECHO_LOGS": "false"}) as agent:
            agent.wait_running("p1")
            server.refuse_connections()
            expect_flowing(agent, "# flooding")
            server.accept_connections()
            server.never_answer("logs", times=None)
            server.never_answer("heartbeat", times=None)
            expect_flowing(agent, "# flooding")
            server.clear_faults()
            seen = len(server.log_lines("p1"))
            wait_until(lambda: len(server.log_lines("p1")) > seen, 60, "shipping goes on")


@scenario
def an_output_that_nobody_reads_blocks_nothing():
    read, write = os.pipe()
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("flooding", flood={"lines_per_second": 20000}))
        with Agent(server, stdout=write, stderr=write) as agent:
            agent.wait_running("p1")
            expect_flowing(agent, "# flooding")
            assert agent.healthz() == 200
            wait_until(server.push_connected, what="the push stream")
            server.deploy("p1", pipeline_yaml("calm"))
            agent.wait_version("p1", 2)
    os.close(read)
    os.close(write)


def blocks(path):
    try:
        return path.lstat().st_blocks
    except FileNotFoundError:
        return 0   # written anew while we looked


@scenario
def a_flood_does_not_fill_the_disk():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml("flooding", flood={"lines_per_second": 20000, "bytes_per_line": 500}))
        with Agent(server, env={"VF_ECHO_LOGS": "false"}) as agent:
            agent.wait_running("p1")
            vector = agent.vector("# flooding")
            wait_until(lambda: written(vector.pid) > 60_000_000, 60, "60 MB were written")
            kept = sum(blocks(path) * 512 for path in agent.data_dir.rglob("*"))
            assert kept < 40_000_000, f"{kept} bytes are kept on disk"


main()
