"""Pipelines to sample, and what is asked of their Vector."""
from harness import pipeline_yaml, wait_until
from testkit.deployed import running
from testkit.folder import noting_taps


def pipeline(word="one", transforms="", sources="", **tap):
    """demo -> parse -> out as YAML, and more. `tap`: how the stand-in's tap behaves."""
    text = pipeline_yaml(word, tap={"events_per_second": 50, **tap})
    return text.replace("transforms:\n", f"{sources}transforms:\n{transforms}", 1)


def wide(count, **tap):
    """With transforms c1, c2, …"""
    return pipeline("wide", "".join(f"  c{n}: {{ type: remap, inputs: [demo], source: '.a = 1' }}\n"
                                    for n in range(1, count + 1)), **tap)


def wait_sample(server, request_id, timeout=10):
    """{component key: result}"""
    return wait_until(lambda: server.sample(request_id), timeout, f"sample {request_id} is answered")


def took(server, request_id):
    return server.sample_results[request_id]["took"]


__all__ = ["noting_taps", "pipeline", "running", "took", "wait_sample", "wide"]
