"""Reply: an answer before it is bytes."""
import json
from dataclasses import dataclass, field


@dataclass
class Reply:
    status: int
    body: bytes = b""
    headers: dict = field(default_factory=dict)


def as_json(status, value, **headers):
    return Reply(status, json.dumps(value, separators=(",", ":")).encode(),
                 {"Content-Type": "application/json", **{k.replace("_", "-"): str(v) for k, v in headers.items()}})


def as_text(status, text):
    return Reply(status, text.encode(), {"Content-Type": "text/plain;charset=UTF-8"})


OK = as_json(200, {"ok": True})
UNAUTHORIZED = as_text(401, "Unauthorized")
