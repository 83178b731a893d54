"""The schema of a sample, as the contract has it."""
import json

from common import pipeline, running, wait_sample
from harness import scenario, wait_until

LONG = "ä" * 40   # 80 bytes
NESTED = "1"
for level in range(12, 0, -1):
    NESTED = json.dumps({f"d{level}": json.loads(NESTED)})
FIELDS = {"z": {"b": 1.5, "a": True, "c": None}, "list": [1, 2, 3], "none": [], "empty": {}, "long": LONG, "text": "short",
          "deep": json.loads(NESTED)}


def fields(value):
    return json.dumps(value, ensure_ascii=False)[1:-1]


def schema_of(results, key="parse"):
    return {row["path"]: (row["type"], row["sample"]) for row in results[key]["schema"]}


@scenario
def types_paths_and_samples_are_those_of_the_contract():
    for version in ("0.54.0", "0.57.0"):
        with running(pipeline(fields=fields(FIELDS)), env={"STANDIN_VECTOR_VERSION": version}) as (server, _):
            server.request_sample("s1", "p1", ["parse"], limit=3, by=("push",))
            results = wait_sample(server, "s1")
            schema = schema_of(results)
            expected = {".z": ("object", ""), ".z.a": ("boolean", "true"), ".z.b": ("float", "1.5"), ".list": ("array", "[3 items]"),
                        ".none": ("array", "[0 items]"), ".empty": ("object", ""), ".text": ("string", "short"),
                        ".long": ("string", "ä" * 32 + "..."), ".output": ("string", "parse"),
                        ".n": ("float", str(results["parse"]["events"][0]["n"]))}
            for path, row in expected.items():
                assert schema[path] == row, (path, schema.get(path), row)
            assert schema[".z.c"][0] == "null"
            # Keys are sorted within each object, parents before what is in them.
            paths = [row["path"] for row in results["parse"]["schema"]]
            assert [p for p in paths if p.startswith(".z")] == [".z", ".z.a", ".z.b", ".z.c"], paths
            tops = [p for p in paths if p.count(".") == 1]
            assert tops == sorted(tops), tops
            assert len(set(paths)) == len(paths), "each path once"
            deep = max(path.count(".") for path in paths)
            assert 9 <= deep <= 11, f"at most ten levels, there are {deep}"


@scenario
def the_schema_is_the_union_over_all_events_and_the_first_sample_wins():
    with running(pipeline(fields='"same":"x"')) as (server, _):
        server.request_sample("s1", "p1", ["parse"], limit=10, by=("push",))
        results = wait_sample(server, "s1")
        assert schema_of(results)[".n"] == ("float", str(results["parse"]["events"][0]["n"]))
        assert len(results["parse"]["events"]) == 10


@scenario
def nul_and_lone_surrogates_never_reach_the_server():
    # They answer 500 there, and all results of the post are lost; the stand-in counts that as a breach.
    odd = ["nul", "surrogate", "no_json", "broken_utf8", "control", "deep", "big"]
    with running(pipeline(odd=odd, odd_every=2)) as (server, _):
        server.request_sample("s1", "p1", ["parse", "demo"], limit=30, by=("push",))
        results = wait_sample(server, "s1", 25)
        for key in ("parse", "demo"):
            assert 15 <= len(results[key]["events"]) <= 30, len(results[key]["events"])
            assert results[key]["schema"]
        assert len(server.requests_to("samples")) == 1


@scenario
def metrics_can_be_sampled():
    more = "  metrics: { type: internal_metrics, scrape_interval_secs: 1 }\n"
    for version in ("0.54.0", "0.57.0"):
        with running(pipeline(sources=more), env={"STANDIN_VECTOR_VERSION": version}) as (server, _):
            server.request_sample("s1", "p1", ["metrics"], limit=2, by=("push",))
            results = wait_sample(server, "s1")
            assert [event["name"] for event in results["metrics"]["events"]] == ["uptime_seconds"] * 2, "bare"
            assert schema_of(results, "metrics")[".gauge.value"][0] == "float"
            wait_until(lambda: server.sample_results["s1"]["complete"])
