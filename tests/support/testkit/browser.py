"""Debian's headless Chromium as a scenario drives it: chromedriver's own HTTP (W3C WebDriver and Chromium's additions),
nothing but the standard library. It speaks to 127.0.0.1 alone."""
import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request

from testkit import proc
from testkit.scenarios import Skip
from testkit.waiting import scaled, wait_until

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-default-apps",
             "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--metrics-recording-only", "--no-pings",
             "--no-proxy-server", "--disable-features=OptimizationHints,MediaRouter,Translate,DialMediaRouteProvider",
             "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost", "--force-device-scale-factor=1", "--window-size=1280,800"]
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "ArrowLeft": "\ue012", "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015",
        "Home": "\ue011", "End": "\ue010", "Space": " ", "Shift": "\ue008"}


class BrowserError(Exception):
    pass


class Browser:
    """`with Browser() as browser:`; raises Skip where there is no Chromium."""

    def __init__(self):
        self.program, driver = shutil.which("chromium"), shutil.which("chromedriver")
        if not self.program or not driver:
            raise Skip("there is no chromium and chromedriver: deploy/install-deps --tests installs them")
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="vf-browser-"))
        self.session = None
        # A home of its own, and nothing of the caller's: no proxy, no desktop.
        env = {"HOME": str(self.scratch), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMPDIR": str(self.scratch), "TZ": "UTC"}
        with open(self.scratch / "driver.log", "wb") as log:
            self.driver = subprocess.Popen([driver, "--port=0", "--allowed-ips=127.0.0.1"], env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.base = f"http://127.0.0.1:{wait_until(self._driver_port, 30, 'chromedriver listens')}"
            self._begin()
        except BaseException:
            self.close()
            raise

    def _driver_port(self):
        words = (self.scratch / "driver.log").read_text(errors="replace")
        return int(words.split("started successfully on port ")[1].split(".")[0])

    def _begin(self):
        (self.scratch / "downloads").mkdir()
        options = {"binary": self.program, "args": [*ARGUMENTS, f"--user-data-dir={self.scratch}/profile"],
                   "prefs": {"download.default_directory": str(self.scratch / "downloads")}}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        self.session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}}, 60)["sessionId"]

    def _call(self, method, path, body=None, timeout=30):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with DIRECT.open(request, timeout=scaled(timeout)) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise BrowserError(f"{told['error']}: {told['message']}") from None

    def call(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def cdp(self, command, **parameters):
        """A command of Chromium's own protocol."""
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the browser, then its driver, each by pid."""
        if self.session:
            try:
                self._call("DELETE", f"/session/{self.session}", timeout=10)
            except (OSError, BrowserError) as error:
                print(f"the browser does not end as asked: {error}", flush=True)
            self.session = None
        if self.driver.poll() is None:
            self.driver.send_signal(signal.SIGTERM)
        try:
            self.driver.wait(scaled(10))
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        for process in proc.with_argument(str(self.scratch)):   # what outlived its driver
            process.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)

    # -- The page --------------------------------------------------------------------------------------------------
    def open(self, url):
        """A document anew, even where only what is behind # differs."""
        self.call("POST", "/url", {"url": "about:blank"})
        self.messages()
        self.requests()
        self.call("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """The value of `return …` in the page."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector="body"):
        """What is shown there; "" where nothing is."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText).join('\\n')", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)", selector)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def shows(self, selector):
        """Is one of these seen?"""
        return self.run("return [...document.querySelectorAll(arguments[0])].some((e) => e.checkVisibility() && e.getClientRects().length > 0)", selector)

    def wait_text(self, words, selector="body", timeout=20):
        return wait_until(lambda: words in self.text(selector) or None, timeout, f"{words!r} in {selector}", poll=0.1)

    def click(self, selector):
        element = self.call("POST", "/element", {"using": "css selector", "value": selector})
        self.call("POST", f"/element/{element[ELEMENT]}/click", {})

    # -- Keyboard --------------------------------------------------------------------------------------------------
    def press(self, *keys, shift=False):
        """Keys by name ("Enter", "/"), to whatever has the focus."""
        actions = [{"type": "keyDown", "value": KEYS["Shift"]}] if shift else []
        for key in keys:
            actions += [{"type": kind, "value": KEYS.get(key, key)} for kind in ("keyDown", "keyUp")]
        if shift:
            actions.append({"type": "keyUp", "value": KEYS["Shift"]})
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def type(self, text):
        self.press(*text)

    def focused(self):
        """What has the focus: its id, else its text."""
        return self.run("const e = document.activeElement; return e.id || e.getAttribute('aria-label') || e.textContent.slice(0, 60)")

    # -- Around it -------------------------------------------------------------------------------------------------
    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 700)

    def prefer(self, **features):
        """prefer(prefers_color_scheme="dark")"""
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": n.replace("_", "-"), "value": v} for n, v in features.items()])

    def messages(self):
        """What the console has got since the last call."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.call("POST", "/se/log", {"type": "browser"})]

    def requests(self):
        """[(type, URL)] of what was asked for since the last call, in order."""
        entries = [json.loads(entry["message"])["message"] for entry in self.call("POST", "/se/log", {"type": "performance"})]
        return [(e["params"].get("type"), e["params"]["request"]["url"]) for e in entries if e["method"] == "Network.requestWillBeSent"]

    def downloads(self):
        return [path for path in sorted((self.scratch / "downloads").iterdir()) if path.suffix != ".crdownload" and not path.name.startswith(".")]

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "/screenshot")))
