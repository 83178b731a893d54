"""Expositions."""
import gzip
import re
import socket
import time

from harness import scenario, wait_until
from standins import Standin, has, same


@scenario
def the_lean_exposition_has_the_recorded_series_only():
    with Standin() as it:
        it.started()
        names = set(re.findall(r"^(\w+)\{", it.scrape(), re.M))
        same(names, {"vector_component_discarded_events_total", "vector_component_latency_mean_seconds",
                     "vector_component_received_bytes_total", "vector_component_received_event_bytes_total",
                     "vector_component_received_events_total", "vector_component_sent_bytes_total",
                     "vector_component_sent_event_bytes_total", "vector_component_sent_events_total",
                     "vector_utilization"})
        host = socket.gethostname()
        for series in ('vector_component_sent_events_total{component_id="in",component_kind="source",'
                       f'component_type="docker_logs",host="{host}",output="_default"}} ',
                       'vector_component_received_events_total{component_id="vf_metrics_exporter",component_kind="sink",'
                       f'component_type="prometheus_exporter",host="{host}"}} '):
            has(it.scrape(), series)
        same('received_events_total{component_id="in"' in it.scrape(), False)  # docker_logs has only sent counters
        assert len(it.scrape()) < 12_000


@scenario
def the_full_exposition_has_host_metrics_histograms_and_any_size():
    with Standin(full=True, modes="standin: {exposition_kb: 94}\n") as it:
        it.started()
        text = it.scrape()
        has(text, "# TYPE host_memory_total_bytes gauge\n", "# TYPE vector_build_info gauge\n", 'version="0.54.0"} 1 ',
            "vector_component_received_events_count_bucket{", 'le="+Inf"')
        assert 94_000 <= len(text) < 105_000, len(text)


@scenario
def counters_grow_between_scrapes():
    pattern = r'vector_component_sent_events_total\{component_id="in".*\} (\d+) \d+'
    with Standin(modes="standin: {events_per_second: 1000}\n") as it:
        it.started()
        first = int(re.search(pattern, it.scrape())[1])
        wait_until(lambda: int(re.search(pattern, it.scrape())[1]) > first, 20, "a higher count")


@scenario
def errors_come_in_several_series():
    config = ("sources: {in: {type: docker_logs}}\ntransforms: {t: {type: remap, inputs: [in], source: '.a = 1'}}\n"
              "sinks: {out: {type: blackhole, inputs: [t]}}\nstandin: {errors: true}\n")
    with Standin(config) as it:
        it.started()
        text = it.scrape()
        for kind, component, values in (("errors", "t", [3, 4]), ("errors", "out", [2]), ("discarded_events", "t", [5, 6])):
            found = re.findall(rf'vector_component_{kind}_total\{{component_id="{component}".*\}} (\d+) ', text)
            same([int(v) for v in found], values)


@scenario
def scrapes_can_be_gzip_slow_hang_or_broken():
    with Standin() as it:
        it.started()
        status, body, headers = it.get(it.metrics_port, "/metrics", headers={"Accept-Encoding": "gzip"})
        same((status, headers["content-encoding"]), (200, "gzip"))
        has(gzip.decompress(body).decode(), "# TYPE vector_utilization gauge")
    with Standin(modes="standin: {slow_scrape: 500ms}\n") as it:
        it.started()
        begin = time.monotonic()
        has(it.scrape(), "vector_")
        assert time.monotonic() - begin >= 0.5
    with Standin(modes="standin: {scrape_hangs: true}\n") as it:
        it.started()
        try:
            it.get(it.metrics_port, "/metrics", timeout=0.3)
            raise AssertionError("an answer came")
        except TimeoutError:
            pass
        same(it.health()[0], 200)
    with Standin(modes="standin: {scrape_status: 500, scrape_body: 'not prometheus {'}\n") as it:
        it.started()
        same(it.get(it.metrics_port, "/metrics")[:2], (500, b"not prometheus {"))
