"""Log and tap as the page shows them, with more than an agent has on demand."""
import json

from acted_agent import SMALL, some_pipelines
from harness import scenario, stays, wait_until
from stage import LINE, acted_agent, click_component, click_row, events_shown, open_page, open_pipeline, quiet, the_browser


def numbered(count, begin=0):
    return [json.dumps({"n": n, "message": f"event number {n}"}) for n in range(begin, begin + count)]


@scenario
def a_tap_keeps_the_last_1000_events_and_says_what_it_let_go_and_what_the_agent_dropped():
    browser = the_browser()
    with acted_agent(1, events={"cm00000": numbered(2500)}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "demo")
        browser.wait_text("2500 events", "#panel-tap .count")
        wait_until(lambda: browser.count(".event") == 1000, 20, "1000 events")
        assert [event["n"] for event in events_shown(browser)] == list(range(1500, 2500))
        assert "2500 events" in browser.text("#panel-tap .count") and "oldest 1500 let go" in browser.text("#panel-tap .count")
        agent.say(agent.events, "cm00000", {"dropped": 77}, {"event": 5, "unknown": True}, {"unknown": 1}, {"notice": "it restarts"})
        browser.wait_text("77 dropped by the agent", "#panel-tap .count")
        browser.wait_text("77 events not shown", "#panel-tap .stream")
        browser.wait_text("it restarts", "#panel-tap .stream")
        agent.say(agent.events, "cm00000", {"stopped": "five minutes are over"})
        browser.wait_text("ended: five minutes are over", "#panel-tap .tap-state")
        wait_until(lambda: agent.open_streams == 0, 10, "the page has let go of it")
        agent.events.clear()
        browser.click("#panel-tap .toggle")
        wait_until(lambda: browser.text("#panel-tap .tap-state") == "live" and agent.open_streams == 1, 10, "begun anew")
        assert browser.count(".event") == 1000 - 2, "what there was stays; two notices have taken the place of two events"
        quiet(browser)


@scenario
def large_events_are_kept_only_as_far_as_a_tab_can_bear():
    browser = the_browser()
    large = [json.dumps({"n": n, "text": "x" * 500_000}) for n in range(60)]
    with acted_agent(1, events={"cm00000": large}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "demo")
        browser.wait_text("60 events", "#panel-tap .count")
        wait_until(lambda: browser.count(".event") == 33, 20, "16 Mi characters of them")
        assert "oldest 27 let go" in browser.text("#panel-tap .count"), browser.text("#panel-tap .count")
        newest = browser.run("return [...document.querySelectorAll('.event')].pop().textContent.slice(0, 12)")
        assert newest.startswith('{"n": 59,'), newest
        quiet(browser)


@scenario
def a_paused_tap_stands_still_and_loses_nothing_that_fits():
    browser = the_browser()
    with acted_agent(1, events={"cm00000": numbered(10)}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "demo")
        wait_until(lambda: browser.count(".event") == 10, 10, "10 events")
        browser.click("#panel-tap .pause")
        agent.say(agent.events, "cm00000", *numbered(15, 10))
        browser.wait_text("paused, 15 wait", "#panel-tap .count")
        assert browser.count(".event") == 10
        browser.click("#panel-tap .pause")
        wait_until(lambda: browser.count(".event") == 25, 10, "and on it goes")
        assert [event["n"] for event in events_shown(browser)] == list(range(25))


@scenario
def filter_copy_and_download_are_of_what_is_shown_byte_for_byte():
    browser = the_browser()
    odd = '{"n":12345678901234567890,"f":1.50,"text":"<b>bold</b> \\u00e9 \\ud83d\\ude00","deep":{"a":[1,{"b":[]}]}}'
    with acted_agent(1, events={"cm00000": [odd, *numbered(30), '{"text":"' + "long " * 200000 + '"}', "[" * 20000 + "]" * 20000]}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "parse")
        wait_until(lambda: browser.count(".event") == 33, 20, "33 events")
        browser.run("const f = document.querySelector('#panel-tap input'); f.value = 'NUMBER 1'; f.dispatchEvent(new Event('input'))")
        assert [event["n"] for event in events_shown(browser)] == [1, *range(10, 20)]
        assert "11 of 33 match" in browser.text("#panel-tap .count")
        origin = agent.url.split("/#")[0]
        browser.cdp("Browser.grantPermissions", origin=origin, permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        browser.click("#panel-tap .copy")
        browser.wait_text("11 events copied", "#panel-tap .count")
        copied = browser.run("return navigator.clipboard.readText()")
        assert copied == "".join(line + "\n" for line in [numbered(1, 1)[0], *numbered(10, 10)]), copied
        browser.run("const f = document.querySelector('#panel-tap input'); f.value = '<B>'; f.dispatchEvent(new Event('input'))")
        before = browser.downloads()
        browser.click("#panel-tap .download")
        path = wait_until(lambda: [p for p in browser.downloads() if p not in before], 20, "a file")[0]
        assert path.suffix == ".ndjson" and "edge-0" in path.name and "parse" in path.name, path
        wait_until(lambda: path.read_bytes() == odd.encode() + b"\n", 10, "its bytes")
        browser.click("#panel-tap .event")
        pretty = browser.text("#panel-tap .item pre")
        assert '"n": 12345678901234567890,' in pretty and '"f": 1.50,' in pretty and pretty.count("\n") == 12, pretty
        assert json.loads(pretty) == json.loads(odd)
        browser.run("const f = document.querySelector('#panel-tap input'); f.value = ''; f.dispatchEvent(new Event('input'))")
        for last in (31, 32):   # a megabyte, and 20,000 levels: opened like any other
            browser.run("document.querySelectorAll('.event')[arguments[0]].click()", last)
        assert browser.count("#panel-tap .item pre") == 3
        quiet(browser)


@scenario
def a_tap_ends_with_its_pipeline_and_its_last_words_are_those_of_the_agent():
    browser = the_browser()
    pipelines = some_pipelines(3)
    with acted_agent(pipelines, events={"cm00000": numbered(3)}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "demo")
        wait_until(lambda: browser.count(".event") == 3 and agent.open_streams == 1, 10, "a tap, and no log beside it")
        browser.press("Escape")
        wait_until(lambda: agent.open_streams == 0, 10, "nobody watches")
        open_pipeline(browser, agent.url, "payments-1")
        assert browser.count(".event") == 0, "another pipeline's list is its own"
        agent.pipelines[1]["components"] = SMALL[1:]
        click_component(browser, "demo")
        browser.wait_text("ended: no such component", "#panel-tap .tap-state")


@scenario
def a_pipeline_that_is_opened_again_has_its_graph_and_its_configuration_again():
    browser = the_browser()
    with acted_agent(2) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        nodes = browser.count(".node")
        browser.press("Escape")
        wait_until(lambda: browser.run("return document.querySelector('#detail').hidden"), 10, "closed")
        click_row(browser, "edge-0")
        wait_until(lambda: browser.count(".node") == nodes, 10, "its graph again")
        browser.click("#tab-yaml")
        wait_until(lambda: browser.count("#panel-yaml pre.yaml"), 10, "its configuration again")
        quiet(browser)


@scenario
def the_log_is_followed_only_where_it_is_seen_and_goes_on_without_gap_or_twice():
    browser = the_browser()
    lines = [LINE.format(n % 60, n) for n in range(40)]
    with acted_agent(1, lines={"cm00000": lines}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        browser.wait_text("number=39", "#panel-log .stream")
        browser.click("#tab-yaml")
        wait_until(lambda: agent.open_streams == 0, 10, "nobody follows")
        agent.say(agent.lines, "cm00000", LINE.format(0, 40))
        browser.click("#tab-log")
        browser.wait_text("number=40", "#panel-log .stream")
        assert browser.count("#panel-log .line") == 41, "none of them twice"
        agent.say(agent.lines, "cm00000", {"dropped": 9}, {"number": 50, "line": "after nine"}, {"number": 53, "line": "after two"},
                  {"number": 0, "line": "of another count"})
        browser.wait_text("of another count", "#panel-log .stream")
        notices = browser.texts("#panel-log .notice")
        assert len(notices) == 3 and "9 lines not shown" in notices[0] and "2 lines not seen" in notices[1] and "counted anew" in notices[2], notices
        at_end = "const e = document.querySelector('#panel-log .stream'); return e.scrollHeight - e.scrollTop - e.clientHeight < 30"
        assert browser.run(at_end), "the newest line is in sight"
        browser.run("document.querySelector('#panel-log .stream').scrollTop = 0")
        browser.wait_text("Newest", "#panel-log .newest")
        agent.say(agent.lines, "cm00000", {"number": 1, "line": "one more"})
        browser.wait_text("one more", "#panel-log .stream")
        assert not browser.run(at_end), "who has scrolled up is left in peace"
        quiet(browser)


@scenario
def a_tab_that_is_not_seen_asks_for_nothing():
    browser = the_browser()
    with acted_agent(1, lines={"cm00000": ["a line"]}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        browser.wait_text("a line", "#panel-log .stream")
        own = browser.call("GET", "/window")
        other = browser.call("POST", "/window/new", {"type": "tab"})["handle"]
        try:
            browser.call("POST", "/window", {"handle": other})
            wait_until(lambda: agent.open_streams == 0, 20, "its log is let go")
            asked = len(agent.requests)
            stays(lambda: len(agent.requests) == asked, 5, "it asks for nothing")
        finally:
            browser.call("POST", "/window", {"handle": other})
            browser.call("DELETE", "/window")
            browser.call("POST", "/window", {"handle": own})
        wait_until(lambda: len(agent.requests) > asked + 2 and agent.open_streams == 1, 20, "seen again, it goes on")
        assert browser.count("#panel-log .line") == 1
