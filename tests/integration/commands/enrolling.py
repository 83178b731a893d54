"""`enroll` and `unenroll`."""
import os
import stat

from harness import Agent, StandinServer, run_agent, scenario, scratch_dir, wait_until


def enroll(server, data_dir, *arguments, **env):
    given = {"VF_URL": server.url, "VF_TOKEN": server.enrollment_token, "VF_DATA_DIR": str(data_dir), **env}
    ended = run_agent("enroll", *arguments, env={name: value for name, value in given.items() if value is not None})
    return ended.returncode, ended.stdout, ended.stderr


@scenario
def enrolling_once_lets_an_agent_start_without_a_token():
    with StandinServer() as server, scratch_dir() as folder:
        data = folder / "data"
        code, out, err = enroll(server, data)
        assert code == 0 and not err and server.url in out and "node " in out and "environment " in out, (code, out, err)
        token = data / "node-token"
        assert token.read_text() == server.node_tokens()[0] and stat.S_IMODE(token.stat().st_mode) == 0o600
        assert server.node_tokens()[0] not in out and server.enrollment_token not in out
        code, out, err = enroll(server, data)
        assert code == 1 and "enrolled already" in err and "--force" in err and len(server.requests_to("enroll")) == 1, err
        with Agent(server, data_dir=data, env={"VF_TOKEN": None}) as agent:
            wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
            assert len(server.requests_to("enroll")) == 1
            code, out, err = enroll(server, data, "--force")
            assert code == 1 and "is running on it" in err, err
            ended = run_agent("unenroll", env={"VF_DATA_DIR": str(data)})
            assert ended.returncode == 1 and "stop it first" in ended.stderr and token.exists(), ended
            agent.stop()
        assert enroll(server, data, "--force")[0] == 0 and len(server.requests_to("enroll")) == 2
        ended = run_agent("unenroll", env={"VF_DATA_DIR": str(data)})
        assert ended.returncode == 0 and "deleted there" in ended.stdout and not token.exists(), ended
        ended = run_agent("unenroll", env={"VF_DATA_DIR": str(data)})
        assert ended.returncode == 1 and "not enrolled" in ended.stderr, ended


@scenario
def each_refusal_is_told_in_words():
    with StandinServer() as server, scratch_dir() as folder:
        for status, words in ((401, "not accepted"), (402, "limit of nodes"), (403, "does not allow")):
            server.fail("enroll", status)
            code, out, err = enroll(server, folder / "data")
            assert code == 1 and words in err and str(status) in err and err.count("\n") == 1, (status, code, err)
            server.clear_faults()
        code, out, err = enroll(server, folder / "data", VF_TOKEN="vf_enroll_wrong_0123456789abcdef_" + "6" * 64)
        assert code == 1 and "not accepted" in err and "6666" not in err, err
        server.refuse_connections()
        code, out, err = enroll(server, folder / "data")
        assert code == 1 and "refused" in err.lower(), err
        assert not (folder / "data" / "node-token").exists()


@scenario
def what_is_missing_is_wrong_usage():
    with StandinServer() as server, scratch_dir() as folder:
        for env, words in (({"VF_TOKEN": None}, "--token-file"), ({"VF_URL": None}, "VF_URL"), ({"VF_URL": "file:///x"}, "folder")):
            code, out, err = enroll(server, folder / "data", **env)
            assert code == 64 and words in err, (code, err)
        token = folder / "token"
        token.write_text(server.enrollment_token + "\n")
        code, out, err = enroll(server, folder / "data", "--url", server.url, "--token-file", str(token), VF_URL=None, VF_TOKEN=None)
        assert code == 0, err


@scenario
def root_enrols_for_the_agents_own_user():
    from harness import Skip
    if os.geteuid() != 0:
        raise Skip("takes root")
    with StandinServer() as server, scratch_dir() as folder:
        data = folder / "data"
        data.mkdir(0o700)
        os.chown(data, 8688, 8688)
        assert enroll(server, data)[0] == 0
        assert {(data / name).stat().st_uid for name in ("node-token", "lock")} == {8688}
