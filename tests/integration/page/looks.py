"""How the page looks and behaves on any screen, and with much to show."""
import json

from acted_agent import SMALL, component, forty_components, some_pipelines
from harness import expect_once_below, scenario, wait_until
from stage import LINE, acted_agent, click_component, click_row, open_page, open_pipeline, quiet, the_browser

# The contrast of every text with what is behind it, as WCAG counts it; those below what AA asks for.
CONTRAST = """
const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const parse = (text) => text.match(/[\\d.]+/g).map(Number);
const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
const poor = [];
let seen = 0;
for (const e of document.querySelectorAll("body *")) {
  if (!e.checkVisibility() || e.closest("svg") || e.disabled || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  ++seen;
  if (ratio < 4.5) poor.push(`${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
}
return [seen, poor];
"""
COLOURS = "const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]"


def trouble():
    """Pipelines in every state, with words of Vector's to show."""
    pipelines = some_pipelines(8)
    return pipelines


@scenario
def light_and_dark_follow_the_system_until_one_is_chosen_and_both_are_readable():
    browser = the_browser()
    with acted_agent(trouble(), lines={"cm00001": [LINE.format(1, 1).replace("INFO", level) for level in ("INFO", "WARN", "ERROR")]}) as agent:
        open_pipeline(browser, agent.url, "payments-1")
        light = browser.run(COLOURS)
        seen, poor = browser.run(CONTRAST)
        assert seen > 60 and not poor, poor
        browser.prefer(prefers_color_scheme="dark")
        wait_until(lambda: browser.run(COLOURS) != light, 5, "dark, as the system is now")
        dark = browser.run(COLOURS)
        seen, poor = browser.run(CONTRAST)
        assert seen > 60 and not poor, poor
        assert light[0] != dark[0] and light[1] != dark[1], (light, dark)
        browser.click("#theme")   # system -> light
        assert browser.run(COLOURS) == light and browser.run("return localStorage['vf-agent-theme']") == "light"
        open_page(browser, agent.url)
        assert browser.run(COLOURS) == light, "the choice is kept"
        browser.click("#theme")
        browser.prefer(prefers_color_scheme="light")
        assert browser.run(COLOURS) == dark
        browser.run("localStorage.clear()")
        assert browser.run("return document.getAnimations().length") == 0, "nothing moves"
        quiet(browser)


@scenario
def at_phone_width_nothing_is_wider_than_the_screen():
    browser = the_browser(360, 740)
    long_name = "a_pipeline_whose_name_somebody_generated_without_any_thought_of_phones"
    pipelines = trouble() + [{**some_pipelines(1)[0], "id": "long", "name": long_name, "sync": "refused", "refusal": "x" * 300}]
    wide = "return document.documentElement.scrollWidth > innerWidth || [...document.querySelectorAll('#list, #detail, header')].some((e) => e.scrollWidth > e.clientWidth + 1)"
    events = [json.dumps({"message": "y" * 500, "n": n}) for n in range(20)]
    with acted_agent(pipelines, lines={"long": ["z" * 900, LINE.format(1, 1)]}, events={"long": events}) as agent:
        agent.link = {"state": "degraded", "reason": "the control plane " + "w" * 80}
        open_page(browser, agent.url)
        browser.wait_text("degraded", "header")
        assert not browser.run(wide), "the list"
        click_row(browser, long_name)
        browser.wait_text("number=1", "#panel-log")
        wait_until(lambda: browser.count(".node"), 20, "its graph", poll=0.1)
        assert not browser.shows("#list") and not browser.run(wide), "a pipeline"
        click_component(browser, "demo")
        wait_until(lambda: browser.count(".event") == 20, 10, "events")
        browser.run("document.querySelector('.event').click()")
        assert not browser.run(wide), "a tap"
        for tab in ("deaths", "yaml"):
            browser.run(f"document.querySelector('#tab-{tab}').click()")
            assert not browser.run(wide), tab
        browser.click("#d-back")
        wait_until(lambda: browser.shows("#list") and not browser.shows("#detail"), 5, "back")


@scenario
def five_hundred_pipelines_are_listed_worst_first_and_a_quiet_look_changes_nothing():
    browser = the_browser()
    with acted_agent(500, forty_components()) as agent:
        open_page(browser, agent.url)
        wait_until(lambda: browser.count(".pipeline") == 500, 20, "all of them")
        tones = browser.run("return [...document.querySelectorAll('.pipeline')].map((e) => e.dataset.tone)")
        assert tones == sorted(tones, key=["bad", "busy", "off", "ok"].index) and len(set(tones)) == 4, "worst first"
        assert "crash loop" in browser.text(".pipeline:first-child")
        # Same figures from now on: then not one node is touched.
        frozen = agent.readings({})
        agent.readings = lambda query: frozen
        status = agent.status()
        agent.status = lambda: status
        looks = len(agent.asked("/api/readings"))
        wait_until(lambda: len(agent.asked("/api/readings")) > looks + 1, 20, "two looks")
        browser.run("""window.touched = 0; new MutationObserver((all) => (window.touched += all.length)).observe(
                       document.querySelector("#table"), {subtree: true, childList: true, attributes: true, characterData: true})""")
        looks = len(agent.asked("/api/readings"))
        wait_until(lambda: len(agent.asked("/api/readings")) > looks + 2, 20, "more looks")
        assert browser.run("return window.touched") == 0
        browser.run("document.querySelector('#list').scrollTop = 4000")
        browser.run("document.querySelectorAll('.pipeline')[100].focus()")
        top, head = browser.run("return ['.pipeline:focus', '#heads'].map((s) => document.querySelector(s).getBoundingClientRect()).map((b, i) => (i ? b.bottom : b.top))")
        assert 60 < head <= top, "the heads of the columns stay in sight, above the row that has the focus"
        quiet(browser)


@scenario
def with_five_hundred_pipelines_search_filter_and_sort_answer_at_once():
    browser = the_browser()
    with acted_agent(500) as agent:
        open_page(browser, agent.url)
        def searched():
            """From the key to the frame that shows it."""
            browser.run("const f = document.querySelector('#search'); f.value = ''; f.dispatchEvent(new Event('input'))")
            wait_until(lambda: browser.count(".pipeline") == 500, 20, "all of them", poll=0.1)
            return browser.run("""const field = document.querySelector("#search"); const began = performance.now();
                field.value = "payments 4"; field.dispatchEvent(new Event("input"));
                return new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now() - began))))""") / 1000
        expect_once_below(1, searched, "a search")
        names = browser.texts(".pipeline b")
        assert names and all("payments" in name for name in names) and len(names) < 60, names
        browser.run("const f = document.querySelector('#search'); f.value = 'nothing is called so'; f.dispatchEvent(new Event('input'))")
        assert browser.count(".pipeline") == 0 and "No pipeline is like that" in browser.text("#none")
        browser.run("const f = document.querySelector('#search'); f.value = ''; f.dispatchEvent(new Event('input'))")
        browser.run("[...document.querySelectorAll('#filters button')].find((b) => b.textContent.includes('Need attention')).click()")
        tones = browser.run("return [...document.querySelectorAll('.pipeline')].map((e) => e.dataset.tone)")
        assert tones and set(tones) == {"bad"}
        browser.run("document.querySelector('#filters button').click()")
        browser.run("const s = document.querySelector('#sort'); s.value = 'memory'; s.dispatchEvent(new Event('change'))")
        wait_until(lambda: browser.texts(".pipeline .c-memory")[0] == "142MB", 10, "the greatest memory first")
        # A pipeline that comes to harm moves up by itself, and takes the focus along.
        browser.run("const s = document.querySelector('#sort'); s.value = 'worst'; s.dispatchEvent(new Event('change'))")
        browser.run("[...document.querySelectorAll('.pipeline')].find((e) => e.row.id === arguments[0]).focus()", agent.pipelines[250]["id"])
        agent.pipelines[250].update(state="crash loop", name="aaa-broken")
        wait_until(lambda: browser.texts(".pipeline:first-child b") == ["aaa-broken"], 20, "it is the first")
        assert browser.run("return document.activeElement.querySelector('b').textContent") == "aaa-broken"


@scenario
def a_graph_of_forty_components_has_no_two_in_one_place_and_knows_globs_and_ports():
    browser = the_browser()
    components = forty_components() + [component("lost", "sink", "console", "nowhere")]
    with acted_agent(1, components) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        boxes = browser.run("""return [...document.querySelectorAll(".node rect:first-of-type")].map((r) => { const b = r.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })""")
        assert len(boxes) == len(components) + 1, "and one for the input that is not there"
        for i, a in enumerate(boxes):
            for b in boxes[:i]:
                assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1], (a, b)
        # in -> parse, parse_* -> merge, merge -> route and the long one, route.* -> shape -> sink, in_* -> raw, nowhere -> lost
        assert browser.count(".edge") == 8 + 8 + 2 + 10 + 10 + 8 + 1
        assert browser.texts(".port") == [f"kind_{i}" for i in range(10)]
        left = {name: box[0] for name, box in zip(browser.texts(".node title"), boxes)}
        assert left["in_0"] < left["parse_0"] < left["merge"] < left["route"] < left["shape_3"] < left["sink_3"], left
        wait_until(lambda: sum("/s" in text for text in browser.texts(".rate")) > 30, 20, "rates on its edges")
        labels = browser.run("return [...document.querySelectorAll('.node')].map((e) => e.getAttribute('aria-label'))")
        assert any(label.startswith("transform merge, dedupe, in ") for label in labels), labels
        quiet(browser)


@scenario
def what_can_be_operated_has_a_name_and_no_id_is_there_twice():
    browser = the_browser()
    with acted_agent(3, SMALL, events={"cm00000": ['{"a":1}']}) as agent:
        open_pipeline(browser, agent.url, "edge-0")
        click_component(browser, "demo")
        wait_until(lambda: browser.count(".event") == 1, 10, "an event")
        nodes = browser.cdp("Accessibility.getFullAXTree")["nodes"]
        wanted = {"button", "tab", "textbox", "searchbox", "combobox", "link", "row", "grid", "tabpanel", "ToggleButton"}
        named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n["ignored"] and n.get("role", {}).get("value") in wanted]
        assert len(named) > 20 and all(name.strip() for _, name in named), [n for n in named if not n[1].strip()]
        ids = browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
        assert len(ids) == len(set(ids))
