"""A real browser without a window, steered over plain HTTP (W3C WebDriver): one for all tests of pages."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from urllib.error import HTTPError, URLError

import pytest

_NAMES = {"space": " ", "left": "\ue012", "right": "\ue014", "enter": "\ue007", "home": "\ue011", "end": "\ue010"}
READY = "document.documentElement.dataset.ready === 'all'"
"""What holds once a page of a machine has unpacked all of its settings."""


class Browser:
    """Chromium behind its driver. `script` runs JavaScript in the page, `wait` until an expression holds there."""

    def __init__(self, driver, chromium):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [driver, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        options = {
            "binary": chromium,
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--force-device-scale-factor=1",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
            ],
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        for _ in range(100):
            try:
                self.session = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
                break
            except URLError:
                time.sleep(0.1)
        self.session = f"/session/{self.session}"

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"].splitlines()[0]) from None

    def open(self, path, *, fragment="", width=1280, height=1000, ready=READY):
        """Open the file ``path`` in a window of that size, and wait until it is ``ready``: unpacked."""
        self._ask("POST", f"{self.session}/window/rect", {"width": width, "height": height})
        self._ask("POST", f"{self.session}/url", {"url": "about:blank"})
        self.log()
        self._ask("POST", f"{self.session}/url", {"url": f"{path.as_uri()}{fragment}"})
        if ready is not None:
            self.wait(ready)

    def resize(self, width, height):
        """Give the page a viewport of exactly that size, which may be narrower than a window can be."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, theme):
        """Let the reader prefer light or dark colours."""
        wanted = [{"name": "prefers-color-scheme", "value": theme}]
        self.devtools("Emulation.setEmulatedMedia", {"features": wanted})

    def devtools(self, command, parameters):
        """One command of Chromium's own protocol, through the driver."""
        return self._ask("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def script(self, code, *arguments):
        """What ``code`` returns in the page."""
        body = {"script": code, "args": list(arguments)}
        return self._ask("POST", f"{self.session}/execute/sync", body)

    def wait(self, expression, *, seconds=20):
        """Wait until ``expression`` is true in the page."""
        last = time.monotonic() + seconds
        while not self.script(f"return Boolean({expression})"):
            assert time.monotonic() < last, f"{expression} did not come true in {seconds} s; console: {self.log()}"
            time.sleep(0.03)

    def element(self, selector):
        """The element that a CSS selector finds."""
        found = self._ask("POST", f"{self.session}/element", {"using": "css selector", "value": selector})
        return next(iter(found.values()))

    def labelled(self, label):
        """The control that a person finds by its words: its text, or its label for those who cannot see."""
        words = json.dumps(label)
        path = (
            f"//*[@aria-label={words} or normalize-space(text())={words}][self::button or self::input or self::select]"
        )
        found = self._ask("POST", f"{self.session}/element", {"using": "xpath", "value": path})
        return next(iter(found.values()))

    def click(self, element):
        """Click on an element."""
        self._ask("POST", f"{self.session}/element/{element}/click", {})

    def type(self, element, keys):
        """Type into an element: text, or names of keys."""
        text = "".join(_NAMES.get(key, key) for key in ([keys] if keys in _NAMES else keys))
        self._ask("POST", f"{self.session}/element/{element}/value", {"text": text})

    def press(self, key):
        """Press a key on the page itself."""
        value = _NAMES.get(key, key)
        steps = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        keys = {"type": "key", "id": "keys", "actions": steps}
        self._ask("POST", f"{self.session}/actions", {"actions": [keys]})

    def choose(self, label, option):
        """Choose the option with that text of the list that is labelled so."""
        words = json.dumps(option)
        path = f"//select[@aria-label={json.dumps(label)}]/option[normalize-space(text())={words}]"
        found = self._ask("POST", f"{self.session}/element", {"using": "xpath", "value": path})
        self.click(next(iter(found.values())))

    def words(self, selector):
        """What a person reads in the element that a CSS selector finds."""
        return self._ask("GET", f"{self.session}/element/{self.element(selector)}/text")

    def enter(self, selector):
        """Go into the frame that a CSS selector finds; None: back to the page that holds it."""
        key = "element-6066-11e4-a52e-4f735466cecf"  # of the W3C's WebDriver
        frame = None if selector is None else {key: self.element(selector)}
        self._ask("POST", f"{self.session}/frame", {"id": frame})

    def names(self, selector):
        """What a screen reader calls each visible element that a CSS selector finds."""
        found = self._ask("POST", f"{self.session}/elements", {"using": "css selector", "value": selector})
        elements = [next(iter(one.values())) for one in found]
        shown = [one for one in elements if self._ask("GET", f"{self.session}/element/{one}/displayed")]
        return [self._ask("GET", f"{self.session}/element/{one}/computedlabel") for one in shown]

    def printed(self, paper):
        """The page as a PDF file in base64, on ``paper``: {width, height} in cm."""
        return self._ask("POST", f"{self.session}/print", {"page": paper, "background": True})

    def picture(self, path):
        """A picture of the whole page, as a PNG file."""
        size = self.script("return [document.documentElement.clientWidth, document.documentElement.scrollHeight]")
        clip = {"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1}
        shot = self.devtools("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        path.write_bytes(base64.b64decode(shot["data"]))

    def log(self):
        """Errors and warnings on the console since the last call."""
        lines = self._ask("POST", f"{self.session}/se/log", {"type": "browser"})
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def close(self):
        """End the browser and its driver."""
        try:
            self._ask("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait()


@pytest.fixture(scope="session")
def browser():
    """The browser; skipped where there is none."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")
    if driver is None or chromium is None:
        pytest.skip("no browser here: apt-get install chromium chromium-driver")
    made = Browser(driver, chromium)
    yield made
    made.close()
