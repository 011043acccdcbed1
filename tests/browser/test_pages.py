"""Each page, in a real browser, from a real hub: by mouse, by keyboard, in both languages."""

import csv
import json
from contextlib import closing

import pytest

from hub.demo.client import Department
from hub.demo.installation import ANALYST, AUDITOR, INSURER, OFFICER, key_file
from hub.http.console.files import PAGES
from tests.support.browser import Watched

pytestmark = [pytest.mark.extra, pytest.mark.timeout(300)]
RANK = {"red": 0, "orange": 1, "yellow": 2}
UNLABELLED = """() => [...document.querySelectorAll("input, select, textarea")]
  .filter(each => !each.labels?.length && !each.ariaLabel).map(each => each.outerHTML)"""
NAMELESS = """() => [...document.querySelectorAll("button, a, summary")]
  .filter(each => !each.innerText.trim() && !each.ariaLabel && each.checkVisibility())
  .map(each => each.outerHTML)"""
CHOSEN = """() => {
  const {value, selectionStart, selectionEnd} = document.activeElement;
  return value.slice(selectionStart, selectionEnd);
}"""
MARKUP = """() => {
  try { document.body.innerHTML = "<b>x</b>"; return "set"; } catch (error) { return error.name; }
}"""


@pytest.mark.parametrize("page", PAGES, ids=lambda each: each.name)
def test_a_page_loads_from_this_origin_alone_and_has_one_heading(watched, page):
    opened = watched.open(page.path)

    assert opened.locator("h1").count() == 1
    assert opened.get_by_role("navigation").locator("[aria-current=page]").count() == 1
    assert opened.evaluate(UNLABELLED) == []
    assert opened.evaluate(NAMELESS) == []
    assert len(watched.requests) > 4


def test_the_overview_names_every_department_and_tells_counts_to_who_signed_in(watched):
    page = watched.open("/")
    assert "Sign in to see how much" in page.locator("#holdings").inner_text()
    declared = page.request.get(f"{watched.origin}/console/catalogue.json").json()["datasets"]
    assert page.locator("#departments tbody tr").count() == len({d["department"] for d in declared})

    watched.sign_in(ANALYST.id, "WARN")

    told = page.locator("#holdings").inner_text()
    assert "People" in told
    assert "fewer than 10" in page.locator("#main").inner_text()


@pytest.fixture
def warned(hub, home):
    """Band and score of each open warning, in the order of urgency."""
    with closing(Department.signed_by(hub, OFFICER.id, key_file(home, OFFICER))) as officer:
        document = "{ warnings(first: 200) { edges { node { band total } } } }"
        edges = officer.ask(document, {}, purpose="WARN")["data"]["warnings"]["edges"]
    found = [(edge["node"]["band"], edge["node"]["total"]) for edge in edges]
    return sorted(found, key=lambda each: (RANK[each[0]], -each[1]))


def rows(watched):
    """Return band and score of each row that is shown."""
    return [
        (
            row.locator(".band span[lang=en]").inner_text(),
            int(row.locator("td").nth(1).inner_text().split()[0]),
        )
        for row in watched.page.locator("#list tbody tr").all()
    ]


def test_the_worklist_shows_red_before_orange_before_yellow_with_a_receipt(watched, warned):
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "WARN")

    assert rows(watched) == warned[:20]
    assert "entry" in page.locator("#receipt").inner_text()


def test_the_worklist_goes_on_to_the_last_warned_family_and_back(watched, warned):
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "WARN")
    seen, pages = rows(watched), 1
    while page.locator("#next").is_enabled():
        page.locator("#next").click()
        watched.settle()
        seen, pages = seen + rows(watched), pages + 1

    for _ in range(pages - 1):
        page.locator("#previous").click()
        watched.settle()

    assert seen == warned
    assert pages > len(warned) // 20 > 1
    assert rows(watched) == warned[:20]
    assert page.locator("#previous").is_disabled()


def test_only_the_bands_that_are_chosen_are_shown(watched, warned):
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "WARN")
    page.get_by_label("red").uncheck()
    page.get_by_label("yellow").uncheck()
    page.get_by_role("button", name="Show").click()
    watched.settle()

    assert rows(watched) == [each for each in warned if each[0] == "orange"][:20]


def test_a_family_opens_by_keyboard_with_what_the_role_may_see_and_no_citizen_number(watched):
    page = watched.open("/worklist")
    watched.tab_to("#sign-in select")
    watched.tab_to("#sign-in button")
    page.keyboard.press("Enter")
    page.locator("#list tbody tr").first.wait_for()
    watched.settle()
    watched.tab_to("#list tbody button")
    page.keyboard.press("Enter")
    page.locator("#family h3").first.wait_for()
    watched.settle()

    family = page.locator("#family")
    text = family.inner_text()
    assert page.evaluate("document.activeElement.id") == "family"
    assert "population register" in text
    assert "Receipt" in text
    assert "citizen number" not in text
    assert page.evaluate(UNLABELLED) == []
    asked = [json.loads(r.post_data) for r in watched.requests if r.url.endswith("/graphql")]
    document = next(each["query"] for each in asked if "query Family" in each["query"])
    assert "nationalId" not in document
    assert "certificateNumber" not in document  # it is not granted to the officer
    assert page.locator("#family .errors").count() == 0
    watched.tab_to("#family button")
    page.keyboard.press("Enter")
    assert not family.is_visible()
    assert page.evaluate("document.activeElement.textContent").endswith("Open")


def test_an_analyst_opens_the_same_family_without_names(watched):
    page = watched.open("/worklist")
    watched.sign_in(ANALYST.id, "WARN")
    page.locator("#list tbody button").first.click()
    page.locator("#family .receipt").wait_for()

    text = page.locator("#family").inner_text()

    assert "birth year" in text
    assert "name" not in text
    assert "telephone" not in text


def test_who_may_not_see_warnings_is_told_so_on_the_worklist(watched):
    page = watched.open("/worklist")
    watched.sign_in(INSURER.id, "PUSH")

    assert "This was refused" in page.locator("#errors").inner_text()
    assert not page.locator("#list").is_visible()


def test_the_explorer_answers_an_example_by_keyboard_and_shows_the_receipt(watched, number):
    page = watched.open("/explorer#example=one-person")
    watched.tab_to("#as-example")
    page.keyboard.press("Enter")
    page.locator("#sign-out").wait_for()
    page.locator("#variables").fill(json.dumps({"nationalId": number}))
    page.locator("#document").focus()
    page.keyboard.press("Control+Enter")
    page.locator("#said", has_text="Answered.").wait_for()

    assert '"coverage"' in page.locator("#answer").inner_text()
    assert "entry" in page.locator("#receipt").inner_text()
    sent = next(r for r in reversed(watched.requests) if r.url.endswith("/graphql"))
    assert sent.headers["hub-case"] == "DEMO-2026-0001"
    assert number in sent.post_data
    assert not [r.url for r in watched.requests if number in r.url]
    assert number not in page.url


def test_the_explorer_shows_each_denied_field_at_its_place(watched, number):
    page = watched.open("/explorer#example=two-departments")
    page.locator("#as-example").click()
    page.locator("#sign-out").wait_for()
    page.locator("#variables").fill(json.dumps({"nationalId": number}))
    page.locator("#run").click()
    page.locator("#said", has_text="Answered.").wait_for()

    denied = page.locator("#answer li.wrong", has_text="phone")
    assert "NOT_GRANTED Population.phone" in denied.inner_text()
    assert denied.inner_text().lstrip().startswith('"phone": null')
    assert "phone" in page.locator("#places li.wrong").first.inner_text()
    page.locator("#errors button").first.click()
    assert page.evaluate(CHOSEN) == "phone"


def test_a_request_that_is_refused_whole_says_so_in_the_explorer(watched):
    page = watched.open("/explorer")
    watched.sign_in(OFFICER.id, "CASE")
    page.locator("#document").fill("{ warnings(first: 1) { edges { node { band } } } }")
    page.locator("#run").click()
    page.locator("#said", has_text="Refused.").wait_for()

    assert "Name the case" in page.locator("#errors").inner_text()
    assert "On record" in page.locator("#receipt").inner_text()


def test_a_document_that_does_not_parse_is_shown_with_the_line(watched):
    page = watched.open("/explorer")
    watched.sign_in(OFFICER.id, "WARN")
    page.locator("#document").fill("{\n  warnings(first: 1) {\n    salary\n  }\n}")
    page.locator("#run").click()
    page.locator("#said", has_text="Refused.").wait_for()

    wrong = page.locator("#places li.wrong")
    assert wrong.count() == 1
    assert "salary" in wrong.inner_text()


def test_the_schema_is_that_of_introspection_and_marks_what_is_granted(watched):
    page = watched.open("/explorer")
    watched.sign_in(ANALYST.id, "WARN")
    page.locator("#words").fill("birthYear")

    shown = page.locator("#schema details")
    assert shown.locator("summary strong").all_inner_texts() == ["Population"]
    shown.locator("summary").click()
    year = shown.locator("li", has_text="birthYear")
    assert "granted" in year.inner_text()
    assert "granted" not in shown.locator("li", has_text="telephone").inner_text()


def test_a_link_carries_the_document_and_never_a_number(watched, number):
    page = watched.open("/explorer")
    page.locator("#document").fill("{ __typename }")
    page.locator("#variables").fill(json.dumps({"nationalId": number}))
    page.locator("#share").click()
    address = page.locator("#address").input_value()
    page.locator("#document").fill(f'{{ person(nationalId: "{number}") {{ id }} }}')
    page.locator("#share").click()

    assert "A number stands in the document" in page.locator("#said").inner_text()
    assert number not in page.url
    assert number not in address
    page.goto("about:blank")
    page.goto(address)
    watched.settle()
    assert page.locator("#document").input_value() == "{ __typename }"
    watched.requests = [each for each in watched.requests if each.url != "about:blank"]


def test_a_look_at_the_access_log_is_itself_in_the_log(watched):
    page = watched.open("/access-log")
    watched.sign_in(AUDITOR.id, "AUDIT")
    said = page.locator("#said span[lang=en]").inner_text()
    index = said.rstrip(".").rpartition(" ")[2]
    page.locator("#department").fill("audit-office")
    page.get_by_role("button", name="Show").click()
    page.locator("#said", has_text="This look").wait_for()
    watched.settle()

    rows = page.locator("#list tbody tr")
    own = rows.filter(has=page.locator("td:first-child", has_text=index))
    assert own.count() == 1
    assert "AUDIT" in own.inner_text()
    assert "audit office" in own.inner_text()
    assert all("audit office" in row.inner_text() for row in rows.all())


def test_a_person_is_looked_up_in_the_log_by_a_number_in_the_body_alone(watched, number):
    page = watched.open("/access-log")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#subject").fill(number)
    page.locator("#subject").press("Enter")
    page.locator("#said", has_text="This look").wait_for()
    watched.settle()

    assert page.locator("#list tbody tr").count() > 0
    assert not [r.url for r in watched.requests if number in r.url]
    last = [r for r in watched.requests if r.url.endswith("/graphql")][-1]
    assert json.loads(last.post_data)["variables"]["subject"] == number
    assert number not in json.dumps(page.evaluate("({...sessionStorage, ...localStorage})"))


def test_the_log_is_looked_up_by_time(watched):
    page = watched.open("/access-log")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#since").fill("2099-01-01T00:00")
    page.get_by_role("button", name="Show").click()
    watched.settle()
    assert "0 entries" in page.locator("#said").inner_text()

    page.locator("#until").fill("2099-01-02T00:00")
    page.locator("#since").fill("2020-01-01T00:00")
    page.get_by_role("button", name="Show").click()
    watched.settle()
    assert page.locator("#list tbody tr").count() > 0


def test_who_is_no_auditor_is_refused_the_log(watched):
    page = watched.open("/access-log")
    watched.sign_in(OFFICER.id, "WARN")

    assert "NOT_GRANTED" in page.locator("#errors").inner_text()
    assert not page.locator("#list").is_visible()


def test_the_rules_of_access_are_shown_asked_about_and_saved(watched):
    page = watched.open("/access")
    watched.sign_in(AUDITOR.id, "AUDIT")
    watched.settle()
    page.locator("#department").fill("medical-insurance")
    page.locator("#purpose").select_option("PUSH")
    page.get_by_role("button", name="Show").click()
    page.locator("#said", has_text="Rules:").wait_for()
    watched.settle()
    rules = page.locator("#rules tbody tr")
    assert rules.count() > 3
    assert "PS-MI-2026-01" in page.locator("#rules").inner_text()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    with saved.value.path().open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == rules.count()
    assert {row["purpose"] for row in written} == {"PUSH"}

    page.locator("#field").fill("Population.phone")
    page.get_by_role("button", name="Show").click()
    page.locator("#rules", has_text="an agreement of public-security").wait_for()
    watched.settle()
    assert rules.count() == 1


def test_sharing_agreements_are_listed_with_state_and_steps_and_chosen(watched):
    page = watched.open("/agreements")
    watched.sign_in(AUDITOR.id, "AUDIT")
    page.locator("#said", has_text="Agreements:").wait_for()
    watched.settle()
    rows = page.locator("#agreements tbody tr")
    every = rows.count()
    assert "PS-MI-2026-01" in page.locator("#agreements").inner_text()
    page.locator("#source").fill("public-security")
    page.locator("#department").fill("medical-insurance")
    page.get_by_role("button", name="Show").click()
    page.locator("#said", has_text="Agreements: 1, overdue: 0").wait_for()
    watched.settle()
    assert rows.count() == 1 < every
    assert "in force" in rows.inner_text()

    page.locator("#overdue").check()
    page.get_by_role("button", name="Show").click()
    page.locator("#said", has_text="Agreements: 0, overdue: 0").wait_for()
    watched.settle()
    assert rows.count() == 0


def test_the_catalogue_has_every_dataset_and_finds_by_item(watched):
    page = watched.open("/catalogue#population")
    declared = page.request.get(f"{watched.origin}/console/catalogue.json").json()["datasets"]

    assert page.locator("#datasets section").count() == len(declared)
    assert page.locator("#population details").get_attribute("open") is not None
    page.locator("#words").fill("certificateNumber")
    found = page.locator("#datasets section")
    assert "certificateNumber" not in str(declared[0])
    expected = [d["name"] for d in declared if "certificateNumber" in str(d["fields"])]
    assert [each.get_attribute("id") for each in found.all()] == expected


def test_the_language_changes_over_and_stays_for_the_tab(watched):
    page = watched.open("/")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="中文").click()
    watched.open("/worklist")

    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.locator("h1").inner_text() == "预警工作清单"


def test_the_token_is_in_this_tab_alone_and_gone_after_signing_out(watched, context):
    page = watched.open("/explorer")
    watched.sign_in(OFFICER.id, "WARN")
    token = json.loads(page.evaluate("sessionStorage.getItem('hub.session')"))["token"]
    other = Watched(context.new_page(), watched.origin)
    other.open("/explorer")

    assert other.page.locator("#sign-in").count() == 1
    assert context.cookies() == []
    assert token not in json.dumps(page.evaluate("({...localStorage})"))
    assert not [r.url for r in watched.requests if token in r.url]
    page.locator("#sign-out").click()
    page.locator("#sign-in").wait_for()
    assert page.evaluate("sessionStorage.getItem('hub.session')") is None


def test_after_its_ten_minutes_a_session_ends_and_what_it_showed_is_gone(watched):
    watched.page.clock.install()
    page = watched.open("/worklist")
    watched.sign_in(OFFICER.id, "WARN")
    assert page.locator("#list tbody tr").count() > 0

    page.clock.fast_forward("10:02")
    page.locator("#sign-in").wait_for()

    assert page.locator("#list tbody tr").count() == 0
    assert not page.locator("#family").is_visible()


def test_a_script_cannot_turn_text_into_markup(context, hub):
    page = context.new_page()
    page.goto(hub)

    outcome = page.evaluate(MARKUP)

    assert outcome == "TypeError"
