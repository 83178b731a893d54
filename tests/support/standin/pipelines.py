"""What the control plane wants to run: pipelines with the server's checksum, and the config answer made of them."""
import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import Dict, List, Optional


@dataclass
class Pipeline:
    id: str
    yaml: str
    name: str = ""
    version: int = 1
    log_level: Optional[str] = None
    secrets: Dict[str, str] = field(default_factory=dict)
    cert_files: List[dict] = field(default_factory=list)   # {name, filename, data: base64}
    checksum: Optional[str] = None                          # None: computed as the server does

    def change_token(self):
        return self.checksum if self.checksum is not None else checksum(self.yaml, self.secrets)

    def wire(self):
        answer = {"pipelineId": self.id, "pipelineName": self.name or self.id, "version": self.version,
                  "configYaml": self.yaml, "checksum": self.change_token()}
        if self.log_level:
            answer["logLevel"] = self.log_level
        if self.secrets:
            answer["secrets"] = self.secrets
        if self.cert_files:
            answer["certFiles"] = self.cert_files
        return answer


def checksum(yaml, secrets=None):
    """SHA-256 of the YAML, followed by the secrets as compact JSON with sorted keys where there are any."""
    text = yaml
    if secrets:
        text += json.dumps(secrets, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Catalog:
    """Thread-safe. `deployed` is what the answer lists; an undeployed pipeline is still of the environment."""

    def __init__(self):
        self._lock = threading.RLock()
        self._deployed = {}
        self._environment = set()
        self._ever = {}

    def put(self, pipeline):
        with self._lock:
            self._deployed[pipeline.id] = pipeline
            self._environment.add(pipeline.id)
            given = self._ever.setdefault(pipeline.id, {"versions": set(), "checksums": set()})
            given["versions"].add(pipeline.version)
            given["checksums"].add(pipeline.change_token())

    def replace(self, pipelines):
        with self._lock:
            self._deployed = {}
            for pipeline in pipelines:
                self.put(pipeline)

    def undeploy(self, pipeline_id):
        with self._lock:
            self._deployed.pop(pipeline_id, None)

    def disown(self, pipeline_id):
        """The pipeline is not of this environment any more, though an answer may still list it."""
        with self._lock:
            self._environment.discard(pipeline_id)

    def get(self, pipeline_id):
        with self._lock:
            return self._deployed.get(pipeline_id)

    def deployed(self):
        with self._lock:
            return list(self._deployed.values())

    def owns(self, pipeline_id):
        with self._lock:
            return pipeline_id in self._environment

    def was_given(self, pipeline_id):
        """{"versions", "checksums"} ever told about this id; None for an id that was never given out."""
        with self._lock:
            return self._ever.get(pipeline_id)
