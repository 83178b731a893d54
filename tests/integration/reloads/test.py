"""Issue 4: what a reload can do is done by one, and the newest version is what runs, whatever it meets on its way."""
import importlib

from harness import main

for part in ("kinds", "many"):
    importlib.import_module(part)  # registers its scenarios
main()
