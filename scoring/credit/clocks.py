"""How long a commitment has taken, in working days, and when its steps are due."""

from dataclasses import dataclass
from datetime import date, timedelta

from scoring.credit.rules import Clocks
from scoring.parameters.working_days import WorkingCalendar


@dataclass(frozen=True, slots=True)
class Clock:
    """The days of one commitment. Late is the authority's fault: it never costs the applicant."""

    verification_due: date
    confirmation_due: date

    def is_late(self, confirmed_on: date) -> bool:
        """Whether a confirmation on that day is later than it should be."""
        return confirmed_on > self.confirmation_due


def clock(rules: Clocks, committed_on: date, calendar: WorkingCalendar) -> Clock:
    """Return when the steps of a commitment are due; the day it was made is day 0."""
    return Clock(
        calendar.after(committed_on, rules.verification_working_days),
        calendar.after(committed_on, rules.total_working_days),
    )


def working_days_between(first: date, last: date, calendar: WorkingCalendar) -> int:
    """Return how many working days lie after `first`, up to and with `last`."""
    days = (last - first).days
    return sum(calendar.is_working_day(first + timedelta(days=n)) for n in range(1, days + 1))
