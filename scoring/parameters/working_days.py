"""Working days: weekends, less the days moved by the yearly notice on public holidays.

A year without a table falls back to Monday to Friday.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from typing import Final

import msgspec

from scoring.parameters.document import Part, Text

_SATURDAY: Final = 5


class CalendarError(Exception):
    """A table of working days cannot be used; the message says why."""


class Holiday(Part, frozen=True):
    """A public holiday's days off, both ends inclusive."""

    name_zh: Text
    name_en: Text
    first: date
    last: date


class WorkingDaysTable(Part, frozen=True):
    """One year's notice: days off, and days worked in their place.

    `verified` tells whether somebody compared it with the official text.
    """

    year: int
    reference: Text
    verified: bool
    holidays: tuple[Holiday, ...]
    worked_weekend_days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days are worked."""

    days_off: frozenset[date]
    worked: frozenset[date]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`."""
        if day in self.days_off:
            return False
        return day in self.worked or day.weekday() < _SATURDAY

    def after(self, day: date, working_days: int) -> date:
        """Return the working day that is `working_days` after `day`, which is day 0."""
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working_day(day)
        return day


def load_calendar(*texts: str) -> WorkingCalendar:
    """Return the calendar that the tables (TOML) make together.

    Raises:
        CalendarError: A table has another form, a holiday ends before it begins, a day
            lies outside the table's year, or a worked day is no weekend day.
    """
    off: set[date] = set()
    worked: set[date] = set()
    for text in texts:
        try:
            table = msgspec.toml.decode(text, type=WorkingDaysTable)
        except msgspec.MsgspecError as error:
            raise CalendarError(str(error)) from error
        for holiday in table.holidays:
            if not holiday.first <= holiday.last:
                raise CalendarError(f"{holiday.name_en} {table.year} ends before it begins")
            length = (holiday.last - holiday.first).days + 1
            off.update(holiday.first + timedelta(days=n) for n in range(length))
        worked.update(table.worked_weekend_days)
        _check(table, off, worked)
    return WorkingCalendar(frozenset(off), frozenset(worked))


def _check(table: WorkingDaysTable, off: set[date], worked: set[date]) -> None:
    own = {day for h in table.holidays for day in (h.first, h.last)} | {*table.worked_weekend_days}
    if any(day.year != table.year for day in own):
        raise CalendarError(f"the table of {table.year} names a day of another year")
    if off & worked or any(day.weekday() < _SATURDAY for day in table.worked_weekend_days):
        raise CalendarError(f"the table of {table.year} lets people work on a wrong day")


def packaged_calendar() -> WorkingCalendar:
    """Return the calendar of all shipped tables."""
    folder = resources.files("scoring.parameters")
    return load_calendar(
        *(
            entry.read_text("utf-8")
            for entry in folder.iterdir()
            if entry.name.startswith("working_days_") and entry.name.endswith(".toml")
        )
    )
