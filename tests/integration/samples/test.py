"""Issue 5: samples of components' events, asked for by push or by poll."""
import importlib

from harness import main

for part in ("answers", "schemas", "limits", "ways"):
    importlib.import_module(part)  # registers its scenarios
main()
