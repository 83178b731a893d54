"""The page of a real agent, from its first request to an event that is watched."""
import json

from harness import pipeline_yaml, scenario, wait_until
from stage import click_component, click_row, open_page, open_pipeline, quiet, real_agent, the_browser, url_of

EVIL = "<script>window.harmed=1</script><img src=x onerror='window.harmed=1'>"


@scenario
def the_page_is_one_document_and_asks_for_nothing_but_its_api():
    browser = the_browser()
    with real_agent({"p1": pipeline_yaml()}, name="edge") as (server, agent):
        open_page(browser, url_of(agent))
        browser.wait_text("running", "#rows")
        browser.wait_text("connected", "#link-state")
        browser.wait_text(server.url, "#link-where")
        base = url_of(agent, token=False)
        asked = [(kind, url) for kind, url in browser.requests() if not url.startswith("about:")]
        assert asked[0][0] == "Document" and asked[0][1].split("#")[0] == base, asked
        others = [entry for entry in asked[1:] if not (entry[0] in ("Fetch", "XHR") and entry[1].startswith(base + "api/")) and not entry[1].startswith("data:,")]
        assert not others, others
        quiet(browser)


@scenario
def each_pipeline_shows_its_three_truths_vectors_words_and_its_deaths():
    browser = the_browser()
    pipelines = {"p1": pipeline_yaml("one"), "p2": pipeline_yaml(crash_after="1s", last_words="ERROR it hurts")}
    with real_agent(pipelines) as (server, agent):
        agent.wait_running("p1")
        wait_until(server.push_connected, what="the push stream")
        server.deploy("p1", pipeline_yaml("two").replace("type: console", "type: nonsense").replace("type: blackhole", "type: nonsense"))
        open_page(browser, url_of(agent))
        row = "return [...document.querySelectorAll('.pipeline')].find((e) => e.querySelector('b').textContent.includes(arguments[0])).innerText"
        wait_until(lambda: "refused v2" in browser.run(row, "p1") and "nonsense" in browser.run(row, "p1"), 30, "refused, in Vector's words", poll=0.1)
        click_row(browser, browser.run("return [...document.querySelectorAll('.pipeline b')].map((e) => e.textContent).find((t) => t.includes('p1'))"))
        wait_until(lambda: [browser.text("#d-link"), browser.text("#d-sync"), browser.text("#d-process")] == ["connected", "refused", "running"], 20, "three truths")
        assert "version 1; version 2 is refused" in browser.text("#d-sync-more") and "nonsense" in browser.text("#d-refusal")
        assert f"pid {agent.vector('one').pid}," in browser.text("#d-process-more")
        click_row(browser, browser.run("return [...document.querySelectorAll('.pipeline b')].map((e) => e.textContent).find((t) => t.includes('p2'))"))
        wait_until(lambda: browser.text("#tab-deaths") != "Deaths", 30, "it has died", poll=0.1)
        browser.click("#tab-deaths")
        browser.wait_text("exit code 101", "#panel-deaths")
        assert "Next: " in browser.text("#panel-deaths")
        server.refuse_connections()
        wait_until(lambda: browser.text("#link-state") in ("degraded", "connecting") and browser.text("#link-reason"), 40, "the link's truth", poll=0.2)


@scenario
def throughput_is_plotted_and_is_on_the_edges_of_the_graph():
    browser = the_browser()
    with real_agent({"p1": pipeline_yaml(events_per_second=50)}, name="edge") as (_, agent):
        agent.wait_running("p1")
        open_pipeline(browser, url_of(agent), "edge")
        assert browser.texts(".node title") == ["demo", "parse", "out"], "without the agent's own components"
        wait_until(lambda: all(text.endswith("/s") for text in browser.texts(".rate")) and browser.count(".rate") == 2, 40, "rates", poll=0.2)
        wait_until(lambda: "L" in (browser.run("return document.querySelector('#d-plot .plot-in').getAttribute('d')") or ""), 30, "a line", poll=0.2)
        assert browser.text("#d-in").endswith("/s") and browser.text("#d-memory").endswith("B") and browser.text("#d-cpu").endswith("%")
        quiet(browser)


@scenario
def a_click_on_a_component_shows_its_events_as_they_come_and_markup_as_text():
    browser = the_browser()
    # As `vector tap --meta` prints it.
    evil = json.dumps({"component_id": "parse", "component_kind": "transform", "component_type": "remap", "event": {"message": EVIL}}, separators=(",", ":"))
    tap = {"events_per_second": 20, "print_stdout": [evil]}
    with real_agent({"p1": pipeline_yaml(tap=tap, print=["a line " + EVIL])}, name="edge") as (_, agent):
        agent.wait_running("p1")
        open_pipeline(browser, url_of(agent), "edge")
        browser.wait_text("a line " + EVIL, "#panel-log")
        click_component(browser, "parse")
        wait_until(lambda: browser.count(".event") > 30, 30, "events", poll=0.1)
        shown = [json.loads(text) for text in browser.texts(".event")]
        assert {"message": EVIL} in shown, shown[:5]
        numbers = [event["n"] for event in shown if "n" in event]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "in order, none missing"
        browser.click("#panel-tap .toggle")
        browser.wait_text("ended: stopped here", "#panel-tap .tap-state")
        assert browser.run("return [window.harmed === undefined, document.querySelectorAll('script').length, document.querySelectorAll('img').length]") == [True, 1, 0]
        wait_until(lambda: not [p for p in agent.children() if "tap" in p.command_line()], 20, "its vector tap has ended")
        quiet(browser)


@scenario
def from_the_address_to_an_event_by_keyboard_alone():
    browser = the_browser()
    pipelines = {f"p{i}": pipeline_yaml(str(i), tap={"events_per_second": 20}) for i in range(3)}
    with real_agent(pipelines) as (_, agent):
        agent.wait_running(*pipelines)
        open_page(browser, url_of(agent))
        wait_until(lambda: browser.count(".pipeline") == 3, 20, "three of them")
        name = browser.texts(".pipeline b")[1]
        browser.press("/")
        assert browser.focused() == "search"
        browser.press("Escape", "ArrowDown")
        outline = "const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 1"
        assert browser.run("return document.activeElement.classList.contains('pipeline')") and browser.run(outline), "a row, and one sees it"
        browser.press("Enter")
        wait_until(lambda: browser.focused() == "d-name" and browser.count(".node") == 3, 20, "the pipeline")
        assert browser.text("#d-name") == name
        for _ in range(3):
            browser.press("Tab")
            if browser.run("return document.activeElement.classList.contains('node')"):
                break
        assert browser.run("return document.activeElement.getAttribute('aria-label')").startswith("source demo"), browser.focused()
        browser.press("ArrowRight", "Enter")
        wait_until(lambda: browser.count(".event") > 3 and browser.text(".tap-name") == "parse", 20, "events of parse", poll=0.1)
        for _ in range(4):
            browser.press("Tab")
            if browser.focused() == "tab-tap":
                break
        assert browser.focused() == "tab-tap", browser.focused()
        browser.press("/")
        assert browser.focused() == "Filter the events"
        for _ in range(6):
            browser.press("Tab")
            if browser.focused() == "events":
                break
        assert browser.focused() == "events"
        browser.press("ArrowUp", "Enter")
        wait_until(lambda: browser.count(".item pre") == 1, 10, "one is open")
        browser.press("Escape")
        assert browser.focused() == "tab-tap" and browser.shows("#detail"), "an Esc too many does not end a tap"
        browser.press("Escape")
        wait_until(lambda: not browser.shows("#detail"), 10, "back")
        assert browser.run("return document.activeElement.querySelector('b').textContent") == name, "where one came from"
        quiet(browser)


@scenario
def an_agent_that_is_gone_is_said_and_found_again():
    browser = the_browser()
    with real_agent({"p1": pipeline_yaml()}, name="edge") as (_, agent):
        agent.wait_running("p1")
        open_pipeline(browser, url_of(agent), "edge")
        agent.stop()
        browser.wait_text("No agent answers here since", "#banner")
        assert browser.shows(".pipeline"), "what was known is still shown"
        agent.start()
        wait_until(lambda: not browser.shows("#banner"), 40, "it is found again", poll=0.2)
        wait_until(lambda: f"pid {agent.pid}" in browser.text("#agent-facts"), 10, "and is another one")
        quiet(browser, "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "503", "404")   # 404: it does not know its pipelines yet
