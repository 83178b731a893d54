#!/usr/bin/env python3
"""StandinServer: a strict stand-in for the VectorFlow control plane. For tests; it is not the real thing.

It keeps the wire contract of the agent protocol, refuses or loses what the real server refuses or loses, and records
every request (`requests`) and every breach of the contract by the agent (`violations`). Tests steer it by methods, from
any thread. Only loopback. `python3 standin_server.py --help` runs it by hand.
"""
import re
import threading
import time

from standin.faults import Fault, FaultPlan
from standin.http_handler import NAME, PREFIX, Handler
from standin.limits import SlidingWindows
from standin.listener import Listener
from standin.nodes import NodeTokens
from standin.pipelines import Catalog, Pipeline, checksum
from standin.push import PushHub, encode
from standin.record import Record
from standin.reply import as_json

__all__ = ["StandinServer", "Pipeline", "checksum"]

ENROLLMENT_TOKEN = "vf_enroll_default_0123456789abcdef_" + "5" * 64


def version_of(text):
    return tuple(int(part) for part in text.split("."))


def tap_of(request):
    """The requestId of a post of a tap's events; None for any other call."""
    found = re.search(rb'"requestId":"([^"]*)"', request.body) if request.endpoint == "tap-events" else None
    return found and found[1]


class StandinServer:
    def __init__(self, port=0, tls=None, keepalive=30.0, latency=(0.0, 0.0), limits=None, path_prefix="", say=None,
                 start=True):
        self.lock = threading.RLock()
        self.closing = threading.Event()
        self.record = Record(say)
        self.catalog = Catalog()
        self.tokens = NodeTokens()
        self.faults = FaultPlan()
        self.limits = limits if isinstance(limits, SlidingWindows) else SlidingWindows(limits)
        self.push_hub = PushHub(keepalive)

        # Settings: plain attributes, read at each call.
        self.enrollment_token = ENROLLMENT_TOKEN
        self.enrolment = "open"            # open, plan_limit (402), demo (403)
        self.suspended = False             # 503 with Retry-After 86400
        self.in_maintenance = False
        self.poll_interval_ms = 15000
        self.push_url = None               # None: derived from the request, as the real server does
        self.extra_push_paths = set()      # further paths that serve the event stream
        self.pending_action = None
        self.latency = latency             # (least, most) seconds a call; the real server takes 0.3 to 1.5
        self.idle_timeout = 5.0
        self.max_body = 8 * 1024 * 1024
        self.grace = 5.0                   # after so long a pipeline that was told must be in the heartbeat
        self.path_prefix = path_prefix

        # What the agent has told.
        self.told = {}                     # pipeline id -> since when the config answers have listed it
        self.last_heartbeat = None
        self.lines = {}                    # pipeline id -> stored log lines
        self.lost_lines = []               # answered 200 and lost all the same
        self.sample_requests, self.sample_results = {}, {}
        self.taps, self.tap_events, self.tap_ends, self.tap_refusals = {}, {}, {}, {}
        self.tap_arrivals = {}             # request id -> [(time.monotonic(), the events of one post)]
        self.tap_life = 300.0              # seconds after which a tap is forgotten, without a word
        self.light_taps = False            # for benches: of a tap post only `n` and `at` of its events are looked at
        self._statuses = {}
        self._heard = threading.Condition(self.lock)

        self.in_flight = {}                # request -> connection
        self._patience = {}                # endpoint -> (time before which Retry-After forbids a call, when and which tap was told)
        self._scheme = "https" if tls else "http"
        self.listener = Listener(lambda link: Handler(link, self), port=port, tls=tls)
        if not start:
            self.refuse_connections()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.closing.set()
        self.faults.clear()
        self.push_hub.drop()
        self.listener.close()

    # -- Where it is ---------------------------------------------------------------------------------------------
    @property
    def port(self):
        return self.listener.port

    @property
    def url(self):
        return f"{self._scheme}://127.0.0.1:{self.port}{self.path_prefix}"

    def push_url_for(self, request):
        if self.push_url is not None:
            return self.push_url
        scheme = request.headers.get("x-forwarded-proto", self._scheme)
        return f"{scheme}://{request.headers.get('host', '')}{self.path_prefix}{PREFIX}push"

    # -- What runs -----------------------------------------------------------------------------------------------
    def set_pipelines(self, pipelines):
        """Exactly these are deployed from now on (found by the next poll; see deploy for the push)."""
        self.catalog.replace(pipelines)

    def set_pipeline(self, pipeline_id, yaml, version=None, **more):
        """Adds or changes one; the version counts up by itself."""
        before = self.catalog.get(pipeline_id)
        if version is None:
            version = before.version + 1 if before else 1
        pipeline = Pipeline(pipeline_id, yaml, version=version, **more)
        self.catalog.put(pipeline)
        return pipeline

    def deploy(self, pipeline_id, yaml, **more):
        """set_pipeline, and the push that a deploy sends."""
        pipeline = self.set_pipeline(pipeline_id, yaml, **more)
        self.config_changed(pipeline_id)
        return pipeline

    def remove(self, pipeline_id, announce=False):
        self.catalog.undeploy(pipeline_id)
        if announce:
            self.config_changed(pipeline_id)

    def disown(self, pipeline_id):
        """A race of the real server: the id is still in the agent's config, but logs of it are refused (403)."""
        self.catalog.disown(pipeline_id)

    def maintenance(self, on, announce=True):
        self.in_maintenance = on
        if announce:
            self.config_changed()

    # -- Push ----------------------------------------------------------------------------------------------------
    def push(self, message, event=None):
        """Sends a message on every open stream; answers how many there were."""
        return self.push_hub.send(encode(message, event))

    def push_raw(self, data):
        return self.push_hub.send(data)

    def config_changed(self, pipeline_id=None, reason="deploy"):
        message = {"type": "config_changed", "reason": reason}
        if pipeline_id is not None:
            message["pipelineId"] = pipeline_id
        return self.push(message)

    def set_poll_interval(self, milliseconds, announce=True):
        self.poll_interval_ms = milliseconds
        if announce:
            self.push({"type": "poll_interval", "intervalMs": milliseconds})

    def drop_push(self, abrupt=True):
        self.push_hub.drop(abrupt)

    def half_open_push(self):
        """The streams that are open now stay open and carry nothing more."""
        for stream in self.push_hub.current():
            stream.silent = True

    def short_lived_push(self, path=None, times=None):
        """New streams (on that path) end right after their greeting."""
        self.push_hub.short_lived = [path, times]

    def push_connected(self):
        return bool(self.push_hub.current())

    def push_connections(self):
        """How many streams were opened so far."""
        return len(self.push_hub.streams())

    # -- Taps and samples ----------------------------------------------------------------------------------------
    def start_tap(self, request_id, pipeline_id, component_id):
        with self.lock:
            self.taps[request_id] = (pipeline_id, component_id, time.monotonic())
        self.push({"type": "tap_start", "requestId": request_id, "pipelineId": pipeline_id,
                   "componentId": component_id})
        return request_id

    def stop_tap(self, request_id):
        self.expire_tap(request_id)
        self.push({"type": "tap_stop", "requestId": request_id})

    def expire_tap(self, request_id):
        """Forgets the tap without a word."""
        with self.lock:
            self.taps.pop(request_id, None)

    def knows_tap(self, request_id, pipeline_id, component_id):
        """The caller holds the lock."""
        known = self.taps.get(request_id)
        if known and time.monotonic() > known[2] + self.tap_life:
            del self.taps[request_id]
            return False
        return known is not None and known[:2] == (pipeline_id, component_id)

    def store_tap_events(self, request_id, events):
        """The caller holds the lock."""
        self.tap_events.setdefault(request_id, []).extend(events)
        self.tap_arrivals.setdefault(request_id, []).append((time.monotonic(), events))

    def tapped(self, request_id):
        """The events so far, without what the agent itself says among them."""
        with self.lock:
            return [event for event in self.tap_events.get(request_id, [])
                    if not (isinstance(event, dict) and any(name.startswith("vf_agent_") for name in event))]

    def tap_remarks(self, request_id, name):
        """What the agent says among the events: name "dropped" or "notice"."""
        with self.lock:
            return [event[f"vf_agent_{name}"] for event in self.tap_events.get(request_id, [])
                    if isinstance(event, dict) and f"vf_agent_{name}" in event]

    def request_sample(self, request_id, pipeline_id, component_keys, limit=5, by=("push", "poll")):
        wish = {"requestId": request_id, "pipelineId": pipeline_id, "componentKeys": list(component_keys),
                "limit": limit}
        with self.lock:
            if "poll" in by:
                self.sample_requests[request_id] = wish
            self.sample_results[request_id] = {"keys": set(component_keys), "results": [], "at": time.monotonic()}
        if "push" in by:
            self.push({"type": "sample_request", **wish})

    def store_sample(self, result, by):
        """The caller holds the lock. In a heartbeat the first component completes the request."""
        known = self.sample_results.get(result["requestId"])
        if known is None:
            return
        if known.get("complete"):
            known.setdefault("lost", []).append({**result, "by": by})
            return
        known["results"].append({**result, "by": by})
        seen = {r.get("componentKey") for r in known["results"]}
        if by == "heartbeat" or known["keys"] <= seen:
            known["complete"] = True
            known["took"] = time.monotonic() - known["at"]
            self.sample_requests.pop(result["requestId"], None)

    def sample(self, request_id):
        """{component key: result} of a request that is answered, in the order of the results; None where it is not."""
        with self.lock:
            known = self.sample_results[request_id]
            return {r.get("componentKey"): r for r in known["results"]} if known.get("complete") else None

    # -- Faults --------------------------------------------------------------------------------------------------
    def fail(self, endpoint, status, times=1, retry_after=None):
        return self.faults.add(Fault("fail", endpoint, times, status=status, retry_after=retry_after))

    def delay(self, endpoint, seconds, times=None):
        return self.faults.add(Fault("delay", endpoint, times, seconds=seconds))

    def cut(self, endpoint, times=1):
        """The connection ends in the middle of the answer."""
        return self.faults.add(Fault("cut", endpoint, times))

    def garbage(self, endpoint, times=1):
        return self.faults.add(Fault("garbage", endpoint, times))

    def never_answer(self, endpoint, times=1):
        return self.faults.add(Fault("hang", endpoint, times))

    def clear_faults(self, endpoint=None):
        self.faults.clear(endpoint)

    def refuse_connections(self, cut=True):
        """As if the server were down; the port stays its own."""
        self.listener.refuse()
        if cut:
            self.listener.cut_all()

    def accept_connections(self):
        self.listener.accept_again()

    def cut_connections(self):
        self.listener.cut_all()

    def revoke_tokens(self):
        """The node was deleted: 401 on every call, while an open push stream stays open."""
        self.tokens.revoke_all()

    def restore_tokens(self):
        self.tokens.restore_all()

    def suspension(self):
        return as_json(503, {"error": "Organization suspended"}, Retry_After=86400) if self.suspended else None

    # -- What was seen -------------------------------------------------------------------------------------------
    @property
    def requests(self):
        return self.record.requests()

    def requests_to(self, endpoint):
        return self.record.requests(endpoint)

    @property
    def violations(self):
        return self.record.violations()

    def allow_violation(self, pattern):
        """A scenario that provokes a breach names it (a regular expression)."""
        self.record.allow(pattern)

    def statuses(self):
        """The server's status rows: pipeline id -> what the last stored heartbeat said of it."""
        with self.lock:
            return {key: dict(value) for key, value in self._statuses.items()}

    def status(self, pipeline_id):
        """RUNNING, CRASHED, … or None where the server has no row."""
        return self.statuses().get(pipeline_id, {}).get("status")

    def log_lines(self, pipeline_id):
        with self.lock:
            return list(self.lines.get(pipeline_id, []))

    def node_tokens(self):
        return self.tokens.issued()

    # -- Called by the connections -------------------------------------------------------------------------------
    def store_heartbeat(self, body):
        """The caller holds the lock. Pipelines that are not of the environment are ignored, absent ones forgotten."""
        self.last_heartbeat = body
        mine = [p for p in body["pipelines"] if self.catalog.owns(p["pipelineId"])]
        self._statuses = {p["pipelineId"]: p for p in mine}
        for status in mine:
            if status.get("recentLogs"):
                self.lines.setdefault(status["pipelineId"], []).extend(status["recentLogs"])
        for result in body.get("sampleResults", []):
            self.store_sample(result, by="heartbeat")
        action = self.pending_action
        if action and (body.get("updateError") or version_of(body.get("agentVersion", "0")) >=
                       version_of(action["targetVersion"])):
            self.pending_action = None

    def check_patience(self, request):
        with self.lock:
            until, since, told = self._patience.get(request.endpoint, (0, 0, None))
        # Taps post side by side: what another one had sent when that answer came is no breach.
        sent_before = told is not None and told != tap_of(request) and request.at < since + 0.3
        if since < request.at < until - 0.1 and not sent_before:
            self.record.violate(f"called {until - request.at:.1f} s before Retry-After allows", request)

    def note_answer(self, request, reply):
        request.status, request.done = reply.status, time.monotonic()
        wait = reply.headers.get("Retry-After")
        if wait is not None:
            with self.lock:
                until = self._patience.get(request.endpoint, (0,))[0]
                self._patience[request.endpoint] = (max(until, request.done + float(wait)), request.done, tap_of(request))

    def forget_retry_after(self):
        """The wait that was asked for ends early (an agent may not know: it only must not be blamed)."""
        with self.lock:
            self._patience.clear()

    def settle(self, request):
        with self.lock:
            self.in_flight.pop(request, None)


if __name__ == "__main__":
    from standin.command_line import main
    main(NAME)
