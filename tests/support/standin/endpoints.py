"""The endpoints: what each call answers and what it stores. `server` is the StandinServer whose settings apply."""
import re
import time

from standin.contract import SCHEMAS, losses
from standin.record import JsonError, parse_json
from standin.reply import OK, UNAUTHORIZED, as_json
from standin.schema import Findings

GET = ("config", "push")


def bearer(request):
    value = request.headers.get("authorization", "")
    return value[7:] if value.startswith("Bearer ") else None


def checked_body(server, request):
    """(body, None), or (None, the refusal)."""
    violate = server.record.violate
    if request.headers.get("content-encoding", "identity") != "identity":
        violate("compressed request body", request)
        return None, as_json(400, {"error": "Invalid JSON body"})
    if not request.headers.get("content-type", "").startswith("application/json"):
        violate(f"content type {request.headers.get('content-type')!r}", request)
    try:
        body = parse_json(request.body, lambda remark: violate(remark, request))
    except JsonError as error:
        violate(f"body is not JSON: {error}", request)
        return None, as_json(400, {"error": "Invalid JSON body"})
    request.json = body
    findings = Findings()
    SCHEMAS[request.endpoint](body, "", findings)
    for path in findings.unknown:
        violate(f"{path.lstrip('.')} is not in the contract", request)
    if findings.refused:
        for issue in findings.refused:
            violate(f"{issue['path'].lstrip('.')}: {issue['message']}", request)
        return None, as_json(400, {"error": "Invalid payload", "details": findings.refused})
    return body, None


def lost(server, request, body):
    """Records what the running server would lose; True where it answers 500."""
    kinds = []
    for kind, why in losses(request.endpoint, body):
        server.record.violate(f"would be lost: {why}", request)
        kinds.append(kind)
    return "500" in kinds


def rate_limited(server, request, who):
    wait = server.limits.check(request.endpoint, who)
    if wait is None:
        return None
    server.record.violate(f"rate limit of {request.endpoint} exceeded", request)
    return as_json(429, {"error": "Too many requests"}, Retry_After=wait)


def answer(server, request):
    """Everything but push. Order of the checks as on the real server."""
    if request.endpoint == "enroll":
        return enroll(server, request)
    token = bearer(request)
    if token is None:
        server.record.violate("no bearer token", request)
        return as_json(401, {"error": "Unauthorized"})
    refusal = rate_limited(server, request, token) or server.suspension()
    if refusal:
        return refusal
    node = known_node(server, request, token)
    if node is None:
        return UNAUTHORIZED
    if request.endpoint == "config":
        return config(server, request)
    if server.light_taps and request.endpoint == "tap-events":
        request.json = {}
        return tap_events(server, request, light_body(request))
    body, refusal = checked_body(server, request)
    if refusal:
        return refusal
    handler = {"heartbeat": heartbeat, "logs": logs, "samples": samples, "tap-events": tap_events}[request.endpoint]
    return handler(server, request, body)


def known_node(server, request, token):
    node = server.tokens.node_of(token)
    if node is None and token not in server.tokens.issued():
        server.record.violate("a bearer token that was never issued", request)
    return node


def enroll(server, request):
    if server.enrolment == "demo":
        return as_json(403, {"error": "Agent enrollment is disabled in the public demo."})
    refusal = rate_limited(server, request, request.connection_address)
    if refusal:
        return refusal
    body, refusal = checked_body(server, request)
    if refusal:
        return refusal
    refusal = server.suspension()
    if refusal:
        return refusal
    if body["token"] != server.enrollment_token:
        return as_json(401, {"error": "Invalid enrollment token"})
    if server.enrolment == "plan_limit":
        return as_json(402, {"error": "Plan limit reached", "quota": "agents", "plan": "FREE", "limit": 1, "current": 1,
                             "upgradeUrl": "https://example.invalid/pricing"})
    if lost(server, request, body):
        return as_json(500, {"error": "Enrollment failed"})
    token, node = server.tokens.issue()
    return as_json(200, {"nodeId": node, "nodeToken": token, "environmentId": "env-1",
                         "environmentName": "Stand-in"})


def config(server, request):
    with server.lock:
        answer = {"pipelines": [], "pollIntervalMs": server.poll_interval_ms, "secretBackend": "BUILTIN"}
        if not server.in_maintenance:
            answer["pipelines"] = [p.wire() for p in server.catalog.deployed()]
            answer["pushUrl"] = server.push_url_for(request)
            if server.sample_requests:
                answer["sampleRequests"] = [dict(s) for s in server.sample_requests.values()]
        if server.pending_action:
            answer["pendingAction"] = server.pending_action
        server.told = {p["pipelineId"]: server.told.get(p["pipelineId"], time.monotonic())
                       for p in answer["pipelines"]}
    return as_json(200, answer)


def heartbeat(server, request, body):
    violate = server.record.violate
    failed = lost(server, request, body)
    ids = [p["pipelineId"] for p in body["pipelines"]]
    if len(set(ids)) != len(ids):
        violate("a pipeline twice in one heartbeat", request)
    with server.lock:
        missing = [i for i, since in server.told.items() if i not in ids and request.at - since > server.grace]
    for pipeline_id in missing:
        violate(f"pipeline {pipeline_id!r} is left out of the heartbeat", request)
    for status in body["pipelines"]:
        given = server.catalog.was_given(status["pipelineId"])
        if given is None:
            violate(f"pipeline {status['pipelineId']!r} was never given out", request)
            continue
        if status["version"] not in given["versions"]:
            violate(f"version {status['version']} of {status['pipelineId']!r} was never given out", request)
        if "configChecksum" in status and status["configChecksum"] not in given["checksums"]:
            violate(f"checksum of {status['pipelineId']!r} was never given out", request)
    if failed:
        return as_json(500, {"error": "Heartbeat processing failed"})
    with server.lock:
        server.store_heartbeat(body)
    return OK


def logs(server, request, body):
    violate = server.record.violate
    if not any(batch["lines"] for batch in body):
        violate("empty log post", request)
    for batch in body:
        if server.catalog.was_given(batch["pipelineId"]) is None:
            violate(f"logs of {batch['pipelineId']!r}, which was never given out", request)
    if any(not server.catalog.owns(batch["pipelineId"]) for batch in body):
        return as_json(403, {"error": "Forbidden"})
    spoiled = [why for _, why in losses("logs", body)]
    lost(server, request, body)
    with server.lock:
        for batch in body:
            if any(why.startswith(batch["pipelineId"] + ":") for why in spoiled):
                server.lost_lines.extend(batch["lines"])
            else:
                server.lines.setdefault(batch["pipelineId"], []).extend(batch["lines"])
    return OK


def samples(server, request, body):
    if not body["results"]:
        server.record.violate("empty samples post", request)
    if lost(server, request, body):
        return as_json(500, {"error": "Failed to process sample results"})
    with server.lock:
        for result in body["results"]:
            known = server.sample_results.get(result["requestId"], {})
            if known.get("complete") or any(r.get("componentKey") == result["componentKey"]
                                            for r in known.get("results", [])):
                server.record.violate(f"{result['componentKey']!r} of sample {result['requestId']!r} is told again", request)
        for result in body["results"]:
            server.store_sample(result, by="samples")
    return OK


def beside(server, request, key):
    """The unanswered post of the same tap, where there is one: their order would be left to chance."""
    with server.lock:
        for other, link in server.in_flight.items():
            if other is not request and other.endpoint == "tap-events" and isinstance(other.json, dict) \
                    and other.json.get("requestId") == key and not link.peer_gone():
                return other
    return None


def tap_events(server, request, body):
    key = body["requestId"]
    other = beside(server, request, key)
    if other:
        server.record.violate(f"another post of tap {key!r} (#{other.number}) is still unanswered", request)
    with server.lock:
        if not server.knows_tap(key, body["pipelineId"], body["componentId"]):
            server.tap_refusals[key] = server.tap_refusals.get(key, 0) + 1
            refused = server.tap_refusals[key]
        else:
            refused = 0
            if key in server.tap_ends:
                server.record.violate(f"tap {key!r} goes on after it said that it stopped", request)
            if body.get("status") == "stopped":
                server.tap_ends[key] = body.get("reason", "unknown")
            elif body.get("events"):
                server.store_tap_events(key, body["events"])
            else:
                server.record.violate("empty tap post", request)
    if refused > 3:
        server.record.violate(f"tap {key!r} goes on after {refused} refusals", request)
    return as_json(403, {"error": "Forbidden"}) if refused else OK


LIGHT_EVENT = re.compile(rb'"n":(\d+),"at":(\d+)|"vf_agent_dropped":(\d+)')


def light_body(request):
    """A tap post's envelope, and of its events what a bench counts: parsing them all would be most of the work."""
    body = {}
    for name in ("requestId", "pipelineId", "componentId", "status", "reason"):
        found = re.search(rb'"%s":"([^"]*)"' % name.encode(), request.body[:400])
        if found:
            body[name] = found[1].decode()
    body["events"] = [(int(n), int(at)) if n else {"vf_agent_dropped": int(dropped)}
                      for n, at, dropped in LIGHT_EVENT.findall(request.body)]
    request.body = b""   # a bench of minutes would keep them all
    return body
