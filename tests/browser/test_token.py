"""At `hub serve` a page takes a token that the user got, and offers no other way in."""

import pytest

from hub.demo.installation import OFFICER
from tests.support.browser import Watched
from tests.support.installation import hub_command, serving

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def hub(home):
    """Address of the same home under `hub serve`."""
    with serving(home) as served:
        yield served.address


def test_a_pasted_token_opens_the_worklist(watched, home):
    done = hub_command(
        "token", OFFICER.id, "--purpose", "WARN", "--home", home, "--hub", watched.origin
    )
    page = watched.open("/worklist")
    assert page.locator("#sign-in select").count() == 0

    page.get_by_label("Access token").fill(done.stdout.strip())
    page.get_by_label("Access token").press("Enter")
    page.locator("#list tbody tr").first.wait_for()

    assert "civil-affairs" in page.locator("#who").inner_text()
    assert not [r for r in watched.requests if "/demo/" in r.url]


def test_what_is_no_token_is_said_to_be_none(watched):
    page = watched.open("/worklist")
    page.get_by_label("Access token").fill("not-a-token")
    page.get_by_label("Access token").press("Enter")

    page.get_by_text("This is no access token").wait_for()


def test_a_token_that_the_hub_does_not_believe_ends_the_session(context, hub):
    # {"exp": 4102444800, "department": "civil-affairs", "role": "officer"}, signed by nobody
    claims = (
        "eyJleHAiOjQxMDI0NDQ4MDAsImRlcGFydG1lbnQiOiJjaXZpbC1hZmZhaXJzIiwicm9sZSI6Im9mZmljZXIifQ"
    )
    watched = Watched(context.new_page(), hub)
    page = watched.open("/worklist")
    page.get_by_label("Access token").fill(f"e30.{claims}.c2ln")
    page.get_by_label("Access token").press("Enter")
    page.locator("#sign-in").wait_for()
    watched.settle()

    assert page.evaluate("sessionStorage.getItem('hub.session')") is None
    assert page.locator("#list tbody tr").count() == 0
    assert watched.foreign() == []
