"""What the agent did: every request, and every breach of the contract in it."""
import json
import re
import threading
import time
from dataclasses import dataclass
from typing import Any, Optional


@dataclass(eq=False)  # hashed by identity
class Request:
    number: int
    at: float                      # time.monotonic() when its head had been read
    connection: int                # counts accepted connections
    method: str
    path: str
    endpoint: str                  # enroll, config, heartbeat, logs, samples, tap-events, push; "" for any other
    headers: dict                  # names in lower case
    body: bytes = b""
    json: Any = None
    status: Optional[int] = None   # None: not answered (yet)
    done: Optional[float] = None   # when the answer began to be sent
    connection_address: str = ""

    def __str__(self):
        return (f"#{self.number} {self.method} {self.path} -> {self.status} ({len(self.body)} bytes, "
                f"conn {self.connection})")


class Record:
    def __init__(self, say=None):
        self._lock = threading.RLock()
        self._requests = []
        self._violations = []
        self._allowed = []
        self._say = say

    def add(self, **known):
        with self._lock:
            request = Request(number=len(self._requests) + 1, at=time.monotonic(), **known)
            self._requests.append(request)
            return request

    def requests(self, endpoint=None):
        with self._lock:
            return [r for r in self._requests if endpoint is None or r.endpoint == endpoint]

    def violate(self, message, request=None):
        where = f" in {request.method} {request.path} (#{request.number})" if request else ""
        with self._lock:
            self._violations.append(message + where)
        if self._say:
            self._say(f"violation: {message}{where}")

    def allow(self, pattern):
        with self._lock:
            self._allowed.append(re.compile(pattern))

    def violations(self):
        """Those that no allow() covers."""
        with self._lock:
            return [v for v in self._violations if not any(a.search(v) for a in self._allowed)]

    def all_violations(self):
        with self._lock:
            return list(self._violations)


class JsonError(ValueError):
    pass


def parse_json(body, remark):
    """JSON as JavaScript reads it; `remark` hears what a careful sender would not do. Raises JsonError."""
    def pairs(items):
        names = [name for name, _ in items]
        if len(set(names)) != len(names):
            remark("the same key twice in one JSON object")
        return dict(items)

    def constant(word):
        raise JsonError(f"{word} is not JSON")

    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        remark(f"body is not UTF-8 ({error})")
        text = body.decode("utf-8", "replace")
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise JsonError(str(error)) from error
