"""Issue 5, points 4 to 6: the host's own view over its socket and over the page's listener (docs/local-api.md)."""
import importlib

from harness import main

for part in ("routes", "page", "masked", "taps", "stuck"):
    importlib.import_module(part)  # registers its scenarios
main()
