"""Issue 4: what a reload can do is done by one, and the newest version is what runs, whatever it meets on its way."""
import importlib
import os
import sys

from harness import main

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "deploys"))   # its common.py
for part in ("kinds", "many"):
    importlib.import_module(part)  # registers its scenarios
main()
