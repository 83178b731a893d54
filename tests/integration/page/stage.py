"""What the scenarios of the page share: one browser, the page as a real agent serves it, and both kinds of agent."""
import atexit
import contextlib
import functools
import json

from acted_agent import ActedAgent, some_pipelines
from harness import Agent, PortBlock, StandinServer, directory_agent, wait_until
from testkit.browser import Browser
from testkit.local_view import ask

LINE = "2026-11-21T03:12:{:02d}.123456Z  INFO vector::topology: component_id=out number={}"


@functools.lru_cache(maxsize=None)
def _browser():
    browser = Browser()
    atexit.register(browser.close)
    return browser


def the_browser(width=1280, height=800):
    """The one browser of all scenarios, as a new one would be."""
    browser = _browser()
    browser.size(width, height)
    browser.prefer(prefers_color_scheme="light")
    return browser


def ui_address(agent):
    return agent.env["VF_UI_ADDR"].rsplit(":", 1)[0], int(agent.env["VF_UI_ADDR"].rsplit(":", 1)[1])


def token_of(agent):
    return wait_until(lambda: (agent.data_dir / "ui-token").read_text().strip(), 20, "the agent has made its token")


def url_of(agent, token=True):
    host, port = ui_address(agent)
    return f"http://{host}:{port}/" + (f"#token={token_of(agent)}" if token else "")


def with_page(ports):
    return {"VF_UI_ADDR": f"127.0.0.1:{ports.extra(0)}"}


@contextlib.contextmanager
def real_agent(pipelines, env=None, **more):
    """(server, agent) with these pipelines told to it, and its page on. {id: YAML}; `more` as for set_pipeline()."""
    ports = PortBlock()
    try:
        with StandinServer() as server:
            for name, yaml in pipelines.items():
                server.set_pipeline(name, yaml, **more)
            with Agent(server, env={**with_page(ports), **(env or {})}, ports=ports) as agent:
                token_of(agent)
                yield server, agent
    finally:
        ports.release()


@functools.lru_cache(maxsize=None)
def served_page():
    """(document, headers) of a real agent, for agents that are acted."""
    ports = PortBlock()
    try:
        with directory_agent(env=with_page(ports), ports=ports) as (agent, _):
            token_of(agent)
            answer = wait_until(lambda: ask(ui_address(agent), "/"), 20, "the page")
            assert answer.status == 200 and b"<script>" in answer.body, answer.body[:200]
            kept = {name: value for name, value in answer.headers.items() if name.lower().startswith(("content-security", "x-", "referrer", "cross-"))}
            return answer.body, kept
    finally:
        ports.release()


def acted_agent(pipelines=3, components=None, **more):
    document, headers = served_page()
    if isinstance(pipelines, int):
        pipelines = some_pipelines(pipelines, components)
    return ActedAgent(document, headers, pipelines, **more)


def open_page(browser, url):
    """Opens it and waits for its list."""
    browser.open(url)
    wait_until(lambda: browser.count(".pipeline"), 30, "a pipeline is listed", poll=0.1)


def open_pipeline(browser, url, name):
    open_page(browser, url)
    click_row(browser, name)
    browser.wait_text(name, "#d-name")
    wait_until(lambda: browser.count(".node"), 20, "its graph", poll=0.1)


def click_row(browser, name):
    assert browser.run("""const row = [...document.querySelectorAll(".pipeline")].find((e) => e.querySelector("b").textContent === arguments[0]);
                          if (row) row.click(); return Boolean(row)""", name), f"no row of {name}"


def click_component(browser, name):
    assert browser.run("""const node = [...document.querySelectorAll(".node")].find((e) => e.querySelector("title").textContent === arguments[0]);
                          if (node) node.dispatchEvent(new MouseEvent("click", {bubbles: true})); return Boolean(node)""", name), f"no component {name}"


def events_shown(browser):
    return [json.loads(text) for text in browser.texts("#panel-tap .event")]


def quiet(browser, *expected):
    """The console got nothing; `expected` are words of what it may have got."""
    told = [message for message in browser.messages() if not any(words in message for words in expected)]
    assert not told, told
