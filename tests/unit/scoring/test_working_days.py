from datetime import date
from importlib import resources

import pytest

from scoring.parameters.working_days import CalendarError, load_calendar, packaged_calendar

TEXT = (resources.files("scoring.parameters") / "working_days_2026.toml").read_text("utf-8")


def test_weekends_are_off_and_a_friday_is_followed_by_monday():
    calendar = load_calendar()

    assert calendar.after(date(2026, 11, 27), 1) == date(2026, 11, 30)
    assert calendar.after(date(2026, 11, 28), 1) == date(2026, 11, 30)
    assert calendar.after(date(2026, 11, 23), 10) == date(2026, 12, 7)
    assert calendar.after(date(2026, 11, 28), 0) == date(2026, 11, 28)


def test_a_holiday_is_off_and_a_day_worked_in_its_place_counts():
    calendar = packaged_calendar()

    assert calendar.after(date(2026, 9, 30), 2) == date(2026, 10, 9)
    assert calendar.after(date(2026, 10, 9), 1) == date(2026, 10, 10)
    assert calendar.after(date(2026, 10, 9), 2) == date(2026, 10, 12)
    assert calendar.after(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert calendar.after(date(2026, 2, 14), 1) == date(2026, 2, 24)


def test_a_year_without_a_table_has_plain_weeks():
    assert packaged_calendar().after(date(2026, 12, 31), 1) == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("last = 2026-10-07", "last = 2026-09-30", "ends before"),
        ("last = 2026-01-03", "last = 2027-01-03", "another year"),
        ("2026-10-10,", "2026-10-12,", "wrong day"),
        ("2026-10-10,", "2026-10-03,", "wrong day"),
        ("year = 2026", "jahr = 2026", "jahr"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(old, new, words):
    with pytest.raises(CalendarError, match=words):
        load_calendar(TEXT.replace(old, new))
