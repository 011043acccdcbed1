"""When a sharing request must be answered and delivered, and a purge certified: working days.

Source: Government Data Sharing Regulations (State Council decree 809), arts. 20-22, 27, 28; the
numbers are data (`clocks.toml`), the calendar is the yearly notice on public holidays.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from hub.casework.sharing.life import Stage
from schema.catalogue import Sharing
from scoring.parameters.working_days import WorkingCalendar, packaged_calendar


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Working days for each step."""

    reference: str
    start: date = msgspec.field(name="from")
    answer_unconditional: int
    answer_conditional: int
    extension: int
    delivery: int
    purge_certificate: int
    dispute_talk: int
    dispute_authority: int
    dispute_government: int


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the day on which a step is due."""

    limits: Limits
    calendar: WorkingCalendar

    def answer_due(self, complete_on: date, sharing: Sharing, *, extended: bool) -> date:
        """Return when a complete request must be answered."""
        limits = self.limits
        days = (
            limits.answer_unconditional
            if sharing is Sharing.UNCONDITIONAL
            else limits.answer_conditional
        )
        return self.calendar.after(complete_on, days + limits.extension * extended)

    def delivery_due(self, approved_on: date) -> date:
        """Return when what was approved must be delivered."""
        return self.calendar.after(approved_on, self.limits.delivery)

    def purge_due(self, asked_on: date) -> date:
        """Return when it must be certified that what was shared is disposed of."""
        return self.calendar.after(asked_on, self.limits.purge_certificate)

    def dispute_due(self, since: date, stage: Stage) -> date:
        """Return when a dispute should be over where it is since that day."""
        limits = self.limits
        days = {
            Stage.TALK: limits.dispute_talk,
            Stage.AUTHORITY: limits.dispute_authority,
            Stage.GOVERNMENT: limits.dispute_government,
        }
        return self.calendar.after(since, days[stage])


@cache
def packaged_clock() -> Clock:
    """Return the clock of this version of the hub."""
    text = (resources.files(__package__) / "clocks.toml").read_text("utf-8")
    return Clock(msgspec.convert(tomllib.loads(text), Limits), packaged_calendar())
