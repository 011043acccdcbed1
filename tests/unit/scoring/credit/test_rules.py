"""The rules are data: dated, with a reference each, and refused when they contradict themselves."""

from datetime import date
from importlib import resources

import pytest

from scoring.credit import CreditRulesError, clock, load_rules, packaged_rules
from scoring.credit.clocks import working_days_between
from scoring.parameters.working_days import packaged_calendar

ON = date(2026, 11, 23)
TEXT = (resources.files("scoring.parameters") / "credit_2026_07.toml").read_text("utf-8")
RULES = load_rules(TEXT)


def test_nine_categories_of_papers_are_exempted_each_marked_as_an_assumption():
    assert len(RULES.exempted) == 9
    assert {papers.reference for papers in RULES.exempted} == {"[D]"}


@pytest.mark.parametrize(
    ("region", "on", "days"),
    [
        ("420203", date(2021, 4, 21), 15),
        ("420203", date(2023, 1, 31), 15),
        ("420203", date(2023, 2, 1), 10),
        ("420106", date(2023, 2, 1), 10),
        ("330100", date(2026, 7, 1), 10),
    ],
)
def test_the_clock_of_a_region_and_day_is_the_nearest_rule(region, on, days):
    assert RULES.clocks_of(region, on).total_working_days == days


def test_where_no_rule_is_in_force_there_is_no_clock():
    with pytest.raises(CreditRulesError, match="no clocks"):
        RULES.clocks_of("330100", date(2026, 6, 30))


def test_ten_working_days_skip_weekends_and_holidays():
    calendar, rules = packaged_calendar(), RULES.clocks_of("420106", ON)

    due = clock(rules, ON, calendar)

    assert (due.verification_due, due.confirmation_due) == (date(2026, 11, 30), date(2026, 12, 7))
    assert not due.is_late(date(2026, 12, 7))
    assert due.is_late(date(2026, 12, 8))
    assert working_days_between(ON, due.confirmation_due, calendar) == 10
    assert working_days_between(ON, ON, calendar) == 0


def test_the_rules_in_force_on_a_day_are_found_by_their_date():
    assert packaged_rules(ON).code == "credit-2026-07"
    with pytest.raises(CreditRulesError, match="no rules"):
        packaged_rules(date(2026, 6, 30))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('code = "income"\n', 'code = "vehicles"\n', "two exempted categories"),
        ("verification_working_days = 5", "verification_working_days = 11", "longer than the"),
        ('prefix = "4201"', 'prefix = ""', "two deposit limits"),
        ('prefix = "42"\n', 'prefix = "4202"\n', "two clocks"),
        ('notice_versions = ["2026-07"]', "notice_versions = []", "no version"),
        ("undeclared = 0", "undeclared = -1", "Expected `int`"),
        ("adult = 18", "adult = 18\nadlut = 18", "unknown field"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(old, new, why):
    assert old in TEXT

    with pytest.raises(CreditRulesError, match=why):
        load_rules(TEXT.replace(old, new))


def test_a_nearer_rule_applies_though_a_wider_one_is_newer():
    older = 'prefix = "42"\nvalid_from = 2023-02-01'
    newer = TEXT.replace(older, older.replace("2023", "2024"))
    rules = load_rules(newer.replace("valid_from = 2023-02-01", "valid_from = 2022-02-01"))

    assert rules.clocks_of("420203", date(2022, 1, 1)).total_working_days == 15
    assert rules.clocks_of("420203", date(2024, 3, 1)).prefix == "4202"
