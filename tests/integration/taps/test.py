"""Issue 5: live events of pipelines' components for who watches them at the control plane."""
import importlib

from harness import main

for part in ("events", "shared", "endings", "restarts", "odd_lines", "budget", "floods"):
    importlib.import_module(part)  # registers its scenarios
main()
