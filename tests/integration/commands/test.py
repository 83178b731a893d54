"""Issue 5, point 4: the commands that a host's operator has, as a stranger would use them."""
import importlib

from harness import main

for part in ("watching", "following", "top", "acting", "validating", "diagnosing", "enrolling", "shells"):
    importlib.import_module(part)  # registers its scenarios
main()
