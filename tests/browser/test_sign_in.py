"""A person signs in with the demonstration's OpenID provider, looks, and signs out again."""

import pytest

from tests.support.browser import Watched

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]


def sign_in(watched, who, path="/access-log"):
    """Go to the provider, say who one is, and come back."""
    page = watched.open(path)
    page.locator("#sign-in-person").click()
    page.locator(f"#{who}").click()
    page.locator("#sign-out").wait_for()
    watched.settle()
    return page


def test_an_auditor_signs_in_reads_the_access_log_under_an_opaque_name_and_signs_out(
    watched, context
):
    page = sign_in(watched, "auditor-1")

    assert page.url == f"{watched.origin}/access-log"
    assert "audit-office" in page.locator("#who").inner_text()
    page.locator("#list tbody tr").first.wait_for()
    page.get_by_role("button", name="Show").click()
    watched.settle()
    assert "person:" in page.locator("#list tbody tr").first.inner_text()
    assert page.locator("#actor").count() == 0
    (cookie,) = [each for each in context.cookies() if each["name"] == "hub-session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert cookie["value"] not in page.evaluate("document.cookie + JSON.stringify(sessionStorage)")
    asked = [r for r in watched.requests if r.url.endswith("/graphql")]
    assert asked
    assert all("cookie" not in r.all_headers() for r in asked)

    page.locator("#sign-out").click()
    page.locator("#sign-in-person").wait_for()
    watched.settle()

    assert page.locator("#list tbody tr").count() == 0
    assert page.evaluate("sessionStorage.getItem('hub.session')") is None
    told = page.request.get(f"{watched.origin}/session").json()
    assert (told["actor"], told["roles"]) == (None, [])
    page.locator("#sign-out-provider").click()
    page.locator("#sign-in-person").wait_for()
    watched.settle()
    assert page.url == f"{watched.origin}/"


def test_who_has_several_roles_chooses_and_can_choose_again(watched):
    page = sign_in(watched, "head-1", "/catalogue")
    assert page.locator("#as option").count() == 3
    page.locator("#as").select_option("civil-affairs-officer-person WARN")
    page.locator("#sign-in button").click()
    page.locator("#other-purpose").wait_for()
    assert "officer" in page.locator("#who").inner_text()

    page.locator("#other-purpose").click()
    page.locator("#as").select_option("audit-office-person AUDIT")
    page.locator("#sign-in button").click()
    page.locator("#other-purpose").wait_for()
    watched.settle()

    assert "audit-office" in page.locator("#who").inner_text()


def test_an_officer_cannot_open_the_access_log_but_the_worklist(watched):
    page = sign_in(watched, "officer-1")
    assert page.locator("#as option").count() == 2
    assert page.locator("#list tbody tr").count() == 0

    page = watched.open("/worklist")
    page.locator("#list tbody tr").first.wait_for()

    assert "officer" in page.locator("#who").inner_text()


def test_somebody_without_a_role_here_gets_nothing(context, hub):
    watched = Watched(context.new_page(), hub)
    page = watched.open("/access-log")
    page.locator("#sign-in-person").click()
    page.locator("#visitor-1").click()

    assert "SIGN_IN_REFUSED" in page.locator("body").inner_text()
    assert page.request.get(f"{hub}/session").json()["actor"] is None


def test_a_callback_taken_to_another_browser_signs_nobody_in(browser, context, hub):
    page = context.new_page()
    page.goto(f"{hub}/access-log")
    page.locator("#sign-in-person").click()
    back = page.request.get(
        page.url.split("/demo/")[0]
        + page.locator("#auditor-1").evaluate("a => a.pathname + a.search"),
        max_redirects=0,
    ).headers["location"]

    victim = browser.new_context(locale="en-GB")
    other = victim.new_page()
    reply = other.goto(back)

    assert reply.status == 403
    assert not [each for each in victim.cookies() if each["name"] == "hub-session"]
    victim.close()
