"""Issue 4: a deploy is checked first, and what is refused, or does not stand, never costs what runs."""
import importlib

from harness import main

for part in ("refused", "full_disk"):
    importlib.import_module(part)  # registers its scenarios
main()
