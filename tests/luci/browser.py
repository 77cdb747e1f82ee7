"""Chromium, headless, as the tests use it: pages, waits that poll, screenshots, and what the page complained of."""

import base64
import contextlib
import math
import os
import shutil
import tempfile

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from lab.enter import TOP
from lab.host import wait_for

LUCI = os.environ.get("LUCI", "").rstrip("/")  # where a real LuCI is, to be looked at in place of the lab's
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
SCREENSHOTS = TOP / "build/screenshots"
QUIET = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-extensions",
    "--disable-component-update",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-prefers-reduced-motion",
]


class Browser:
    """One window. `log` are the lines of the console that are errors."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="chromium-")
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for word in [*QUIET, f"--user-data-dir={self.folder}"]:
            options.add_argument(word)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        self.driver.set_script_timeout(30)
        self.log = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(Exception):
            self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cdp(self, command, **parameters):
        """A command of the Chrome DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script, *arguments):
        """What a script, the body of a function, returns in the page."""
        return self.driver.execute_script(script, *arguments)

    def fresh(self):
        """Forgets what was before: a wide window, an empty page, nobody logged in."""
        self.size(1100)
        self.open("about:blank")
        self.driver.delete_all_cookies()
        self.complaints()
        self.log.clear()

    def size(self, width, height=900):
        self.cdp(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 800
        )

    def freeze(self):
        """Freezes the page, as a browser does to a tab that nobody looks at."""
        self.cdp("Page.setWebLifecycleState", state="frozen")

    def thaw(self):
        """Wakes it, and shows it again."""
        self.cdp("Page.setWebLifecycleState", state="active")
        self.driver.minimize_window()  # the command above leaves it hidden
        self.driver.maximize_window()

    def cookie(self, url, name, value):
        self.cdp("Network.setCookie", url=url, name=name, value=value)

    def open(self, url):
        self.driver.get(url)

    # What is on the page

    def find(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css="#view"):
        """The visible text of the first such element; "" if there is none."""
        try:
            return self.driver.find_element(By.CSS_SELECTOR, css).text
        except (NoSuchElementException, StaleElementReferenceException):
            return ""

    def wait(self, condition, what, seconds=15):
        """The first true value of `condition()`; else LabError with what the page shows and said."""

        def tried():
            with contextlib.suppress(StaleElementReferenceException, NoSuchElementException, JavascriptException):
                return condition()

        def told():
            console = "\n".join(self.complaints())
            return f"{what}\nthe page:\n{self.text('body')}\nthe console:\n{console}"

        return wait_for(tried, seconds, told, every=0.1)

    def wait_for_text(self, text, css="#view", seconds=15):
        return self.wait(lambda: text in self.text(css), f"{text!r} in {css}", seconds)

    def button(self, text, css="body"):
        """The first visible button (or tab) below `css` with exactly this text."""
        kinds = ", ".join(f"{css} {kind}" for kind in ("button", "li > a", ".cbi-dropdown li"))
        script = """
            return Array.from(document.querySelectorAll(arguments[0]))
                .find((b) => b.textContent.trim() === arguments[1] && b.getClientRects().length)"""
        return self.wait(lambda: self.run(script, kinds, text), f"a button {text!r} in {css}")

    def click(self, text, css="body"):
        """Clicks such a button; the page may draw it anew while it is looked for."""

        def clicked():
            button = self.button(text, css)
            self.run("arguments[0].scrollIntoView({ block: 'center' })", button)
            button.click()
            return True

        self.wait(clicked, f"a button {text!r} that can be clicked in {css}")

    def click_on(self, css):
        """Clicks the first such element, likewise."""

        def clicked():
            for element in self.find(css)[:1]:
                element.click()
                return True

        self.wait(clicked, f"{css} that can be clicked")

    def press(self, key):
        """Presses a key, by its name, on whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(getattr(Keys, key.upper()))

    def focused(self):
        return self.run("return document.activeElement.textContent.trim()")

    def tab_to(self, text, most=200):
        """Goes by the Tab key to what has this text."""
        for _ in range(most):
            self.press("Tab")
            if self.focused() == text:
                return self.driver.switch_to.active_element
        raise AssertionError(f"Tab does not reach {text!r}")

    def fill(self, element, text):
        element.send_keys(Keys.CONTROL, "a")
        element.send_keys(Keys.DELETE)
        element.send_keys(text)

    def field(self, name, css="#view"):
        """The field of an option of a form, where it is shown."""
        return self.wait(
            lambda: next((f for f in self.find(f'{css} .cbi-value[data-name="{name}"]') if f.is_displayed()), None),
            f"a field {name!r}",
        )

    def choose(self, name, value, css="#view"):
        """Gives a field a value: picks it from its list where it has one, else types it."""
        field = self.field(name, css)
        script = """
            const list = arguments[0].querySelector('select');
            const menu = arguments[0].querySelector('.cbi-dropdown');
            if (list) {
                list.value = arguments[1];
                list.dispatchEvent(new Event('change', { bubbles: true }));
                list.dispatchEvent(new Event('blur', { bubbles: true }));
                return list.value === arguments[1];
            }
            if (menu) {
                menu.click();
                menu.querySelector(`li[data-value="${arguments[1]}"]`).click();
                return true;
            }
            return null"""
        chosen = self.run(script, field, value)
        if chosen is None:
            self.fill(field.find_element(By.CSS_SELECTOR, "input[type=text]"), value)
        elif not chosen:
            raise AssertionError(f"{name!r} has no choice {value!r}")

    def add(self, name, value, css="#view"):
        """Adds a value to a field that is a list."""
        self.choose(name, value, css)
        if not self.field(name, css).find_elements(By.CSS_SELECTOR, ".cbi-dropdown"):
            self.press("Enter")

    def clear(self, name, css="#view"):
        """Empties a field that is a list."""
        for item in self.field(name, css).find_elements(By.CSS_SELECTOR, ".item"):
            item.send_keys(Keys.DELETE)

    def complaints(self):
        """The errors on the console since the page was opened first."""
        lines = self.driver.get_log("browser")
        self.log += [line["message"] for line in lines if line["level"] == "SEVERE"]
        return self.log

    def expect_complaints(self, text):
        """Forgets what the console says about this, as it must."""
        self.log[:] = [line for line in self.complaints() if text not in line]

    def right_edge(self, css):
        """Where the one of such elements ends that reaches farthest, in pixels."""
        edges = "Array.from(document.querySelectorAll(arguments[0])).map((node) => node.getBoundingClientRect().right)"
        return self.run(f"return Math.max(...{edges})", css)

    def overflow(self):
        """How many pixels of the page's own lie to the right of its window."""
        width = self.run("return document.documentElement.clientWidth")
        return max(0, math.ceil(self.right_edge("#view, #view *") - width - 0.5))

    def screenshot(self, name):
        """All of the page, to build/screenshots/NAME.png."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        box = self.run("return [ document.documentElement.clientWidth, document.documentElement.scrollHeight ]")
        clip = {"x": 0, "y": 0, "width": box[0], "height": min(box[1], 6000), "scale": 1}
        picture = self.cdp("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
