"""The server's rate limits: a sliding window for each endpoint and token. A refused call does not count."""
import math
import threading
import time

PER_MINUTE = {"enroll": 10, "config": 30, "heartbeat": 30, "logs": 60, "samples": 60, "tap-events": 120}


class SlidingWindows:
    def __init__(self, limits=None, window=60.0, clock=time.monotonic):
        self.limits = dict(limits if limits is not None else PER_MINUTE)
        self.window = window
        self._clock = clock
        self._calls = {}
        self._lock = threading.Lock()

    def check(self, endpoint, who):
        """None where the call is allowed (and counted), else the whole seconds to wait."""
        limit = self.limits.get(endpoint)
        if limit is None:
            return None
        with self._lock:
            now = self._clock()
            calls = [at for at in self._calls.get((endpoint, who), []) if at > now - self.window]
            self._calls[(endpoint, who)] = calls
            if len(calls) >= limit:
                return max(1, math.ceil(calls[0] + self.window - now))
            calls.append(now)
            return None
