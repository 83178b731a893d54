"""SIGHUP: what is kept, refused and counted."""
import re
import signal
import socket

from harness import scenario, scratch_dir, stays, wait_until
from standins import SIMPLE, Standin, TCP, TO_BLACKHOLE, TO_FILE, has, lines, same, write

CONFIG_LOAD = ('Failed to load config files, reload aborted. error_code="config_load" '
               'error_type="configuration_failed" stage="processing" internal_log_rate_limit=false')


@scenario
def a_good_reload_ends_with_the_recorded_line_and_is_counted():
    for version in ("0.54", "0.57"):
        with Standin(version=version) as it:
            it.started()
            it.reload()
            has(it.log(), 'vector::signal: Signal received. signal="SIGHUP"',
                "vector::topology::running: Reloading running topology with new configuration.",
                "vector::topology::running: New configuration loaded successfully.",
                'vector: Vector has reloaded. path=[File("run.yaml", None), File("run.yaml.vf-metrics.yaml", None)] '
                "internal_log_rate_limit=false")
            wait_until(lambda: re.search(r'vector_reloaded_total\{host="[^"]+"\} 1 \d+', it.scrape()), 20, "the reload's count")


@scenario
def a_refused_reload_keeps_the_old_topology_and_is_counted():
    bad_vrl = ("sources: {in: {type: docker_logs}}\ntransforms: {t: {type: filter, inputs: [in], condition: 'x = ('}}\n"
               "sinks: {out: {type: blackhole, inputs: [t]}}\n")
    with Standin() as it:
        it.started()
        it.reload("a: [1,\n", CONFIG_LOAD)
        it.reload(SIMPLE.replace("docker_logs", "nosuch"), CONFIG_LOAD)
        it.reload(bad_vrl, 'Reload was not successful. reason="topology_build_failed" error_code="reload"')
        it.reload("timezone: UTC\n" + SIMPLE, 'reason="global_options_changed"')
        has(it.log(), "Config reload rejected due to non-reloadable global options. changed_fields=timezone",
            "WARN vector::topology::running: Failed to completely load new configuration. Restoring old configuration.",
            "vector::topology::running: Old configuration restored successfully.",
            "Internal log [Signal received.] is being suppressed to avoid flooding.")
        same(it.health()[0], 200)
        same("Vector has reloaded." in it.log(), False)
        wait_until(lambda: 'error_type="configuration_failed",host=' in it.scrape() and
             re.search(r'error_code="config_load".*\} 2 \d+\n', it.scrape()) and
             re.search(r'reason="topology_build_failed".*\} 1 \d+\n', it.scrape()) and
             re.search(r'reason="global_options_changed".*\} 1 \d+\n', it.scrape()), 20, "the failures' counts")
        it.reload(SIMPLE)


@scenario
def a_reload_onto_a_taken_port_says_reloaded_and_exits_0():
    with socket.socket() as taken, Standin() as it:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        it.started()
        it.reload((TCP + TO_BLACKHOLE).replace("%PORT%", str(taken.getsockname()[1])))
        same(it.process.wait(20), 0)
        has(it.log(), "Error binding socket. error=TCP bind failed: Address already in use (os error 98)")


@scenario
def a_reload_loses_no_line_and_closes_no_connection():
    with scratch_dir() as path:
        config = TCP + TO_FILE.format(path=f"{path}/lines")
        with Standin(config) as it:
            it.started()
            with socket.create_connection(("127.0.0.1", it.port)) as sender:
                for n in range(10):
                    sender.sendall(f"{n}\n".encode())
                    it.reload(config + f"transforms: {{t{n}: {{type: remap, inputs: [in], source: '.a = 1'}}}}\n")
                sender.sendall(b"end\n")
                wait_until(lambda: lines(f"{path}/lines") == [*map(str, range(10)), "end"], 20, "all lines")
            wait_until(lambda: 'component_received_events_total{component_id="in",component_kind="source",'
                         'component_type="socket"' in it.scrape(), 20, "a count of received lines")


@scenario
def a_change_of_the_api_address_waits_for_a_restart():
    with Standin() as it:
        it.started()
        other = it.ports.extra(1)
        path = it.config_path + ".vf-metrics.yaml"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        write(path, text.replace(f":{it.api_port}", f":{other}"))
        it.reload()
        same(it.health()[0], 200)


@scenario
def the_reload_modes_refuse_hang_and_die():
    with Standin(SIMPLE, modes="standin: {reload: refuse}\n") as it:
        it.started()
        it.reload(None, "Reload was not successful.")
    with Standin() as it:
        it.started()
        it.reload(SIMPLE + "standin: {reload: hang}\n", "Reloading running topology with new configuration.")
        same(it.health()[0], 200)
        it.process.send_signal(signal.SIGTERM)
        stays(lambda: it.process.poll() is None, 0.3, "it runs")
    with Standin() as it:
        it.started()
        it.reload(SIMPLE + "standin: {reload: die, exit_code: 7}\n", "told to crash")
        same(it.process.wait(20), 7)
