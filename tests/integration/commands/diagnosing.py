"""`diagnostics`: one archive, and no secret in it, wherever one was put."""
import base64
import io
import json
import os
import socket
import stat
import tarfile
import threading

from harness import Agent, StandinServer, pipeline_yaml, run_agent, scenario, scratch_dir, wait_until

from common import command

KEY = "-----BEGIN PRIVATE KEY-----\nMIIEcertdatacertdatasecret21\n-----END PRIVATE KEY-----\n"


def unpack(path):
    """{name below the top folder: bytes}"""
    with tarfile.open(path) as archive:
        assert all(member.isfile() and member.mode == 0o600 for member in archive)
        return {member.name.split("/", 1)[1]: archive.extractfile(member).read() for member in archive.getmembers()}


@scenario(limit=120)
def no_secret_is_in_it_from_wherever():
    planted = {
        "VF_TOKEN": None,  # the server's
        "pipeline": "pipelinesecret01", "quoted": 'quo"ted\\secret02', "literal": "literalsecret03", "printed": "printedsecret04",
        "refused": "refusedsecret05", "proxy": "proxysecret06", "environment": "awssecret07", "ui": "uitokensecret08",
        "uri": "urisecret09", "bearer": "bearersecret10", "env_api": "envapisecret11", "multi": "multiline12first\nmultiline12second",
        "certificate": "certdatasecret21", "comment": "commentsecret13",
        "digits": "8877665514"}
    yaml = pipeline_yaml(
        more=f"# password: {planted['comment']}\n# auth_token: {planted['digits']}\n",
        print=[f"PASSWORD is {planted['pipeline']} ok", f"config has {planted['quoted']}", f"literal {planted['literal']} bare",
               f'{{"password": "{planted["printed"]}"}}', f"password={planted['printed']}",
               f"Authorization: Bearer {planted['bearer']}", f"to https://user:{planted['uri']}@host/x",
               f"environment has {planted['environment']} and {planted['env_api']}", "multiline12second",
               f"invalid type: integer `{planted['digits']}`, expected a string", *KEY.splitlines(),
               "plain words stay"])
    yaml = yaml.replace('".a = 1"', f"'.password = \"{planted['literal']}\"; .to = \"https://user:{planted['uri']}@host/x\"'")
    refused = pipeline_yaml(refuse_config=f'x Sink "out": password {planted["refused"]} is wrong')
    with StandinServer() as server, scratch_dir() as folder:
        planted["VF_TOKEN"] = server.enrollment_token
        server.set_pipeline("p1", yaml, name="edge",
                            secrets={"PASSWORD": planted["pipeline"], "QUOTED": planted["quoted"], "MULTI": planted["multi"]},
                            cert_files=[{"name": "key", "filename": "client.key", "data": base64.b64encode(KEY.encode()).decode()}])
        server.set_pipeline("p2", refused, name="refused", secrets={"OTHER": planted["refused"]})
        server.set_pipeline("p3", pipeline_yaml(crash_after="1s", last_words=f"password: {planted['printed']}"), name="dying")
        env = {"HTTPS_PROXY": f"http://proxyuser:{planted['proxy']}@127.0.0.1:1", "NO_PROXY": "127.0.0.1",
               "AWS_SECRET_ACCESS_KEY": planted["environment"], "SOME_API_KEY": planted["env_api"], "VF_NODE_LABELS": "site=not-secret"}
        with Agent(server, env=env) as agent:
            agent.wait_running("p1")
            (agent.data_dir / "ui-token").write_text(planted["ui"])
            wait_until(lambda: "plain words stay" in command(agent, "logs", "edge", "-n", "500")[1], 20, "its words")
            wait_until(lambda: "is refused:" in command(agent, "status")[1], 20, "the refusal")
            planted["node token"] = (agent.data_dir / "node-token").read_text().strip()
            path = folder / "d.tar.gz"
            path.write_text("an older one that everybody may read")
            path.chmod(0o644)
            # As an operator runs it: with the agent's environment, or with none of it.
            for given in ({**env, "VF_TOKEN": server.enrollment_token}, {}):
                code, out, err = command(agent, "diagnostics", "-o", str(path), env=given)
                assert code == 0 and str(path) in out, (code, out, err)
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
                files = unpack(path)
                everything = b"\n".join(name.encode() + b"\n" + content for name, content in files.items())
                for name, value in planted.items():
                    for form in {value, json.dumps(value)[1:-1], *value.split("\n"), base64.b64encode(value.encode()).decode()}:
                        assert form.encode() not in everything, f"{name}: {form} is in {[n for n, c in files.items() if form.encode() in c]}"
                assert b"plain words stay" in files["pipelines/p1/log.txt"] and b"not-secret" in everything
            for name in ("README.txt", "status.json", "status.txt", "options.json", "readings.json", "metrics.txt", "versions.json",
                         "deaths.json", "data-dir.txt", "pipelines/p1/inspect.json", "pipelines/p1/log.txt"):
                assert name in files and (name == "README.txt" or name in files["README.txt"].decode()), (name, list(files))
            for name in files:
                if name.endswith(".json"):
                    json.loads(files[name])
            inspected = json.loads(files["pipelines/p1/inspect.json"])
            assert inspected["components"] and "yaml" not in inspected and inspected["secretNames"], inspected
            facts = json.loads(files["versions.json"])
            assert facts["host"]["kernel"].startswith("Linux") and facts["agent"]["version"], facts


@scenario
def without_an_agent_it_has_what_there_is_and_says_what_is_missing():
    with scratch_dir() as folder:
        (folder / "data").mkdir()
        (folder / "data" / "node-token").write_text("nodetokensecret01")
        ended = run_agent("diagnostics", "--data-dir", str(folder / "data"), "-o", str(folder / "d.tar.gz"))
        assert ended.returncode == 2 and "none runs there" in ended.stderr, ended
        files = unpack(folder / "d.tar.gz")
        assert "versions.json" in files and "node-token" in files["data-dir.txt"].decode(), list(files)
        assert "Missing:" in files["README.txt"].decode() and "/status" in files["README.txt"].decode(), files["README.txt"]
        assert not any(b"nodetokensecret01" in content for content in files.values())
        ended = run_agent("diagnostics", "--data-dir", str(folder / "data"), "-o", str(folder / "no" / "d.tar.gz"))
        assert ended.returncode == 1 and "no/d.tar.gz" in ended.stderr, ended


@scenario(limit=120)
def an_agent_that_hangs_is_waited_for_once():
    """Acted: one that answers /status and /options, and nothing else any more."""
    with scratch_dir() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "agent.sock"))
        listener.listen(64)
        asked, held = [], []

        def answer():
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                target = client.recv(65536).decode().split(" ")[1]
                asked.append(target)
                body = {"/status": json.dumps({"pipelines": [{"id": f"p{i}"} for i in range(20)]}), "/options": "[]"}.get(target)
                if body is None:
                    held.append(client)   # open, and silent
                else:
                    client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
                    client.close()

        threading.Thread(target=answer, daemon=True).start()
        ended = run_agent("diagnostics", "--data-dir", str(folder), "-o", str(folder / "d.tar.gz"), timeout=60)
        listener.shutdown(socket.SHUT_RDWR)
        assert ended.returncode == 2 and "does not answer within" in ended.stderr, ended
        assert [target for target in asked if target not in ("/status", "/options")] == ["/readings?components=1"], asked
        readme = unpack(folder / "d.tar.gz")["README.txt"].decode()
        assert "/pipelines/p19/inspect: not asked for" in readme and "/pipelines/p19/logs: not asked for" in readme, readme


@scenario
def it_goes_to_the_standard_output_or_into_this_folder():
    import subprocess
    from harness import program
    with scratch_dir() as folder:
        environment = {"VF_DATA_DIR": str(folder), "PATH": os.environ["PATH"]}
        made = subprocess.run([program("VF_TEST_AGENT"), "diagnostics", "-o", "-"], capture_output=True, env=environment, timeout=30)
        with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
            assert any(name.endswith("README.txt") for name in archive.getnames())
        (folder / "here").mkdir()
        subprocess.run([program("VF_TEST_AGENT"), "diagnostics"], cwd=folder / "here", capture_output=True, env=environment, timeout=30)
        names = os.listdir(folder / "here")
        assert len(names) == 1 and names[0].startswith("vf-agent-diagnostics-") and names[0].endswith("Z.tar.gz"), names
