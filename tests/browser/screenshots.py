"""Makes `docs/screens/` from a running demonstration: `make screenshots HUB=http://127.0.0.1:8700`.

The people of a demonstration are made up, and no citizen number is in view. A finding and a replay
are made first, because a demonstration has none.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser

from hub.demo.installation import ANALYST, AUDIT_LEAD, AUDITOR, OFFICER
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

    auditors(browser, hub)

    catalogue = opened(browser, hub, "/catalogue")
    catalogue.page.locator("#department").select_option("disabled-federation")
    catalogue.page.locator("#datasets summary").first.click()
    kept(catalogue, "catalogue")


def audited(browser: Browser, hub: str, path: str, name: str, *, language: str = "en-GB") -> None:
    """Make a picture of a page of the auditor's, as it is after signing in."""
    watched = opened(browser, hub, path, language=language)
    watched.page.set_viewport_size({"width": 1280, "height": 1000})
    watched.page.locator("#sign-in select").select_option(f"{AUDITOR.id} AUDIT")
    watched.page.locator("#sign-in button").click()
    watched.page.locator("#sign-out").wait_for()
    watched.settle()
    if watched.page.locator("#narrow:not([open])").count():
        watched.page.locator("#narrow summary").first.click()
    watched.settle()
    kept(watched, name)


def asked(browser: Browser, hub: str, document: str) -> int:
    """Ask something as the officer; return the answer's entry."""
    officer = opened(browser, hub, "/worklist")
    officer.sign_in(OFFICER.id, "WARN")
    index: int = officer.page.evaluate(
        "async query => (await (await import('/console/static/hub.js')).ask(query))"
        ".extensions.receipt.index",
        document,
    )
    officer.page.context.close()
    return index


def auditors(browser: Browser, hub: str) -> None:
    """Make the pictures of what auditors work with."""
    asked(browser, hub, "{ warnings(first: 3) { edges { node { household { members { person {"
          " bankDeposits { kind } } } } } } } }")  # fmt: skip
    index = asked(browser, hub, "{ warnings(first: 2) { edges { node { band total status } } } }")
    audited(browser, hub, "/access-log", "access-log")
    audited(browser, hub, "/access-log", "access-log-zh", language="zh-CN")
    audited(browser, hub, "/department#civil-affairs", "department")
    audited(browser, hub, f"/entry#{index}", "entry")
    audited(browser, hub, "/log-status", "log-status")
    audited(browser, hub, "/log-export", "log-export")

    findings = opened(browser, hub, "/indicators")
    findings.sign_in(AUDITOR.id, "AUDIT")
    for _ in range(60):  # counted behind the log, within seconds
        if findings.page.locator("#list article").count():
            break
        findings.page.wait_for_timeout(500)
        findings.page.get_by_role("button", name="Show", exact=True).click()
        findings.settle()
    findings.page.locator("#list article summary").first.click()
    findings.page.set_viewport_size({"width": 1280, "height": 860})
    kept(findings, "findings")
    replayed(browser, hub, index)


def replayed(browser: Browser, hub: str, index: int) -> None:
    """Make the picture of a replay that two people have had run."""
    auditor = opened(browser, hub, f"/replays#index={index}")
    auditor.sign_in(AUDITOR.id, "AUDIT")
    auditor.page.locator("#reason").fill("complaint 2026-11")
    auditor.page.get_by_role("button", name="Ask", exact=True).click()
    auditor.settle()
    lead = opened(browser, hub, "/replays")
    lead.sign_in(AUDIT_LEAD.id, "AUDIT")
    lead.page.get_by_role("button", name=f"Approve {index}").click()
    lead.settle()
    lead.page.context.close()
    auditor.page.get_by_role("button", name="Show", exact=True).click()
    auditor.page.get_by_role("button", name=f"Run {index}").click()
    auditor.page.locator("#outcome .verdict").wait_for()
    auditor.settle()
    auditor.page.set_viewport_size({"width": 1280, "height": 1000})
    auditor.page.evaluate("scrollTo(0, 0)")
    kept(auditor, "replays")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with running_browser() as chromium:
        made(chromium, sys.argv[1].rstrip("/"))
