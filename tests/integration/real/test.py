"""What depends on how Vector itself reloads, refuses and ends, against the real one: tests/run --real."""
import importlib
import os
import sys

from harness import main

if "VF_TEST_REAL_VECTOR" not in os.environ:
    print("skipped: no real Vector was asked for, see tests/run --real")
    sys.exit(77)
for part in ("stream", "faulty", "taps", "tap_words"):
    importlib.import_module(part)  # registers its scenarios
main()
