"""Waiting on conditions. Times scale with VF_TEST_SLOWDOWN, for sanitizer builds on a busy machine."""
import os
import time

SLOWDOWN = float(os.environ.get("VF_TEST_SLOWDOWN", "1"))
NOT_YET = (AssertionError, LookupError, OSError, TypeError, ValueError)
watched = []   # objects whose check_alive() raises where waiting has become pointless


class Broken(Exception):
    """Raised in a predicate where a promise is broken: an AssertionError there would only mean "not yet"."""


def scaled(seconds):
    """A deadline for this machine. A time that must not be undercut is never scaled."""
    return seconds * SLOWDOWN


def wait_until(predicate, timeout=20.0, what="", poll=0.02):
    """Until the predicate is true; answers its value. An exception that means "not yet" counts as false."""
    end = time.monotonic() + scaled(timeout)
    while True:
        last = None
        try:
            value = predicate()
            if value:
                return value
            last = repr(value)
        except NOT_YET as error:
            last = f"{type(error).__name__}: {error}"
        for thing in watched:
            thing.check_alive()
        if time.monotonic() > end:
            raise AssertionError(f"not within {scaled(timeout):g} s: {what or predicate} (last: {last})")
        time.sleep(poll)


def stays(predicate, seconds, what=""):
    """The promise that something does not change for a while: true all the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not predicate():
            raise AssertionError(f"did not stay so for {seconds:g} s: {what or predicate}")
        for thing in watched:
            thing.check_alive()
        time.sleep(0.05)


def expect_once_below(seconds, measure, what, tries=3):
    """A promise in seconds, on a machine that others share: `measure` answers what it took, and is asked again where that is
    too much. What is too slow by itself is so each time."""
    took = []
    while not took or (took[-1] > scaled(seconds) and len(took) < tries):
        took.append(measure())
    assert took[-1] <= scaled(seconds), f"{what} took {', '.join(f'{t:.2f}' for t in took)} s, promised {scaled(seconds):g} s"


class Stopwatch:
    def __init__(self):
        self.began = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.began

    def expect_below(self, seconds, what):
        took = self.elapsed()
        assert took <= scaled(seconds), f"{what} took {took:.2f} s, promised {scaled(seconds):g} s"

    def expect_at_least(self, seconds, what):
        took = self.elapsed()
        assert took >= seconds, f"{what} took {took:.2f} s, less than {seconds:g} s"
