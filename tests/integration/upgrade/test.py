"""Issue 5: the agent becomes another version of itself, and nothing that runs notices."""
import importlib

from harness import main

for part in ("taken", "refused", "failed", "unreachable", "by_signal", "no_room"):
    importlib.import_module(part)  # registers its scenarios
main()
