"""The page's listener (VF_UI_ADDR): who gets in, and what a browser is told."""
import base64
import hashlib
import re
import socket

from harness import Agent, StandinServer, pipeline_yaml, scenario, wait_until
from testkit.local_view import Stream, ask

PAGE = re.compile(r"page: http://([0-9a-z.:\[\]-]+):(\d+)/#token=([0-9a-f]{64})")


def page_of(agent):
    """((host, port), headers with the token)"""
    said = agent.wait_says(PAGE.pattern)
    return (said[1].strip("[]"), int(said[2])), {"Authorization": f"Bearer {said[3]}"}


def node(env=None, **more):
    return Agent(env={"VF_URL": "file:///nonexistent", "VF_UI_ADDR": "127.0.0.1:0", **(env or {})}, **more)


@scenario
def nothing_listens_unless_it_is_asked_for():
    with node({"VF_UI_ADDR": None}) as agent:
        wait_until(lambda: ask(agent, "/status").status == 200, 20, "it is up")
        assert not agent.says("page:") and not (agent.data_dir / "ui-token").exists()


@scenario
def the_token_opens_what_the_socket_has_and_is_kept():
    with StandinServer() as server:
        server.set_pipeline("p1", pipeline_yaml(), name="edge")
        with Agent(server, env={"VF_UI_ADDR": "127.0.0.1:0"}) as agent:
            agent.wait_running("p1")
            place, token = page_of(agent)
            assert ask(place, "/api/status", headers=token).json["pipelines"][0]["name"] == "edge"
            assert "edge" in ask(place, "/api/pipelines/edge/inspect", headers=token).text
            with Stream(place, "/api/pipelines/edge/logs?follow=1", headers=token) as logs:
                assert logs.next()["number"] == 0
            assert ask(place, "/api/pipelines/nope/restart", "POST", headers=token).status == 404
            file = agent.data_dir / "ui-token"
            assert file.stat().st_mode & 0o777 == 0o600 and file.read_text().strip() == token["Authorization"][7:]
            agent.stop()
            said = len(PAGE.findall(agent.output()))
            agent.start()
            wait_until(lambda: len(PAGE.findall(agent.output())) > said, 20, "the page again")
            assert len({found[2] for found in PAGE.findall(agent.output())}) == 1, "the same token"


@scenario
def without_the_token_there_is_nothing_but_the_page():
    with node() as agent:
        place, token = page_of(agent)
        right = token["Authorization"]
        for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": right[:-1]}, {"Authorization": right + "0"},
                      {"Authorization": right.replace("Bearer", "Basic")}, {"Authorization": right[:-1] + ("0" if right[-1] != "0" else "1")}):
            for target in ("/api/status", "/api/options", "/api/metrics", "/api/", "/nothing"):
                answer = ask(place, target, headers=wrong)
                assert answer.status == 401 and "ui-token" in answer.json["error"], (target, wrong, answer.status)
        page = ask(place, "/")
        assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
        assert right[7:] not in page.text and str(agent.data_dir) not in page.text, "nothing secret is in the page"
        assert ask(place, "/", "POST").status == 405


@scenario
def other_sites_get_nothing():
    with node() as agent:
        place, token = page_of(agent)
        here = f"{place[0]}:{place[1]}"
        for host, origin, status in [
                (here, None, 200), (f"localhost:{place[1]}", None, 200), ("[::1]:80", None, 200), (socket.gethostname(), None, 200),
                (here, f"http://{here}", 200), ("evil.example", None, 403), (f"evil.example:{place[1]}", None, 403),
                ("127.0.0.1.evil.example", None, 403), ("localhost.evil.example", None, 403), ("", None, 403),
                (here, "http://evil.example", 403), (here, "null", 403), (here, f"http://{here}.evil.example", 403),
                (here, f"http://localhost:{place[1]}", 403)]:
            for target in ("/", "/api/status"):
                headers = {"Host": host, **token, **({"Origin": origin} if origin else {})}
                answer = ask(place, target, headers=headers)
                assert answer.status == status, (target, host, origin, answer.status)
                assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert ask(place, "/api/status", "OPTIONS", headers={"Origin": "http://evil.example"}).status == 403


@scenario
def a_browser_is_told_to_run_and_load_nothing_but_the_pages_own():
    with node() as agent:
        place, token = page_of(agent)
        page = ask(place, "/")
        policy = page.headers["Content-Security-Policy"]
        for element in ("script", "style"):
            allowed = re.search(element + r"-src ([^;]*)", policy)[1].split()
            inline = re.findall(rf"<{element}\b[^>]*>(.*?)</{element}>", page.text, re.S)
            digests = ["'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'" for text in inline]
            assert allowed == (digests or ["'none'"]), (element, allowed, digests)
        assert "default-src 'none'" in policy and "connect-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy and "http" not in policy, policy
        for answer in (page, ask(place, "/api/status", headers=token), ask(place, "/api/status")):
            assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["X-Frame-Options"] == "DENY"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


@scenario
def an_address_that_cannot_be_bound_ends_the_start_with_what_to_do():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with node({"VF_UI_ADDR": address}, exit_code=1) as agent:
            assert agent.wait(20) == 1
            assert agent.says(f"cannot listen on {address}: .*in use.*set VF_UI_ADDR"), agent.output()
            assert not (agent.data_dir / "ui-token").exists(), "who waits for the token's file would connect to nobody"


@scenario
def ipv6_works_too():
    with node({"VF_UI_ADDR": "[::1]:0"}) as agent:
        place, token = page_of(agent)
        assert place[0] == "::1" and ask(place, "/api/status", headers={**token, "Host": f"[::1]:{place[1]}"}).status == 200
