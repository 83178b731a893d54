"""Issue 3, point 1: VF_CA_FILE, VF_CLIENT_CERT and VF_CLIENT_KEY, HTTPS_PROXY and NO_PROXY."""
import base64
import re

from harness import (Agent, Authority, ConnectProxy, StandinServer, main, pipeline_yaml, scenario, scratch_dir, stays,
                     wait_until)


@scenario
def a_private_authority_is_trusted_by_option():
    with scratch_dir() as folder:
        authority = Authority(folder)
        with StandinServer(tls=authority.server_context()) as server:
            server.set_pipeline("p1", pipeline_yaml("one"))
            with Agent(server, env={"VF_CA_FILE": authority.ca}) as agent:
                agent.wait_running("p1")
                wait_until(server.push_connected, what="the push stream")
                server.deploy("p1", pipeline_yaml("two"))
                agent.wait_version("p1", 2)


def expect_no_talk(server, agent):
    """The handshake fails, is said, and no token ever leaves."""
    wait_until(lambda: server.listener.tls_failures or server.listener.accepted(), 20, "a try")
    agent.wait_says(r"(?i)certificate|tls|ssl")
    assert not server.requests, server.requests


@scenario
def an_unknown_authority_is_refused():
    with scratch_dir() as folder:
        with StandinServer(tls=Authority(folder).server_context()) as server, Agent(server) as agent:
            expect_no_talk(server, agent)


@scenario
def a_certificate_for_another_host_is_refused():
    with scratch_dir() as folder:
        authority = Authority(folder)
        with StandinServer(tls=authority.server_context("DNS:elsewhere.test,IP:127.0.0.2")) as server:
            with Agent(server, env={"VF_CA_FILE": authority.ca}) as agent:
                expect_no_talk(server, agent)


@scenario
def a_client_certificate_is_shown():
    with scratch_dir() as folder:
        authority = Authority(folder)
        certificate, key = authority.issue("node")
        with StandinServer(tls=authority.server_context(ask_client=True)) as server:
            env = {"VF_CA_FILE": authority.ca, "VF_CLIENT_CERT": certificate, "VF_CLIENT_KEY": key}
            with Agent(server, env=env):
                wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
                wait_until(server.push_connected, what="the push stream")


@scenario
def a_proxy_is_used_for_everything():
    with scratch_dir() as folder:
        authority = Authority(folder)
        with StandinServer(tls=authority.server_context("DNS:control.test")) as server:
            server.set_pipeline("p1", pipeline_yaml("one"))
            with ConnectProxy(server.port) as proxy:
                env = {"VF_URL": "https://control.test", "VF_CA_FILE": authority.ca,
                       "HTTPS_PROXY": f"http://someone:secret@127.0.0.1:{proxy.port}"}
                with Agent(server, env=env) as agent:
                    agent.wait_running("p1")
                    wait_until(server.push_connected, what="the push stream")
                    wait_until(lambda: server.listener.accepted() == len(proxy.received), 10, "nothing went past the proxy")
                    for head in proxy.received:
                        assert head.startswith(b"CONNECT control.test:443 ")
                        shown = re.search(rb"(?i)\r\nproxy-authorization: basic (\S+)", head)
                        assert base64.b64decode(shown[1]) == b"someone:secret"
                        assert b"vf_" not in head, "no token outside the encryption"
                    assert "secret@" not in agent.output()


@scenario
def no_proxy_is_obeyed():
    with scratch_dir() as folder:
        authority = Authority(folder)
        with StandinServer(tls=authority.server_context()) as server, ConnectProxy(server.port) as proxy:
            env = {"VF_CA_FILE": authority.ca, "https_proxy": f"http://127.0.0.1:{proxy.port}",
                   "NO_PROXY": "example.com,127.0.0.1"}
            with Agent(server, env=env):
                wait_until(lambda: server.requests_to("heartbeat"), what="a heartbeat")
                wait_until(server.push_connected, what="the push stream")
            assert not proxy.received


@scenario
def a_proxy_that_is_away_is_said():
    with scratch_dir() as folder:
        authority = Authority(folder)
        with StandinServer(tls=authority.server_context()) as server:
            env = {"VF_URL": "https://control.test", "VF_CA_FILE": authority.ca, "HTTPS_PROXY": "http://127.0.0.1:1"}
            with Agent(server, env=env) as agent:
                agent.wait_says(r"(?i)proxy|refused|127\.0\.0\.1")
                stays(lambda: not server.requests, 2)


main()
