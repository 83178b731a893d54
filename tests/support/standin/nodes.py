"""Node tokens: what enrolment gives out and every other call must carry."""
import secrets
import threading


class NodeTokens:
    def __init__(self):
        self._lock = threading.Lock()
        self._nodes = {}      # token -> node id
        self._revoked = set()

    def issue(self):
        token = f"vf_node_default_{secrets.token_hex(8)}_{secrets.token_hex(32)}"
        with self._lock:
            self._nodes[token] = f"node-{len(self._nodes) + 1}"
            return token, self._nodes[token]

    def node_of(self, token):
        with self._lock:
            return None if token in self._revoked else self._nodes.get(token)

    def issued(self):
        with self._lock:
            return list(self._nodes)

    def revoke_all(self):
        with self._lock:
            self._revoked = set(self._nodes)

    def restore_all(self):
        with self._lock:
            self._revoked = set()
