"""Makes `docs/screens/` from a running demonstration: `make screenshots HUB=http://127.0.0.1:8700`.

The people of a demonstration are made up, and no citizen number is in view.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser

from hub.demo.installation import ANALYST, AUDITOR, OFFICER
from tests.support.browser import Watched, running_browser

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
LARGEST = 200_000
"""Bytes of one picture."""


def opened(browser: Browser, hub: str, path: str, *, language: str = "en-GB") -> Watched:
    """Open a page in a fresh profile."""
    context = browser.new_context(locale=language, viewport={"width": 1120, "height": 800})
    watched = Watched(context.new_page(), hub)
    watched.open(path)
    return watched


def kept(watched: Watched, name: str) -> None:
    """Write a picture of what is in view."""
    path = FOLDER / f"{name}.png"
    watched.page.screenshot(path=path)
    assert not watched.problems, watched.problems
    assert path.stat().st_size < LARGEST, f"{path.name} is too large"
    print(f"{path.name}: {path.stat().st_size // 1000} kB")
    watched.page.context.close()


def made(browser: Browser, hub: str) -> None:
    """Make every picture."""
    home = opened(browser, hub, "/")
    home.sign_in(ANALYST.id, "WARN")
    kept(home, "overview")

    for name, language in (("worklist", "en-GB"), ("worklist-zh", "zh-CN")):
        worklist = opened(browser, hub, "/worklist", language=language)
        worklist.page.locator("#sign-in select").select_option(f"{OFFICER.id} WARN")
        worklist.page.locator("#sign-in button").click()
        worklist.settle()
        kept(worklist, name)

    family = opened(browser, hub, "/worklist")
    family.sign_in(OFFICER.id, "CASE", case="DEMO-2026-0001")
    family.page.locator("#list tbody button").first.click()
    family.page.locator("#family h3").first.wait_for()
    family.settle()
    for details in family.page.locator("#family details[open]").all():
        details.locator("summary").first.click()
    family.page.locator("summary", has=family.page.get_by_text("record what a visit")).click()
    family.page.set_viewport_size({"width": 1120, "height": 1200})
    family.page.evaluate("document.getElementById('family').scrollIntoView()")
    kept(family, "family")

    explorer = opened(browser, hub, "/explorer#example=analyst")
    explorer.page.locator("#as-example").click()
    explorer.page.locator("#sign-out").wait_for()
    explorer.settle()
    explorer.page.locator("#run").click()
    explorer.settle()
    explorer.page.set_viewport_size({"width": 1120, "height": 1000})
    explorer.page.evaluate("scrollTo(0, 0)")
    kept(explorer, "explorer")

    log = opened(browser, hub, "/access-log")
    log.sign_in(AUDITOR.id, "AUDIT")
    kept(log, "access-log")

    catalogue = opened(browser, hub, "/catalogue")
    catalogue.page.locator("#department").select_option("disabled-federation")
    catalogue.page.locator("#datasets summary").first.click()
    kept(catalogue, "catalogue")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with running_browser() as chromium:
        made(chromium, sys.argv[1].rstrip("/"))
