"""Run by the Python of manifest.py's venv: reads a manifest on stdin, writes {"errors": […], "documents": […]}."""
import json
import sys

import kubernetes_validate
import yaml

documents = list(yaml.safe_load_all(sys.stdin))
errors = []
for document in documents:
    try:
        kubernetes_validate.validate(document, "1.37", strict=True)
    except kubernetes_validate.ValidationError as error:
        errors.append(f"{document.get('kind')}: {error.message}")
json.dump({"errors": errors, "documents": documents}, sys.stdout)
