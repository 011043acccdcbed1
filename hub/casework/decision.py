"""A recognition as it is asked for: checked as far as it can be without the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from hub.casework.errors import (
    InvalidDecisionError,
    ReversedDatesError,
    UnknownCategoryError,
    UnknownHouseholdError,
)
from schema.codes import ASSISTANCE_CATEGORY

_LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """Civil affairs' decision about a household, well-formed."""

    household_id: UUID
    category: str
    start_date: date
    end_date: date | None
    decision_number: str = field(repr=False)
    decided_on: date

    @property
    def values(self) -> dict[str, object]:
        """What it says, as a `recognition` record has it."""
        return {
            "category": self.category,
            "start_date": self.start_date,
            "end_date": self.end_date,
            "decision_number": self.decision_number,
            "decided_on": self.decided_on,
        }


def decision_from(arguments: Mapping[str, object], today: date) -> Decision:
    """Return the decision that a `RecognitionInput`, named as in GraphQL, states.

    Raises:
        UnknownHouseholdError: The household's id has not the form of one.
        UnknownCategoryError: The category is not in the code list.
        ReversedDatesError: The end is not after the start, or the decision is still to come.
        InvalidDecisionError: The decision's number is empty, too long or not printable.
    """
    category = str(arguments.get("category") or "")
    if category not in ASSISTANCE_CATEGORY:
        raise UnknownCategoryError("The category is not in the list assistance_category.")
    number = str(arguments.get("decisionNumber") or "").strip()
    if not number or len(number) > _LONGEST or not number.isprintable():
        raise InvalidDecisionError(f"A decision number has 1 to {_LONGEST} printable characters.")
    start = _day(arguments, "startDate")
    end = None if arguments.get("endDate") is None else _day(arguments, "endDate")
    decided = _day(arguments, "decidedOn")
    if end is not None and end <= start:
        raise ReversedDatesError("endDate must be later than startDate.")
    if decided > today:
        raise ReversedDatesError("decidedOn is still to come.")
    return Decision(_household(arguments), category, start, end, number, decided)


def _household(arguments: Mapping[str, object]) -> UUID:
    try:
        return UUID(str(arguments.get("householdId")))
    except ValueError:
        raise UnknownHouseholdError("There is no such household.") from None


def _day(arguments: Mapping[str, object], name: str) -> date:
    value = arguments.get(name)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ReversedDatesError(f"{name} is no calendar day.") from None
