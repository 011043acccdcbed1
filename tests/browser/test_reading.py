"""Each page can be read and used by everybody: no mouse, no sight, a phone, either language."""

import pytest

from hub.demo.installation import AUDITOR, OFFICER
from hub.http.console.files import PAGES
from tests.support.accessible import CONTRAST, keyboard_problems, page_problems
from tests.support.browser import Watched

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
FOR_OFFICERS = {"/", "/explorer", "/worklist", "/catalogue"}
PARTS = {"/entry": "#12", "/department": "#civil-affairs"}
"""What stands behind the path where a page is about one thing."""
NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


@pytest.fixture(params=PAGES, ids=lambda each: each.name)
def seen(request, browser, hub):
    """A page before anybody has signed in, and who it is for."""
    path = request.param.path
    context = browser.new_context(locale="en-GB", viewport=WIDE, reduced_motion="reduce")
    watched = Watched(context.new_page(), hub)
    watched.open(path + PARTS.get(path, ""))
    yield watched, (OFFICER.id, "WARN") if path in FOR_OFFICERS else (AUDITOR.id, "AUDIT")
    context.close()


def too_wide(watched):
    """Say by how much the page is wider than the screen."""
    return watched.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def test_a_page_can_be_read_and_used_by_everybody(seen):
    watched, who = seen
    page = watched.page
    assert page_problems(watched, "en") == []
    assert keyboard_problems(watched) == []

    watched.sign_in(*who)
    assert page_problems(watched, "en") == []
    assert keyboard_problems(watched) == []
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(CONTRAST) == []
    assert too_wide(watched) == 0

    page.locator("#language").click()
    watched.settle()
    assert page_problems(watched, "zh-CN") == []
    assert page.title().endswith("社会救助数据枢纽")
    page.set_viewport_size(NARROW)
    assert too_wide(watched) == 0

    page.locator("#language").click()
    page.locator("#menu").click()
    assert page.locator("#pages a[aria-current]").is_visible()
    assert too_wide(watched) == 0
    assert page_problems(watched, "en") == []
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "menu"
    assert watched.foreign() == []
    assert watched.problems == []
