"""An agent as far as its page can see (docs/local-api.md), for what a real one does not do on demand: 500 pipelines, 40
components, names and events made to hurt. The page itself is given to it, as a real agent serves it."""
import http.server
import json
import math
import threading
import time
import urllib.parse

TOKEN = "acted-token"


class ActedAgent:
    """`with ActedAgent(document, headers) as agent:`; `agent.url` with the token; `agent.pipelines` may be changed.

    lines, events   {pipeline id: [text]}: what /logs and /tap give at once; an event is JSON text, a whole object of the
                    stream where it is a dict
    """

    def __init__(self, document, headers, pipelines=None, lines=None, events=None, port=0):
        self.document, self.headers = document, headers
        self.pipelines = pipelines if pipelines is not None else some_pipelines(3)
        self.lines, self.events = lines or {}, events or {}
        self.deaths, self.link = [], {"state": "connected"}
        self.requests, self.open_streams, self.token = [], 0, TOKEN
        self.began = time.time()
        self.more = threading.Condition()
        self.ending = False
        agent = self

        class Handler(Answers):
            acted = agent

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/#token={TOKEN}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        with self.more:
            self.ending = True
            self.more.notify_all()
        self.server.shutdown()
        self.server.server_close()

    def say(self, what, pipeline, *texts):
        """`what`: agent.lines or agent.events. More for everybody who follows."""
        with self.more:
            what.setdefault(pipeline, []).extend(texts)
            self.more.notify_all()

    def asked(self, path):
        return [asked for asked in self.requests if asked.startswith(path)]

    # -- Answers -------------------------------------------------------------------------------------------------
    def status(self):
        shown = ("id", "name", "state", "sync", "version", "restarts", "pid", "uptimeSeconds", "ports", "refusedVersion",
                 "refusal", "problem")
        return {"ok": True, "version": "0.1.0", "pid": 4711, "uptimeSeconds": 86500, "controlPlane": "https://flow.example.org",
                "link": self.link, "vectorVersion": "0.54.0", "deaths": self.deaths,
                "pipelines": [{k: p[k] for k in shown if k in p} for p in self.pipelines]}

    def readings(self, query):
        now = time.time()
        read_at = int(now / 5) * 5
        rows = []
        for number, pipeline in enumerate(self.pipelines):
            if query.get("pipeline") not in (None, pipeline["id"]):
                continue
            row = {"id": pipeline["id"], "name": pipeline["name"], "generation": pipeline.get("generation", 1),
                   "restarts": pipeline["restarts"]}
            if pipeline["state"] == "running":
                events = grown(read_at - self.began + 1000, pipeline.get("rate", 10.0 * (1 + number % 50)))
                row.update(pid=pipeline["pid"], uptimeSeconds=pipeline["uptimeSeconds"], memoryBytes=44_000_000 + 1_100_000 * (number % 90),
                           cpuSeconds=(now - self.began) * 0.02 * (1 + number % 9), readAt=read_at * 1000, eventsIn=int(events),
                           eventsOut=int(events * 0.8), bytesIn=int(events * 250), bytesOut=int(events * 210),
                           errors=int(events * 0.001) if number % 7 == 3 else 0, discarded=int(events * 0.2) if number % 5 == 1 else 0)
                if "components" in query:
                    row["components"] = [
                        {"id": c["id"], "kind": c["kind"], "type": c["type"], "receivedEvents": int(events / (1 + i % 3)),
                         "sentEvents": int(events / (1 + i % 3) * 0.9), "receivedBytes": 0, "sentBytes": 0,
                         "errors": int(events * 0.001) if i == 4 else 0, "discarded": 0} for i, c in enumerate(pipeline["components"])]
            rows.append(row)
        return {"at": int(now * 1000), "pipelines": rows}

    def inspect(self, pipeline):
        return {"id": pipeline["id"], "name": pipeline["name"], "version": pipeline["version"], "checksum": "0f" * 32, "logLevel": "info",
                "state": pipeline["state"], "ports": pipeline.get("ports"), "yaml": pipeline.get("yaml", "sources: {}\n"), "sidecar": "api:\n  enabled: true\n",
                "secretNames": ["VF_SECRET_KEY"], "certFiles": ["ca.pem"], "components": pipeline["components"]}


def grown(seconds, rate):
    """A counter whose rate swings slowly."""
    return rate * (seconds + 8 * math.sin(seconds / 12))


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    acted = None

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json", headers=()):
        body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        acted = self.acted
        acted.requests.append(self.path)
        target = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(target.query))
        if target.path == "/":
            return self.answer(200, acted.document, "text/html; charset=utf-8", acted.headers.items())
        if not target.path.startswith("/api/"):
            return self.answer(404, {"error": "no such thing"})
        if self.headers.get("Authorization") != "Bearer " + acted.token:
            return self.answer(401, {"error": "this is not the token of this agent; its start-up line has it"})
        parts = [urllib.parse.unquote(part) for part in target.path.split("/")[2:]]
        if parts == ["status"]:
            return self.answer(200, acted.status())
        if parts == ["readings"]:
            return self.answer(200, acted.readings(query))
        pipeline = next((p for p in acted.pipelines if len(parts) == 3 and p["id"] == parts[1]), None)
        if not pipeline:
            return self.answer(404, {"error": "no such pipeline"})
        if parts[2] == "inspect":
            return self.answer(200, acted.inspect(pipeline))
        if parts[2] == "logs":
            return self.stream(acted.lines, pipeline["id"], lambda n, text: {"number": n, "line": text})
        if parts[2] == "tap":
            if query["component"] not in [c["id"] for c in pipeline["components"]]:
                return self.answer(404, {"error": "no such component"})
            return self.stream(acted.events, pipeline["id"], lambda n, text: '{"event":' + text + "}")
        return self.answer(404, {"error": "no such thing"})

    def stream(self, source, pipeline_id, object_of):
        acted, sent = self.acted, 0
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Connection", "close")
        self.end_headers()
        acted.open_streams += 1
        try:
            while not acted.ending:
                with acted.more:
                    news = source.get(pipeline_id, [])[sent:]
                    if not news:
                        acted.more.wait(0.2)
                lines = [text if isinstance(text, dict) else object_of(sent + i, text) for i, text in enumerate(news)]
                sent += len(news)
                data = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
                self.wfile.write((data or "\n").encode())
                self.wfile.flush()
        except OSError:
            pass  # the viewer has gone
        finally:
            acted.open_streams -= 1
            self.close_connection = True


def component(name, kind, kind_type, *inputs):
    return {"id": name, "kind": kind, "type": kind_type, "inputs": list(inputs)}


SMALL = [component("demo", "source", "demo_logs"), component("parse", "transform", "remap", "demo"),
         component("route", "transform", "route", "parse"), component("errors_only", "transform", "filter", "route.errors"),
         component("out", "sink", "blackhole", "errors_only"), component("archive", "sink", "file", "route.*")]


def forty_components():
    made = [component(f"in_{i}", "source", "socket") for i in range(8)]
    made += [component(f"parse_{i}", "transform", "remap", f"in_{i}") for i in range(8)]
    made += [component("merge", "transform", "dedupe", "parse_*"), component("route", "transform", "route", "merge")]
    made += [component(f"shape_{i}", "transform", "filter", f"route.kind_{i}") for i in range(10)]
    made += [component(f"sink_{i}", "sink", "elasticsearch", f"shape_{i}") for i in range(10)]
    return made + [component("raw", "sink", "aws_s3", "in_*"), component("a_very_long_component_name_that_somebody_generated", "sink", "kafka", "merge")]


def some_pipelines(count, components=None):
    """Most of them run; where there are many, some are in each kind of trouble."""
    made = []
    for i in range(count):
        pipeline = {"id": f"cm{i:05d}", "name": f"{['edge', 'payments', 'audit', 'k8s-logs', 'metrics'][i % 5]}-{i}", "state": "running", "sync": "applied",
                    "version": 1 + i % 12, "restarts": 0, "pid": 5000 + i, "uptimeSeconds": 60 * (i + 1) * 7, "generation": 1,
                    "ports": {"metrics": 8688 + 2 * i, "api": 8689 + 2 * i}, "components": components or SMALL}
        trouble = i % 97 if count > 10 else i
        if trouble == 1:
            pipeline.update(sync="refused", refusedVersion=pipeline["version"] + 1,
                            refusal='error[E100]: unhandled error: function call error for "parse_json" at (4:25)\n  ┌─ :1:5\n1 │ . = parse_json(.message)')
        elif trouble == 2:
            pipeline.update(state="crash loop", restarts=17, problem="exit code 78; the next try is in 41 s")
            del pipeline["pid"], pipeline["uptimeSeconds"]
        elif trouble == 3:
            pipeline.update(state="starting", sync="applying")
        elif trouble == 4:
            pipeline.update(state="stopped")
            del pipeline["pid"], pipeline["uptimeSeconds"]
        made.append(pipeline)
    return made
