"""An answer is asked again by two people in the browser, and what was shown then is shown once."""

import pytest
from playwright.sync_api import expect

from hub.demo.client import Department
from hub.demo.installation import AUDIT_LEAD, AUDITOR, OFFICER, key_file
from tests.browser.test_searching import check_for_everybody
from tests.support.browser import Watched

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
LOOK_UP = "query($n: String!) { person(nationalId: $n) { population { name } } }"


@pytest.fixture
def answered(hub, home, number):
    """The entry of an answer, and what it showed."""
    officer = Department.signed_by(hub, OFFICER.id, key_file(home, OFFICER))
    answer = officer.ask(LOOK_UP, {"n": number}, purpose="WARN")
    officer.close()
    return answer["extensions"]["receipt"]["index"], answer["data"]["person"]["population"]["name"]


@pytest.fixture
def lead(browser, hub):
    """A second person's browser."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    page = Watched(context.new_page(), hub)
    yield page
    assert page.foreign() == []
    assert page.problems == []
    context.close()


def asked(watched, index, reason):
    """Ask for a replay as the auditor; the address names the entry."""
    page = watched.open(f"/replays#index={index}")
    watched.sign_in(AUDITOR.id, "AUDIT")
    expect(page.locator("#index")).to_have_value(str(index))
    page.locator("#reason").fill(reason)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#outcome")).to_contain_text("asked")
    return page


def test_two_people_ask_again_and_what_was_shown_then_is_shown_once(
    watched, lead, answered, number
):
    index, name = answered
    page = asked(watched, index, "complaint 2026-31")
    row = page.locator("#requests tbody tr", has_text="complaint 2026-31")
    expect(row).to_contain_text("asked")
    assert page.get_by_role("button", name=f"Approve {index}").count() == 0

    other = lead.open("/replays")
    lead.sign_in(AUDIT_LEAD.id, "AUDIT")
    assert not other.locator("#ask-part").is_visible()
    other.get_by_role("button", name=f"Approve {index}").click()
    expect(other.locator("#outcome")).to_contain_text("approved")
    check_for_everybody(lead)

    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name=f"Run {index}").click()
    expect(page.locator("#outcome .verdict")).to_contain_text("byte by byte")
    shown = page.locator("#outcome").inner_text()
    assert name in shown
    assert number in shown
    expect(row).to_contain_text("run")
    assert page.get_by_role("button", name=f"Run {index}").count() == 0
    assert number not in page.url
    check_for_everybody(watched)

    page.locator("#sign-out").click()
    page.locator("#sign-in").wait_for()
    assert name not in page.locator("main").inner_text()


def test_what_is_refused_is_not_run_and_a_wrong_request_says_why(watched, lead, answered):
    index, _ = answered
    page = asked(watched, index, "complaint 2026-32")
    page.locator("#index").fill("99999999")
    page.locator("#reason").fill("complaint 2026-33")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator("#errors")).to_contain_text("REPLAY_")
    expect(page.locator("#reason")).to_have_value("complaint 2026-33")

    other = lead.open("/replays")
    lead.sign_in(AUDIT_LEAD.id, "AUDIT")
    row = other.locator("#requests tbody tr", has_text="complaint 2026-32")
    row.get_by_role("button", name="Refuse").click()
    expect(row).to_contain_text("refused")
    page.locator("#state").select_option("refused")
    page.get_by_role("button", name="Show", exact=True).click()
    mine = page.locator("#requests tbody tr", has_text="complaint 2026-32")
    expect(mine).to_contain_text("refused")
    assert mine.get_by_role("button").count() == 0


def test_who_is_no_auditor_is_refused(watched):
    page = watched.open("/replays")
    watched.sign_in(OFFICER.id, "WARN")

    expect(page.locator("#errors")).to_contain_text("NOT_GRANTED")
    assert page.locator("#requests").inner_text() == ""
