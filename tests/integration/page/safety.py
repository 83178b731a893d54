"""Who may look, and that nothing that is shown becomes markup or code."""
import socket

from acted_agent import TOKEN, component, some_pipelines
from harness import pipeline_yaml, scaled, scenario, wait_until
from stage import acted_agent, click_component, click_row, open_page, open_pipeline, quiet, real_agent, the_browser, token_of, ui_address, url_of
from testkit.local_view import ask

EVIL = "<script>window.harmed=1</script><img src=x onerror='window.harmed=1'>"
HARM = "return [window.harmed === undefined, document.querySelectorAll('script').length, document.querySelectorAll('img').length]"


@scenario
def names_words_lines_and_events_that_are_markup_are_shown_as_text():
    browser = the_browser()
    pipeline = {**some_pipelines(1)[0], "id": "evil/../" + EVIL, "name": EVIL, "sync": "refused", "refusedVersion": 2, "refusal": "refusal " + EVIL,
                "problem": "problem " + EVIL, "yaml": "yaml: " + EVIL, "components": [component(EVIL, "source", EVIL), component("out", "sink", "console", EVIL)]}
    event = '{"message":"event %s"}' % EVIL
    with acted_agent([pipeline], lines={pipeline["id"]: ["line " + EVIL]}, events={pipeline["id"]: [event, {"notice": EVIL}]}) as agent:
        agent.link = {"state": "degraded", "reason": "link " + EVIL}
        agent.deaths = [{"pipelineId": pipeline["id"], "pipelineName": EVIL, "at": 1790000000, "version": 1, "how": "how " + EVIL, "uptimeMilliseconds": 5,
                         "lastError": "words " + EVIL, "next": "next " + EVIL}]
        open_page(browser, agent.url)
        for words in (EVIL, "refusal " + EVIL):
            assert words in browser.text("#rows"), browser.text("#rows")
        click_row(browser, EVIL)
        browser.wait_text("line " + EVIL, "#panel-log")
        wait_until(lambda: browser.count(".node"), 20, "its graph", poll=0.1)
        click_component(browser, EVIL)
        wait_until(lambda: browser.texts(".event") == [event], 10, "the event as it is")
        browser.run("document.querySelector('.event').click()")
        assert EVIL in browser.text(".item pre") and browser.texts("#panel-tap .notice") == [EVIL]
        for tab, words in (("deaths", "words " + EVIL), ("yaml", "yaml: " + EVIL)):
            browser.click("#tab-" + tab)
            assert words in browser.text("#panel-" + tab), tab
        for where, words in (("#d-problem", "problem " + EVIL), ("#d-refusal", "refusal " + EVIL), ("#link-reason", "link " + EVIL), ("#d-name", EVIL)):
            assert browser.text(where) == words, where
        assert browser.run(HARM) == [True, 1, 0]
        quiet(browser)


@scenario
def without_the_token_it_asks_for_it_and_with_a_wrong_one_again():
    browser = the_browser()
    with acted_agent(2) as agent:
        browser.open(agent.url.split("#")[0])
        wait_until(lambda: browser.shows("#token-form") and browser.focused() == "token", 10, "the form")
        assert "VF_DATA_DIR" in browser.text("#token-form") and "ui-token" in browser.text("#token-form")
        assert not agent.asked("/api"), "and asks for nothing meanwhile"
        browser.type("wrong")
        browser.press("Enter")
        browser.wait_text("not the token of this agent", "#token-why")
        assert browser.count(".pipeline") == 0
        browser.type(TOKEN)
        browser.press("Enter")
        wait_until(lambda: browser.count(".pipeline") == 2, 10, "the list")
        assert TOKEN not in browser.run("return location.href + document.documentElement.outerHTML")
        # Another token from now on: what was shown goes with the old one.
        agent.token = "another"
        wait_until(lambda: browser.shows("#token-form"), 20, "it asks again")
        assert browser.count(".pipeline") == 0 and "edge-0" not in browser.run("return document.documentElement.outerHTML + document.title")


@scenario
def the_token_leaves_the_address_and_stays_in_its_tab():
    browser = the_browser()
    with acted_agent(2) as agent:
        open_page(browser, agent.url)
        assert browser.run("return [location.hash, sessionStorage.length, localStorage.length, document.cookie]") == ["", 1, 0, ""]
        assert TOKEN not in str([browser.run("return JSON.stringify(history.state)"), browser.run("return location.href")])
        browser.call("POST", "/refresh", {})
        wait_until(lambda: browser.count(".pipeline") == 2, 10, "loaded anew it still knows it")
        other = browser.call("POST", "/window/new", {"type": "tab"})["handle"]
        own = browser.call("GET", "/window")
        try:
            browser.call("POST", "/window", {"handle": other})
            browser.call("POST", "/url", {"url": agent.url.split("#")[0]})
            wait_until(lambda: browser.shows("#token-form"), 10, "another tab does not know it")
        finally:
            browser.call("POST", "/window", {"handle": other})
            browser.call("DELETE", "/window")
            browser.call("POST", "/window", {"handle": own})


@scenario
def its_policy_stops_scripts_styles_and_connections_that_are_not_its_own():
    browser = the_browser()
    with acted_agent(1) as agent, acted_agent(1) as other:
        open_page(browser, agent.url)
        assert browser.messages() == []
        for way in ("const s = document.createElement('script'); s.append('window.harmed = 1'); document.body.append(s)",
                    "document.body.innerHTML += '<img src=x>'",
                    "document.querySelector('h1').setAttribute('onclick', 'window.harmed = 1'); document.querySelector('h1').click()"):
            browser.run("try { " + way + " } catch (error) { if (!(error instanceof TypeError)) throw error; }")
        # Later, as what a driver runs at once is let through.
        later = "return new Promise((done) => setTimeout(() => { try { eval('window.harmed = 1'); done('it ran'); } catch (error) { done(error.name); } }))"
        assert browser.run(later) == "EvalError"
        browser.run("document.querySelector('h1').setAttribute('style', 'color: rgb(1, 2, 3)')")
        assert browser.run("return getComputedStyle(document.querySelector('h1')).color") != "rgb(1, 2, 3)"
        refused = browser.run("return fetch(arguments[0]).then(() => 'it was let through', (error) => error.name)", other.url.split("#")[0])
        assert refused == "TypeError" and other.requests == []
        assert browser.run("return window.harmed === undefined && document.querySelectorAll('img').length === 0")
        told = "\n".join(browser.messages())
        assert told.count("The action has been blocked") >= 4, told


@scenario
def the_real_listener_wants_the_token_its_own_host_and_no_other_origin():
    with real_agent({"p1": pipeline_yaml()}) as (_, agent):
        place, token = ui_address(agent), {"Authorization": "Bearer " + token_of(agent)}
        assert ask(place, "/api/status", headers=token).status == 200
        assert ask(place, "/api/status").status == 401
        assert ask(place, "/api/status", headers={"Authorization": "Bearer wrong"}).status == 401
        assert ask(place, f"/api/status?token={token_of(agent)}").status == 401, "not by the address"
        page = ask(place, "/")
        assert page.status == 200 and token_of(agent).encode() not in page.body
        assert not [name for name in page.headers if name.lower().startswith("access-control")], page.headers
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and policy.count("'sha256-") == 2 and "connect-src 'self'" in policy, policy
        for target in ("/", "/api/status"):
            assert ask(place, target, headers={**token, "Origin": "http://evil.example"}).status == 403, target
            assert raw(place, f"GET {target} HTTP/1.1\r\nHost: evil.example\r\nAuthorization: {token['Authorization']}\r\n\r\n") == 403, target
        assert raw(place, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200
        assert (agent.data_dir / "ui-token").stat().st_mode & 0o777 == 0o600


def raw(place, text):
    """The status that answers these bytes."""
    with socket.create_connection(place, scaled(10)) as sock:
        sock.sendall(text.encode())
        return int(sock.makefile("rb").readline().split()[1])
