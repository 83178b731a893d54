"""What the modes print, floods, and the sinks that write events."""
import json
import os
import re

from harness import scenario, wait_until
from standins import Standin, has, same


@scenario
def it_prints_lines_bytes_environment_and_descriptors():
    modes = ("standin:\n  print: [plain]\n  print_stdout: [outside]\n  print_env: [STANDIN_SEEN, NO_SUCH, '*']\n"
             "  print_process: true\n  list_fds: true\n"
             "  print_raw: [{hex: 'fffe00'}, {text: x, repeat: 100000, newline: false, stream: stdout}]\n")
    with Standin(modes=modes, STANDIN_SEEN="yes") as it:
        it.started()
        has(it.log(), "plain\n", "standin: env STANDIN_SEEN=yes\n", "standin: env NO_SUCH is unset\n",
            '"STANDIN_SEEN"', f"standin: process pid={it.process.pid} ppid={os.getpid()} ", "standin: fd 0 -> /dev/null\n",
            "standin: fds 3\n", "\x00\n")
        has(it.out(), "outside\n", "x" * 100000)


@scenario
def a_flood_numbers_every_line():
    with Standin(modes="standin: {flood: {lines_per_second: 20000, seconds: 1, bytes_per_line: 120, stream: stdout}}\n") as it:
        wait_until(lambda: it.out().count("\n") >= 20000, 20, "all lines")
        lines = it.out().splitlines()
        same(len(lines), 20000)
        same([int(re.search(r"n=(\d{12})", line)[1]) for line in lines], list(range(1, 20001)))
        same({len(line) for line in lines}, {119})


@scenario
def its_output_can_end_while_it_runs():
    reader, writer = os.pipe()
    with Standin(modes="standin: {stop_output: 100ms}\n", stdout=writer) as it:
        os.close(writer)
        with os.fdopen(reader, "rb") as stream:
            same(stream.read(), b"")
        same(it.process.poll(), None)


@scenario
def demo_logs_reach_a_console_sink_and_an_edit_shows():
    config = ("sources: {in: {type: demo_logs, format: shuffle, interval: 0.05, lines: [hello]}}\n"
              "transforms: {t: {type: remap, inputs: [in], source: '.greeting = \"A\"'}}\n"
              "sinks: {out: {type: console, inputs: [t], encoding: {codec: json}}}\n")
    with Standin(config) as it:
        it.started()
        wait_until(lambda: len(it.out().splitlines()) > 2, 20, "events")
        event = json.loads(it.out().splitlines()[0])
        same((event["message"], event["greeting"], event["source_type"]), ("hello", "A", "demo_logs"))
        it.reload(config.replace('"A"', '"B"'))
        wait_until(lambda: '"greeting":"B"' in it.out(), 20, "the edit")
