"""What the agent may send: the request schemas of agent contract v1, and what the running server does beyond them.

`losses(endpoint, body)` is the second half: bodies that pass the schema and are lost all the same. It yields
(kind, why): kind "500" answers an error and stores nothing, "silent" answers 200 and loses (part of) what was sent.
"""
import re

from standin.schema import anything, array, boolean, fields, number, record, string

STATUSES = ("RUNNING", "STARTING", "STOPPED", "CRASHED", "PENDING")
COUNTS = ("eventsIn", "eventsOut", "errorsTotal", "bytesIn", "bytesOut", "eventsDiscarded", "spansIn", "spansOut",
          "tracesIn")
COMPONENT_COUNTS = ("receivedEvents", "sentEvents", "receivedBytes", "sentBytes", "errorsTotal", "discardedEvents")
HOST_COUNTS = ("memoryTotalBytes", "memoryUsedBytes", "memoryFreeBytes", "fsTotalBytes", "fsUsedBytes", "fsFreeBytes",
               "diskReadBytes", "diskWrittenBytes", "netRxBytes", "netTxBytes")
HOST_FIGURES = ("cpuSecondsTotal", "cpuSecondsIdle", "loadAvg1", "loadAvg5", "loadAvg15")

ID = string(shortest=1)
LABELS = record(string())

ENROLL = fields(
    {"token": string(shortest=1), "hostname": string(shortest=1, longest=253)},
    {"os": string(longest=100), "agentVersion": string(longest=100), "vectorVersion": string(longest=100),
     "labels": LABELS})

COMPONENT_METRIC = fields(
    {"componentId": ID, "componentKind": ID, "receivedEvents": number(), "sentEvents": number()},
    {name: number() for name in (*COMPONENT_COUNTS[2:], "latencyMeanSeconds")})

PIPELINE_STATUS = fields(
    {"pipelineId": ID, "version": number(integer=True, least=0), "status": string(words=STATUSES)},
    {"pid": number(integer=True), "uptimeSeconds": number(), "utilization": number(),
     "configChecksum": string(longest=128), "recentLogs": array(string()), "componentMetrics": array(COMPONENT_METRIC),
     **{name: number() for name in COUNTS}})

FIELD_INFO = fields({"path": string(), "type": string(), "sample": string()})
SAMPLE_RESULT = {"events": array(anything()), "schema": array(FIELD_INFO), "error": string()}

HEARTBEAT = fields(
    {"pipelines": array(PIPELINE_STATUS)},
    {"hostMetrics": fields({}, {name: number() for name in HOST_COUNTS + HOST_FIGURES}),
     "agentVersion": string(longest=100), "vectorVersion": string(longest=100),
     "deploymentMode": string(words=("STANDALONE", "DOCKER", "UNKNOWN")), "runningAs": string(longest=100),
     "sampleResults": array(fields({"requestId": ID}, {"componentKey": string(), **SAMPLE_RESULT})),
     "updateError": string(longest=500), "labels": LABELS,
     "agentHealth": fields({"pollErrorsTotal": number(), "pushReconnectsTotal": number(),
                            "heartbeatErrorsTotal": number(), "pushConnected": boolean(),
                            "pipelinesRunning": number(integer=True), "uptimeSeconds": number()})})

LOGS = array(fields({"pipelineId": ID, "lines": array(string(), longest=500)}))
SAMPLES = fields({"results": array(fields({"requestId": ID, "componentKey": ID}, SAMPLE_RESULT))})
TAP_EVENTS = fields({"requestId": ID, "pipelineId": ID, "componentId": ID},
                    {"events": array(anything()), "status": string(words=("stopped",)), "reason": string()})

SCHEMAS = {"enroll": ENROLL, "heartbeat": HEARTBEAT, "logs": LOGS, "samples": SAMPLES, "tap-events": TAP_EVENTS}

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def strings_in(value):
    """Every string below a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from strings_in(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            yield name
            yield from strings_in(entry)


def unstorable(value):
    """Why the database refuses a text below this value; None where it takes them all."""
    for text in strings_in(value):
        if "\0" in text:
            return "a NUL"
        if LONE_SURROGATE.search(text):
            return "a lone surrogate"
    return None


def is_whole(value):
    return value == int(value)


def heartbeat_losses(body):
    for name, value in body.items():
        if name != "sampleResults" and unstorable(value):
            yield "500", f"{unstorable(value)} in {name}"
    for status in body["pipelines"]:
        yield from status_losses(status)
    for name in HOST_COUNTS:
        value = body.get("hostMetrics", {}).get(name, 0)
        if not is_whole(value) or not 0 <= value < 2**63:
            yield "silent", f"hostMetrics.{name} = {value} loses the host row"


def status_losses(status):
    who = status["pipelineId"]
    for name in COUNTS:
        value = status.get(name, 0)
        if not is_whole(value):
            yield "500", f"{who}: {name} = {value} is not whole"
        elif value >= 2**63:
            yield "500", f"{who}: {name} = {value} is 2^63 or more"
        elif value < 0:
            yield "silent", f"{who}: {name} = {value} is negative"
    for name in ("pid", "version", "uptimeSeconds"):
        value = status.get(name, 0)
        if not is_whole(value):
            yield "500", f"{who}: {name} = {value} is not whole"
        elif not -(2**31) <= value < 2**31:
            yield "500", f"{who}: {name} = {value} is beyond 32 bits"
    for component in status.get("componentMetrics", []):
        for name in COMPONENT_COUNTS:
            value = component.get(name, 0)
            if not is_whole(value) or not 0 <= value < 2**63:
                yield "silent", f"{who}: {component['componentId']}.{name} = {value} is no count"


def losses(endpoint, body):
    if endpoint == "heartbeat":
        yield from heartbeat_losses(body)
    elif endpoint in ("samples", "enroll"):
        if unstorable(body):
            yield "500", unstorable(body)
    elif endpoint == "logs":
        for batch in body:
            if unstorable(batch):
                yield "silent", f"{batch['pipelineId']}: {unstorable(batch)} loses the whole batch"
