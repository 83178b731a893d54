"""SIGTERM, drains, deaths, health."""
import signal
import socket
import time

from harness import scenario, scratch_dir, stays, wait_until
from standins import Standin, TCP, TO_BLACKHOLE, TO_FILE, has, lines, same


@scenario
def sigterm_ends_it_at_once_with_the_recorded_words():
    for version in ("0.54", "0.57"):
        with Standin(version=version) as it:
            it.started()
            begin = time.monotonic()
            same(it.terminate(), 0)
            assert time.monotonic() - begin < 15
            has(it.log(), 'Signal received. signal="SIGTERM"', "vector: Vector has stopped.")
            same("Vector is stopping." in it.log(), version == "0.57")


@scenario
def it_reads_a_connected_client_to_its_end_after_sigterm():
    with scratch_dir() as path:
        with Standin(TCP + TO_FILE.format(path=f"{path}/lines")) as it:
            it.started()
            with socket.create_connection(("127.0.0.1", it.port)) as sender:
                sender.sendall(b"one\n")
                wait_until(lambda: lines(f"{path}/lines") == ["one"], 20, "the first line")
                it.process.send_signal(signal.SIGTERM)
                same(sender.recv(1), b"")  # it has closed its side, to ask us to go
                it.logged('Shutting down... Waiting on running components. remaining_components="in" time_remaining="59 s')
                same(it.health()[0], 503)
                sender.sendall(b"two\nthree")
                stays(lambda: it.process.poll() is None, 0.2, "it runs")
            same(it.process.wait(20), 0)
            same(lines(f"{path}/lines"), ["one", "two", "three"])


@scenario
def the_drain_ends_at_the_limit():
    with Standin(TCP + TO_BLACKHOLE,
                 arguments=("--graceful-shutdown-limit-secs", "1")) as it:
        it.started()
        with socket.create_connection(("127.0.0.1", it.port)):
            same(it.terminate(), 0)
        has(it.log(), "Failed to gracefully shut down in time. Killing components.")


@scenario
def a_second_signal_ends_the_drain():
    with Standin(modes="standin: {drain: 50s}\n") as it:
        it.started()
        it.process.send_signal(signal.SIGTERM)
        it.logged("Waiting on running components.")
        same(it.terminate(), 0)
        has(it.log(), "Vector has quit.")


@scenario
def it_can_ignore_sigterm_crash_and_finish():
    with Standin(modes="standin: {ignore_term: true}\n") as it:
        it.started()
        it.process.send_signal(signal.SIGTERM)
        it.logged('signal="SIGTERM"')
        stays(lambda: it.process.poll() is None, 0.2, "it runs")
    for modes, status in (("crash_after: 100ms", 101), ("crash_after: 0.1, exit_code: 3, last_words: 'oh no'", 3),
                          ("crash_after: 100ms, signal: SEGV", -signal.SIGSEGV), ("exit_zero_after: 100ms", 0)):
        with Standin(modes=f"standin: {{{modes}}}\n") as it:
            same(it.process.wait(20), status)
            same("oh no" in it.log(), "oh no" in modes)


@scenario
def it_can_freeze_until_it_is_continued():
    with Standin(modes="standin: {crash_after: 100ms, signal: STOP}\n") as it:
        it.started()
        wait_until(lambda: it.state() == "T", 20, "it to stop")
        it.process.send_signal(signal.SIGCONT)
        wait_until(lambda: it.health()[0] == 200, 20, "it to go on")


@scenario
def signals_wait_while_it_starts():
    with Standin(modes="standin: {start_delay: 600ms}\n") as it:
        it.logged("Loading configs.")
        same(it.terminate(), 0)
        has(it.log(), "Vector has started.")


@scenario
def health_can_fail_hang_and_be_closed():
    with Standin(modes="standin: {health: false}\n") as it:
        it.started()
        same(wait_until(it.health, 20, "an answer"), (503, b'{"ok":false}'))
    with Standin(modes="standin: {unhealthy_after: 1s}\n") as it:
        it.started()
        wait_until(lambda: it.health()[0] == 503, 20, "failing health")
    for mode, error in (("hang", TimeoutError), ("closed", ConnectionRefusedError)):
        with Standin(modes=f"standin: {{health: {mode}}}\n") as it:
            it.started()
            if mode == "hang":
                it.logged("API server running.")
            time.sleep(0.1)
            try:
                it.get(it.api_port, "/health", timeout=0.3)
                raise AssertionError("an answer came")
            except error:
                pass
