"""Issue 3, point 8 and the README's commands: what is in deploy/, as far as this kind of machine can check it."""
import importlib

from harness import main

for part in ("scripts", "names", "service", "manifest", "container", "installed"):
    importlib.import_module(part)  # registers its scenarios
main()
