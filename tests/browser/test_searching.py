"""What auditors look up: one person's accesses, a department, the log by facets, one entry."""

import json

import pytest

from hub.demo.installation import AUDITOR, OFFICER
from tests.support.accessible import CONTRAST, keyboard_problems, page_problems

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
WARNINGS = f"/access-log#client={OFFICER.id}&purpose=WARN&field=Alert.band&kind=answer"
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


def facet(page, name):
    """Return the list of buttons of one facet."""
    return page.locator(f"[data-facet={name}]")


def total(page):
    """Return how many entries the page says are selected."""
    return int(page.locator("#total strong").inner_text().replace(",", ""))


def shown(watched):
    """Return the rows in view, once the page is at rest."""
    watched.settle()
    return watched.page.locator("#list tbody tr")


def test_a_search_is_narrowed_by_facets_in_words_and_widened_by_chips(watched):
    page = looked_up(watched, "/access-log")
    purposes = facet(page, "purpose").get_by_role("button")
    told = {each.get_attribute("title"): each.inner_text() for each in purposes.all()}
    assert told["PUSH"].startswith("recognition results")
    facet(page, "department").get_by_role("button", name="civil affairs").click()
    shown(watched)
    facet(page, "purpose").get_by_role("button", name="early warning").click()
    rows = shown(watched)

    assert page.url.endswith("/access-log#department=civil-affairs&purpose=WARN")
    assert page.locator("#department").input_value() == "civil-affairs"
    chips = [" ".join(text.split()) for text in page.locator("#chips .chip").all_inner_texts()]
    assert chips == ["Department: civil affairs × remove", "Purpose: early warning × remove"]
    texts = rows.all_inner_texts()
    assert texts
    assert all("civil affairs" in text and "early warning" in text for text in texts)
    chosen = facet(page, "purpose").get_by_role("button")
    assert chosen.get_attribute("aria-pressed") == "true"
    selected = total(page)
    assert selected >= len(texts)
    assert chosen.locator(".count").inner_text() == page.locator("#total strong").inner_text()
    check_for_everybody(watched)

    page.set_viewport_size(WIDE)
    page.locator("#chips .chip", has_text="Purpose").click()
    shown(watched)
    assert total(page) > selected
    assert page.url.endswith("#department=civil-affairs")
    page.locator("#chips .chip").click()
    shown(watched)
    assert page.url.endswith("/access-log#")
    assert not page.locator("#chips").is_visible()


def test_by_keyboard_the_focus_stays_where_it_narrowed(watched):
    page = looked_up(watched, "/access-log")
    facet(page, "kind").get_by_role("button", name="answer").focus()
    page.keyboard.press("Enter")
    page.locator("#chips .chip", has_text="answer").wait_for()
    page.locator("[data-facet=kind] button[aria-pressed=true]:focus").wait_for()
    shown(watched)

    assert page.evaluate("document.activeElement.title") == "answer"
    page.locator("#chips .chip").focus()
    page.keyboard.press("Enter")
    page.locator("#chips").wait_for(state="hidden")
    shown(watched)
    assert page.evaluate("document.activeElement.parentElement.id") == "narrow"


def test_a_search_can_be_linked_and_the_way_back_leads_through_it(watched):
    page = looked_up(watched, "/access-log#kind=answer&outcome=answered")
    rows = shown(watched)
    count = total(page)
    assert all("answered" in text for text in rows.all_inner_texts())
    page.locator("#presets button", has_text="Last 7 days").click()
    shown(watched)
    assert total(page) == count > 0
    assert "since=" in page.url
    page.locator("#chips .chip", has_text="From").wait_for()
    page.go_back()
    shown(watched)
    assert page.url.endswith("#kind=answer&outcome=answered")
    rows.first.locator("a").first.click()
    page.locator("#entry h2").first.wait_for()
    assert "/entry#" in page.url


def test_no_condition_that_cannot_be_met_leaves_the_page_empty_without_a_word(watched):
    page = looked_up(watched, "/access-log#department=tax&purpose=AUDIT")

    assert shown(watched).count() == 0
    assert "Remove one" in page.locator("#empty").inner_text()
    page.locator("#clear").click()
    assert shown(watched).count() == 25
    page.locator("#next").click()
    watched.settle()
    assert "Entries 26 to 50" in page.locator("#said").inner_text()
    page.locator("#previous").click()
    watched.settle()
    assert "Entries 1 to 25" in page.locator("#said").inner_text()


def test_a_person_narrows_the_search_and_is_in_no_address(watched, number):
    page = looked_up(watched, "/access-log")
    page.locator("#subject").fill(number)
    page.get_by_role("button", name="Show").click()
    shown(watched)
    facet(page, "department").get_by_role("button", name="education").click()
    assert shown(watched).count() > 0
    assert page.locator("#chips").inner_text().count("number not shown") == 1
    sent = [json.loads(r.post_data) for r in watched.requests if r.url.endswith("/graphql")]
    assert {each["variables"]["subject"] for each in sent[-2:]} == {number}
    assert number not in page.url
    assert number not in page.locator("#main").inner_text()

    page.locator("#chips .chip", has_text="Person").click()
    shown(watched)
    assert page.locator("#subject").input_value() == ""
    page.get_by_text("By case, request or field").click()
    page.locator("#case-wanted").fill(number)
    asked = len(watched.requests)
    page.get_by_role("button", name="Show").click()
    assert "must not stand here" in page.locator("#errors").inner_text()
    assert len(watched.requests) == asked
    assert number not in page.url
    page.goto(f"{watched.origin}/access-log#case={number}&purpose=WARN")
    page.locator("#chips .chip", has_text="early warning").wait_for()
    shown(watched)
    assert page.url.endswith("/access-log#purpose=WARN")
    last = json.loads([r for r in watched.requests if r.url.endswith("/graphql")][-1].post_data)
    assert last["variables"].get("case") is None
    assert last["variables"]["purpose"] == "WARN"


def test_what_cannot_be_looked_for_is_said_and_nothing_is_shown(watched):
    page = looked_up(watched, "/access-log#kind=nonsense")

    assert "`kind` is no such name" in page.locator("#errors").inner_text()
    assert not page.locator("#found").is_visible()


def test_an_entry_tells_who_read_what_and_leads_to_the_same_reader(watched):
    page = looked_up(watched, WARNINGS)
    shown(watched).first.locator("a").first.click()
    page.locator("#verdict .verdict").wait_for()
    watched.settle()

    text = page.locator("#entry").inner_text()
    assert "civil-affairs-officer" in text
    assert "early warning WARN" in text
    assert "band" in page.locator("#entry table").first.inner_text()
    assert page.locator("#verdict [data-step=record]").get_attribute("class") == "step good"
    links = {each.inner_text(): each.get_attribute("href") for each in page.locator(".same").all()}
    assert links["search the same purpose"] == "/access-log#purpose=WARN"
    assert links["search the same system"] == "/access-log#client=civil-affairs-officer"
    check_for_everybody(watched)

    page.set_viewport_size(WIDE)
    page.locator(".same", has_text="the same department").click()
    rows = shown(watched)
    assert page.url.endswith("/access-log#department=civil-affairs")
    assert all("civil affairs" in text for text in rows.all_inner_texts())


def test_an_entry_that_is_shown_other_than_its_record_is_noticed(watched, context):
    def change(route):
        reply = route.fetch()
        text = reply.text()
        if '"accessEntry"' in text:
            text = text.replace('"role":"officer"', '"role":"analyst"')
        route.fulfill(response=reply, body=text)

    page = looked_up(watched, WARNINGS)
    shown(watched)
    context.route("**/graphql", change)
    page.locator("#list tbody a").first.click()
    page.locator("#entry [role=alert]").wait_for()

    assert "not what the record says: role" in page.locator("#entry [role=alert]").inner_text()


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
