"""The scenario runner: functions marked @scenario run in order; `main()` prints `ok`/`FAILED`/`skipped` lines.

By hand: PYTHONPATH=tests/support VF_TEST_AGENT=… VF_TEST_VECTOR=… python3 tests/integration/push/test.py [-l|NAME…]
"""
import faulthandler
import signal
import sys
import time
import traceback

from testkit.waiting import scaled

_scenarios = []


class Skip(Exception):
    """Raised where this machine cannot run a scenario; says why."""


def scenario(function=None, *, limit=90):
    """Marks a scenario. One that takes longer than `limit` seconds fails."""
    def mark(marked):
        _scenarios.append((marked, limit))
        return marked
    return mark(function) if function else mark


def _too_long(*_):
    raise AssertionError("the scenario took too long")


def run_one(function, limit):
    """"ok", "FAILED" or "skipped"."""
    began = time.monotonic()
    signal.signal(signal.SIGALRM, _too_long)
    signal.setitimer(signal.ITIMER_REAL, scaled(limit))
    try:
        function()
        result, note = "ok", ""
    except Skip as reason:
        result, note = "skipped", f": {reason}"
    except Exception:  # whatever it is, it is told, and the next scenario runs
        result, note = "FAILED", ""
        traceback.print_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(f"{result} {function.__name__}{note} ({time.monotonic() - began:.1f} s)", flush=True)
    return result


def main():
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    wanted = [a for a in sys.argv[1:] if not a.startswith("-")]
    if "-l" in sys.argv[1:]:
        for function, _ in _scenarios:
            print(function.__name__)
        return
    unknown = set(wanted) - {function.__name__ for function, _ in _scenarios}
    if unknown:
        sys.exit(f"no such scenario: {', '.join(sorted(unknown))}")
    results = [run_one(f, limit) for f, limit in _scenarios if not wanted or f.__name__ in wanted]
    passed, failed, skipped = (results.count(r) for r in ("ok", "FAILED", "skipped"))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    sys.exit(1 if failed else 0)
