"""Findings are looked through, judged and opened again in the browser, each step on record."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from hub.demo.client import Department
from hub.demo.installation import ANALYST, AUDITOR, OFFICER, key_file
from tests.browser.test_searching import check_for_everybody

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
DEPOSITS = """{ warnings(first: 3) { edges { node { household { members { person {
  bankDeposits { kind } } } } } } } }"""
RULE = "consent-bound-without-consent"


@pytest.fixture(scope="module")
def counted(hub, home):
    """Something that the log adds up to."""
    with closing(Department.signed_by(hub, OFFICER.id, key_file(home, OFFICER))) as us:
        us.ask(DEPOSITS, {}, purpose="WARN")


def listed(watched, client=AUDITOR, rule=RULE):
    """Open the findings of a rule, all states, as an auditor; wait until there are some."""
    page = watched.open("/indicators")
    watched.sign_in(client.id, "AUDIT")
    page.locator("#actor").fill("auditor-7")
    page.locator("#actor").press("Tab")
    page.locator("#state").select_option("")
    page.locator("#rule").fill(rule)
    show = page.get_by_role("button", name="Show", exact=True)
    for _ in range(60):
        show.click()
        watched.settle()
        if page.locator("#list article").count():
            break
        page.wait_for_timeout(500)
    return page


def judge(page, card, step, words, whose=""):
    if not card.locator("select").is_visible():
        card.locator("summary").click()
    card.locator("select").select_option(step)
    card.get_by_label("Why: no name").fill(words)
    if whose:
        card.get_by_label("Whose explanation").fill(whose)
    card.get_by_role("button", name="Record").click()


def test_a_finding_is_explained_opened_again_confirmed_and_closed(watched, counted):
    page = listed(watched)
    card = page.locator("#list article").first
    expect(card).to_contain_text("asked for what a person must authorise")
    assert OFFICER.id in card.inner_text()
    check_for_everybody(watched)

    judge(page, card, "explain", "a course was held that day", "head-of-desk-2")
    expect(page.locator("#said")).to_contain_text("now explained")
    expect(card.locator("h2")).to_contain_text("a false alarm")
    expect(card).to_contain_text("a course was held that day")
    expect(card).to_contain_text("head-of-desk-2")
    expect(page.locator("#rates")).to_contain_text(RULE)
    judge(page, card, "reopen", "the course was on another day")
    expect(page.locator("#said")).to_contain_text("now open")
    judge(page, card, "confirm", "looked out of curiosity")
    expect(page.locator("#said")).to_contain_text("now confirmed")
    expect(card.locator("h2")).to_contain_text("misuse")
    judge(page, card, "close", "told the department")
    expect(page.locator("#said")).to_contain_text("now closed")
    expect(page.locator("#receipt")).to_contain_text("Receipt")
    check_for_everybody(watched)

    link = card.locator("dd a").first
    index = link.inner_text()
    link.click()
    watched.settle()
    assert page.url.endswith(f"/entry#{index}")


def test_the_inbox_shows_what_is_open_first_and_filters(watched, counted):
    page = watched.open("/indicators")
    watched.sign_in(AUDITOR.id, "AUDIT")
    assert page.locator("#state").input_value() == "open"
    expect(page.locator("#said")).to_contain_text("Findings: ")
    found, still = map(int, re.findall(r"\d+", page.locator("#said span[lang=en]").inner_text()))
    assert found == still
    page.locator("#department").fill("tax")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Findings: 0")
    expect(page.locator("#list")).to_contain_text("There is no such finding")


def test_who_is_no_auditor_sees_no_finding(watched, counted):
    page = watched.open("/indicators")
    watched.sign_in(ANALYST.id, "WARN")

    expect(page.locator("#errors")).to_contain_text("NOT_GRANTED")
    assert page.locator("#list").inner_text() == ""


def test_a_step_that_is_refused_says_why_and_loses_no_word(watched, counted):
    page = listed(watched)
    card = page.locator("#list article").first
    words = "number 690101199001010010 was asked for"
    step = "reopen" if "closed" in card.locator("h2").inner_text() else "close"
    judge(page, card, step, words)

    expect(card.locator("[role=alert]")).to_be_visible()
    expect(card.get_by_label("Why: no name")).to_have_value(words)
