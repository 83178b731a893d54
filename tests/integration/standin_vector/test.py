"""The stand-in Vector against what was recorded from real Vectors 0.54 and 0.57: words, exit codes, shapes."""
import importlib

from harness import main

for part in ("starting", "reloading", "ending", "printing", "measuring", "tapping", "tap_modes"):
    importlib.import_module(part)  # registers its scenarios
main()
