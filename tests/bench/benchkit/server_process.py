"""The stand-in control plane in a process of its own, so that what it costs is never the agent's.

`ServerProcess` starts this file and talks to it by lines of JSON; the other end is `serve()`. When its stdin ends, so does
it. Times are of CLOCK_MONOTONIC, which all processes share.
"""
import json
import pathlib
import subprocess
import sys
import time

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"


class ServerProcess:
    def __init__(self, rate_limits=True):
        self._process = subprocess.Popen(
            [sys.executable, __file__, "limits" if rate_limits else "no-limits"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True, env={"PYTHONDONTWRITEBYTECODE": "1"})
        self.url, self.token = json.loads(self._process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def __getattr__(self, name):
        """Any method of `Commands`."""
        def call(*arguments):
            self._process.stdin.write(json.dumps([name, arguments]) + "\n")
            self._process.stdin.flush()
            return json.loads(self._process.stdout.readline())
        return call


class Commands:
    def __init__(self, server):
        self.server = server

    def set_pipelines(self, texts):
        from standin_server import Pipeline
        self.server.set_pipelines([Pipeline(key, yaml) for key, yaml in texts.items()])

    def deploy(self, pipeline_id, yaml):
        """When the push was sent, and the version."""
        version = self.server.set_pipeline(pipeline_id, yaml).version
        at = time.monotonic()
        self.server.config_changed(pipeline_id)
        return at, version

    def delay(self, endpoint, seconds, times):
        self.server.delay(endpoint, seconds, times)

    def is_waiting(self, endpoint):
        """Whether a call of the agent is being held there."""
        return any(request.endpoint == endpoint for request in list(self.server.in_flight))

    def push_connected(self):
        return self.server.push_connected()

    def first_request_after(self, at):
        return next((request.at for request in self.server.requests if request.at > at), None)

    def first_after(self, at, endpoint):
        return next((request.at for request in self.server.requests_to(endpoint) if request.at > at), None)

    def push_opened_after(self, at):
        return next((stream.opened for stream in self.server.push_hub.streams() if stream.opened > at), None)

    def all_running_after(self, at, count):
        """When the first heartbeat came that has so many pipelines running."""
        def running(request):
            return sum(row["status"] == "RUNNING" for row in (request.json or {}).get("pipelines", ()))
        return next((request.at for request in self.server.requests_to("heartbeat")
                     if request.at > at and running(request) == count), None)

    def requests_between(self, begin, end):
        """{endpoint: how many}"""
        found = {}
        for request in self.server.requests:
            if begin <= request.at < end:
                found[request.endpoint] = found.get(request.endpoint, 0) + 1
        return found

    def heartbeat_bytes(self):
        """Size of the newest one."""
        return len(next((r.body for r in reversed(self.server.requests) if r.endpoint == "heartbeat"), b""))

    def take_taps(self, least, most):
        """Of tap posts only what a bench counts is looked at; each takes so many seconds to answer."""
        self.server.light_taps = True
        self.server.latency = (least, most)

    def start_tap(self, request_id, pipeline_id, component_id):
        self.server.start_tap(request_id, pipeline_id, component_id)

    def tap_count(self, request_id):
        return len(self.server.tap_arrivals.get(request_id, ()))

    def tap_figures(self, request_ids, begin, end):
        """Of the events that came to be then; and all posts so far."""
        from benchkit.taps import figures_of, share_of
        with self.server.lock:
            each = [figures_of(self.server.tap_arrivals.get(key, ()), begin, end) for key in request_ids]
        delays = sorted(delay for _, _, some in each for delay in some)
        posts = self.server.requests_to("tap-events")
        return {"came": sum(came for came, _, _ in each), "delivered": sum(count for _, count, _ in each),
                "delay_p50_ms": share_of(delays, 0.5), "delay_p99_ms": share_of(delays, 0.99),
                "posts": len([request for request in posts if begin <= request.at < end]),
                "refused": len([request for request in posts if request.status == 429]),
                "told_dropped": sum(sum(self.server.tap_remarks(key, "dropped")) for key in request_ids)}

    def violations(self):
        return list(self.server.violations)


def serve(rate_limits):
    sys.path[:0] = [str(SUPPORT), str(SUPPORT.parent / "bench")]
    from standin_server import StandinServer
    with StandinServer(limits=None if rate_limits else {}) as server:
        server.grace = 30  # 500 pipelines on two busy cores: the bench measures, it does not judge
        commands = Commands(server)
        print(json.dumps([server.url, server.enrollment_token]), flush=True)
        for line in sys.stdin:
            name, arguments = json.loads(line)
            print(json.dumps(getattr(commands, name)(*arguments)), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1] == "limits")
