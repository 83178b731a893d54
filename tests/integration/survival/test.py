"""Issue 4: an agent that dies, or is replaced by another, loses nothing of what ran."""
import importlib

from harness import main

for part in ("taken_over", "before_the_server", "broken_state", "clock"):
    importlib.import_module(part)  # registers its scenarios
main()
