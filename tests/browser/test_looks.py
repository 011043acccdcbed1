"""Every look of an auditor, on whatever page, leaves an entry that names who looked."""

from contextlib import closing

import pytest

from hub.demo.client import Department
from hub.demo.installation import AUDITOR, key_file
from hub.http.console.files import PAGES

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
NOBODYS = {
    "/": "about the hub",
    "/catalogue": "declarations",
    "/worklist": "not for auditors",
    "/explorer": "asks what one writes",
    "/log-status": "checkpoints and keys, which are public",
}
"""Pages on which opening them is no look at what is about anybody, or at who read it."""
OWN = """query ($client: String!) { accessLog(client: $client, first: 200) {
  edges { node { index channel } } } }"""


def looks_of(hub, home, client):
    """Return the entries of a client, but for the look that tells them."""
    with closing(Department.signed_by(hub, AUDITOR.id, key_file(home, AUDITOR))) as us:
        answer = us.ask(OWN, {"client": client.id}, purpose="AUDIT")
    edges = answer["data"]["accessLog"]["edges"]
    return {edge["node"]["index"] for edge in edges} - {answer["extensions"]["receipt"]["index"]}


def looked(watched, path, number):
    """Open a page and have it look for something."""
    page = watched.open(
        {"/entry": "/entry#12", "/department": "/department#civil-affairs"}.get(path, path)
    )
    watched.sign_in(AUDITOR.id, "AUDIT")
    if path == "/timeline":
        page.locator("#subject").fill(number)
        page.get_by_role("button", name="Show", exact=True).click()
    if path == "/log-export":
        page.locator("#department").fill("tax")
        page.get_by_role("button", name="Export", exact=True).click()
        page.locator("#save").wait_for()
    watched.settle()
    return page


@pytest.mark.parametrize("path", [page.path for page in PAGES if page.path not in NOBODYS])
def test_a_look_on_a_page_is_on_record_under_who_looked(watched, hub, home, number, path):
    before = looks_of(hub, home, AUDITOR)

    page = looked(watched, path, number)

    new = looks_of(hub, home, AUDITOR) - before
    assert new
    if path != "/log-export":
        shown = int(page.locator("#receipt strong").inner_text())
        assert shown in new


def test_every_page_is_one_or_the_other():
    paths = {page.path for page in PAGES}
    assert set(NOBODYS) <= paths
    assert {"/access-log", "/entry", "/timeline", "/department", "/indicators", "/replays",
            "/log-export", "/access", "/agreements"} == paths - set(NOBODYS)  # fmt: skip
