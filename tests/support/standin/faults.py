"""Faults a test plans for an endpoint ("*": all): each is used `times` times, or until cleared where that is None."""
import threading
from dataclasses import dataclass, field
from typing import Optional


@dataclass
class Fault:
    kind: str                     # fail, cut, garbage, hang, delay
    endpoint: str
    times: Optional[int] = 1      # None: for ever
    status: int = 500
    retry_after: Optional[int] = None
    seconds: float = 0.0
    released: threading.Event = field(default_factory=threading.Event)


class FaultPlan:
    def __init__(self):
        self._faults = []
        self._lock = threading.Lock()

    def add(self, fault):
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self, endpoint=None):
        """Forgets planned faults, and lets go of calls that are held by one."""
        with self._lock:
            gone = [f for f in self._faults if endpoint in (None, f.endpoint)]
            self._faults = [f for f in self._faults if f not in gone]
        for fault in gone:
            fault.released.set()

    def take(self, endpoint):
        """What happens to this call: (delay or None, other fault or None)."""
        delay = other = None
        with self._lock:
            for fault in list(self._faults):
                if fault.endpoint not in (endpoint, "*") or fault.times == 0:
                    continue
                if fault.kind == "delay" and delay is None:
                    delay = fault
                elif fault.kind != "delay" and other is None:
                    other = fault
                else:
                    continue
                if fault.times is not None:
                    fault.times -= 1
        return delay, other
