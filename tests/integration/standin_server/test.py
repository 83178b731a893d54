"""The stand-in control plane is itself tested: each strictness refuses what it should, a good request passes."""
import importlib

from harness import main

for part in ("calls", "bodies", "connections"):
    importlib.import_module(part)  # registers its scenarios
main()
