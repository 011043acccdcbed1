"""Debian's Chromium, driven by Playwright; every page that is opened is watched."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")

STILL_S = 0.12
PATIENCE_S = 20.0


def chromium() -> str | None:
    """Return where a Chromium is on this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Give a Chromium without a window; none is ever downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watched:
    """A page, with what it asked for and what went wrong in it."""

    page: Page
    origin: str
    requests: list = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _under_way: int = 0
    _moved_at: float = 0.0

    def __post_init__(self) -> None:
        self.page.on("request", self._began)
        self.page.on("requestfinished", self._ended)
        self.page.on("requestfailed", self._ended)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("dialog", lambda dialog: self.problems.append(dialog.message))

    def _began(self, request) -> None:
        self.requests.append(request)
        self._under_way += 1
        self._moved_at = time.monotonic()

    def _ended(self, _) -> None:
        self._under_way -= 1
        self._moved_at = time.monotonic()

    def _heard(self, message) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(message.text)

    def open(self, path: str) -> Page:
        """Open a page of the hub and wait until it has nothing more to ask."""
        self.page.goto(self.origin + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until nothing is under way, and nothing has been for a moment from now on.

        What was just clicked has not asked for anything yet.
        """
        self._moved_at = time.monotonic()
        deadline = self._moved_at + PATIENCE_S
        while self._under_way > 0 or time.monotonic() - self._moved_at < STILL_S:
            assert time.monotonic() < deadline, "the page does not come to rest"
            self.page.wait_for_timeout(20)

    def sign_in(self, client: str, purpose: str, case: str = "") -> None:
        """Sign in as a made-up department."""
        self.page.get_by_label("Sign in as a made-up department").select_option(
            f"{client} {purpose}"
        )
        self.page.get_by_label("Case, where one is needed").fill(case)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.locator("#sign-out").wait_for()
        self.settle()

    def tab_to(self, selector: str, *, limit: int = 80) -> None:
        """Press Tab until the element has the focus; each stop on the way shows that it has it."""
        for _ in range(limit):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(_STOP, selector)
            if stop["name"] not in {"BODY", "HTML"}:
                assert stop["outline"] != "none", f"{stop['name']} shows no focus"
            if stop["is_there"]:
                return
        raise AssertionError(f"the keyboard does not reach {selector}")

    def foreign(self) -> list[str]:
        """Return the addresses outside the hub that were asked for."""
        return [r.url for r in self.requests if _origin(r.url) != self.origin]


_STOP = """selector => {
  const at = document.activeElement;
  const outline = getComputedStyle(at).outlineStyle;
  return {name: at.tagName, is_there: at.matches(selector), outline};
}"""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
