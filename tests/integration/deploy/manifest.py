"""deploy/kubernetes: the manifest against the Kubernetes schema, and its fields against each other and the agent."""
import json
import subprocess
import sys

from harness import Skip, scenario
from places import CACHE, DEPLOY, option_defaults, stop_timeout

HERE = __file__.rpartition("/")[0]
MANIFEST = DEPLOY / "kubernetes" / "daemonset.yaml"


def python():
    """A Python that has the schemas and a YAML reader; installed once."""
    venv = CACHE / "venv"
    interpreter = venv / "bin" / "python"
    wanted = open(f"{HERE}/requirements.txt", encoding="utf-8").read()
    done = venv / "installed"
    if not done.exists() or done.read_text() != wanted:
        commands = ([sys.executable, "-m", "venv", "--clear", str(venv)],
                    [str(interpreter), "-m", "pip", "install", "--quiet", "-r", f"{HERE}/requirements.txt"])
        for command in commands:
            try:
                ended = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
            except subprocess.TimeoutExpired as late:
                raise Skip(f"the Kubernetes schemas cannot be installed: {late}") from late
            if ended.returncode != 0:
                raise Skip(f"the Kubernetes schemas cannot be installed: {(ended.stderr or ended.stdout).strip()[-300:]}")
        done.write_text(wanted)
    return str(interpreter)


def check(text):
    """What is wrong by the schema, and the documents: (errors, [document])."""
    ended = subprocess.run([python(), f"{HERE}/kubernetes_schema.py"], input=text, capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    return answer["errors"], answer["documents"]


def documents():
    return {document["kind"]: document for document in check(MANIFEST.read_text())[1]}


@scenario(limit=240)
def the_manifest_keeps_the_schema_of_kubernetes():
    errors, found = check(MANIFEST.read_text())
    assert errors == [], errors
    assert [document["kind"] for document in found] == ["Namespace", "Secret", "ServiceAccount", "ClusterRole",
                                                        "ClusterRoleBinding", "DaemonSet"]


@scenario
def the_schema_would_refuse_a_broken_manifest():
    text = MANIFEST.read_text()
    for old, new in (("terminationGracePeriodSeconds: 90", "terminationGracePeriodSeconds: soon"),
                     ("livenessProbe:", "livelinessProbe:"), ("      tolerations:", "      tolerance:"),
                     ("verbs: [\"get\", \"list\", \"watch\"]", "verbs: get"), ("  selector:", "  selectors:")):
        assert old in text
        assert check(text.replace(old, new))[0], f"{new} passed"


@scenario
def the_pods_end_after_the_drain_and_are_probed_where_the_agent_answers():
    pod = documents()["DaemonSet"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    assert pod["spec"]["terminationGracePeriodSeconds"] > stop_timeout() + 5
    port = int(option_defaults()["VF_METRICS_PORT"])
    assert container["ports"] == [{"name": "metrics", "containerPort": port}]
    for probe, path in (("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"] == {"path": path, "port": "metrics"}, probe
    annotations = pod["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(port) and annotations["prometheus.io/path"] == "/metrics"
    assert annotations["prometheus.io/scrape"] == "true"


@scenario
def the_secret_the_node_name_and_the_folders_reach_the_agent():
    found = documents()
    spec = found["DaemonSet"]["spec"]["template"]["spec"]
    container = spec["containers"][0]
    environment = {entry["name"]: entry.get("valueFrom") for entry in container["env"]}
    for name in ("VF_URL", "VF_TOKEN"):
        assert environment[name]["secretKeyRef"] == {"name": found["Secret"]["metadata"]["name"], "key": name}
        assert name in found["Secret"]["stringData"]
    assert environment["VECTOR_SELF_NODE_NAME"]["fieldRef"]["fieldPath"] == "spec.nodeName"
    paths = {volume["name"]: volume.get("hostPath", {}).get("path") for volume in spec["volumes"]}
    mounts = {mount["mountPath"]: (paths[mount["name"]], mount.get("readOnly", False)) for mount in container["volumeMounts"]}
    for folder in (option_defaults()["VF_DATA_DIR"], "/var/lib/vector"):
        assert mounts[folder] == (folder, False), mounts
    assert mounts["/var/log"] == ("/var/log", True)


@scenario
def the_account_may_read_what_kubernetes_logs_asks_for():
    found = documents()
    rule, = found["ClusterRole"]["rules"]
    assert rule == {"apiGroups": [""], "resources": ["pods", "namespaces", "nodes"], "verbs": ["get", "list", "watch"]}
    subject, = found["ClusterRoleBinding"]["subjects"]
    account = found["ServiceAccount"]["metadata"]
    assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])
    assert found["ClusterRoleBinding"]["roleRef"]["name"] == found["ClusterRole"]["metadata"]["name"]
    assert found["DaemonSet"]["spec"]["template"]["spec"]["serviceAccountName"] == account["name"]
    selector = found["DaemonSet"]["spec"]["selector"]["matchLabels"]
    assert selector.items() <= found["DaemonSet"]["spec"]["template"]["metadata"]["labels"].items()
