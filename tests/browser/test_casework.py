"""A visit is recorded on the worklist page by the mutations that the schema offers."""

from contextlib import closing

import pytest

from hub.demo.client import Department
from hub.demo.installation import ANALYST, OFFICER, key_file

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
CASE = "DEMO-2026-0002"
VISITS = """
{ warnings(first: 200) { edges { node {
  recordId status household { visits { alertId result visitedOn notes } } } } } }
"""


def visits(hub, home):
    """Return every visit that the officer may read."""
    with closing(Department.signed_by(hub, OFFICER.id, key_file(home, OFFICER))) as officer:
        answer = officer.ask(VISITS, {}, purpose="CASE", case=CASE)
    nodes = [edge["node"] for edge in answer["data"]["warnings"]["edges"]]
    return [visit for node in nodes for visit in node["household"]["visits"] or []]


def open_last(watched):
    """Open the family at the end of the page."""
    watched.page.locator("#list tbody button").last.click()
    watched.page.locator("#family h3").first.wait_for()
    watched.settle()


def take(watched, step, **values):
    """Fill in the form of a step and send it."""
    form = watched.page.locator(f"#step-{step}")
    watched.page.locator("details", has=form).locator("summary").first.click()
    for name, value in values.items():
        control = form.locator(f"#{step}-{name}")
        if control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
    form.get_by_role("button", name="Record").click()
    watched.settle()


def test_a_visit_is_assigned_and_recorded_and_the_row_follows(watched, hub, home):
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "CASE", case=CASE)
    open_last(watched)

    take(watched, "assignAlert", assignee="clerk-7")
    assert "assigned" in page.locator("#list tbody tr").last.inner_text()
    take(watched, "recordVisit", result="unreachable", notes="敲门无人应答")

    assert "Recorded" in page.locator("#family .note").inner_text()
    assert "entry" in page.locator("#family .note .receipt").inner_text()
    assert "nobody was met" in page.locator("#family").inner_text()
    recorded = [each for each in visits(hub, home) if each["result"] == "unreachable"]
    assert [each["notes"] for each in recorded] == ["敲门无人应答"]


def test_a_step_that_does_not_fit_is_refused_with_the_reason_and_changes_nothing(
    watched, hub, home
):
    before = visits(hub, home)
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "CASE", case=CASE)
    open_last(watched)

    take(watched, "recordVisit", result="not-in-need", visitedOn="2020-01-01")

    refused = page.locator("#family .errors")
    assert "This was refused" in refused.inner_text()
    assert visits(hub, home) == before


def test_who_may_take_no_step_is_offered_none(watched):
    page = watched.open("/worklist")
    watched.sign_in(ANALYST.id, "WARN")
    open_last(watched)

    assert page.locator("#family form").count() == 0
    assert page.locator("#errors .errors").count() == 0
