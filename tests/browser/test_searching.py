"""What auditors look up: one person's accesses, a department, the log by facets, one entry."""

import json

import pytest

from hub.demo.installation import AUDITOR, OFFICER
from tests.support.accessible import CONTRAST, keyboard_problems, page_problems

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
NARROW = {"width": 360, "height": 740}
WIDE = {"width": 1280, "height": 900}


def too_wide(watched):
    """Say by how much the page is wider than the screen."""
    return watched.page.evaluate("document.documentElement.scrollWidth - innerWidth")


def check_for_everybody(watched):
    """Look at the page as it is in both languages and widths, light and dark, by keyboard."""
    page = watched.page
    assert keyboard_problems(watched) == []
    for language in ("en", "zh-CN"):
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            page.wait_for_timeout(400)
            watched.settle()
            assert page_problems(watched, language) == []
            assert too_wide(watched) == 0
        page.emulate_media(color_scheme="dark")
        assert page.evaluate(CONTRAST) == []
        page.emulate_media(color_scheme="light")
        page.locator("#language").click()
        watched.settle()


def looked_up(watched, path):
    """Open a page of the auditor's, signed in."""
    page = watched.open(path)
    watched.sign_in(AUDITOR.id, "AUDIT")
    watched.settle()
    return page


def test_what_was_read_of_one_person_is_told_day_by_day_and_the_number_is_nowhere(watched, number):
    page = looked_up(watched, "/timeline")
    assert "Give a citizen number" in page.locator("#said").inner_text()
    page.locator("#subject").fill(number)
    page.locator("#subject").press("Enter")
    page.locator("#said", has_text="This look").wait_for()
    page.locator("figure svg").wait_for()
    watched.settle()

    day = page.locator("#days section").first
    assert "civil affairs" in day.inner_text()
    assert "early warning" in day.inner_text()
    day.get_by_role("button", name="List the entries").click()
    day.locator("tbody tr").first.wait_for()
    said = page.locator("#said span[lang=en]").inner_text()
    own = said.rstrip(".").rpartition(" ")[2]
    assert own in day.locator("tbody td:first-child a").all_inner_texts()
    assert number not in page.url
    assert not [r.url for r in watched.requests if number in r.url]
    assert not [r for r in watched.requests if r.url.endswith("/chart") and number in r.post_data]
    assert number not in json.dumps(page.evaluate("({...sessionStorage, ...localStorage})"))
    check_for_everybody(watched)

    page.locator("#sign-out").click()
    page.locator("#sign-in").wait_for()
    assert page.locator("#subject").input_value() == ""
    assert page.locator("#days section").count() == 0


def test_of_a_person_without_entries_the_page_says_so(watched):
    page = looked_up(watched, "/timeline")
    page.locator("#subject").fill("690101199001010010")
    page.get_by_role("button", name="Show").click()
    watched.settle()

    assert "no entry about this person" in page.locator("#told").inner_text()
    assert not page.locator("#days-part").is_visible()


def test_the_profile_of_a_department_has_charts_with_the_same_numbers_as_tables(watched):
    page = looked_up(watched, "/department")
    page.locator("#told a", has_text="civil affairs").click()
    page.locator("#told figure svg").nth(2).wait_for()
    watched.settle()

    assert page.url.endswith("/department#civil-affairs")
    assert page.locator("#told h2").inner_text() == "civil affairs civil-affairs"
    figure = page.locator("figure").first
    assert figure.locator("svg > title").text_content() == "Entries day by day"
    figure.locator("summary").click()
    rows = figure.locator("tbody tr")
    assert rows.count() == 28
    today = rows.last.locator("td").first.inner_text()
    bars = figure.locator("svg g > title").all_text_contents()
    assert len(bars) == 28
    assert bars[-1].split(": ")[1].startswith(f"entries {today}, of them refused ")
    sent = [json.loads(r.post_data) for r in watched.requests if r.url.endswith("/console/chart")]
    assert {each["language"] for each in sent} == {"en"}
    check_for_everybody(watched)

    page.locator("#days").select_option("7")
    page.get_by_role("button", name="Show").click()
    page.locator("#told figure svg").nth(2).wait_for()
    assert page.url.endswith("#civil-affairs&days=7")
    assert page.locator("figure").first.locator("svg g > title").count() == 7


def test_what_a_department_did_leads_to_the_search_for_it(watched):
    page = looked_up(watched, "/department#civil-affairs")
    link = page.locator(".ranking a", has_text="early warning").first
    link.wait_for()

    address = link.get_attribute("href")

    assert address.startswith("/access-log#department=civil-affairs&purpose=WARN&since=")


def test_a_picture_that_the_page_does_not_know_is_left_out(watched, context):
    picture = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" id="x" role="img">
      <title>a</title><script>x()</script><a href="/"><text>b</text></a><rect class="bar"/>
      <foreignObject><b xmlns="http://www.w3.org/1999/xhtml">c</b></foreignObject></svg>"""
    context.route(
        "**/console/chart", lambda route: route.fulfill(body=picture, content_type="image/svg+xml")
    )
    page = looked_up(watched, "/department#civil-affairs")
    page.locator("#told figure svg").first.wait_for()

    shown = page.evaluate(
        "[...document.querySelectorAll('figure svg, figure svg *')].map(each => each.localName)"
    )
    assert set(shown) == {"svg", "title", "rect"}
    assert page.locator("figure svg[id]").count() == 0


@pytest.mark.parametrize("path", ["/timeline", "/department#civil-affairs"])
def test_who_is_no_auditor_is_refused(watched, path):
    page = watched.open(path)
    watched.sign_in(OFFICER.id, "WARN")
    if path == "/timeline":
        page.locator("#subject").fill("690101199001010010")
        page.get_by_role("button", name="Show").click()
    page.locator("#errors li").first.wait_for()

    assert "NOT_GRANTED" in page.locator("#errors").inner_text()
    assert page.locator("#told").inner_text() == ""
