"""A decision that contradicts itself is refused before anything is read."""

from datetime import date
from uuid import UUID

import pytest

from hub.casework.decision import decision_from
from hub.casework.errors import (
    InvalidDecisionError,
    ReversedDatesError,
    UnknownCategoryError,
    UnknownHouseholdError,
)

TODAY = date(2026, 11, 23)
GOOD = {
    "householdId": "6a3cfa54-6ab0-4f3f-9d4f-0f6a0a7c9b11",
    "category": "DB",
    "startDate": "2026-12-01",
    "endDate": None,
    "decisionNumber": " 示民救〔2026〕1号 ",
    "decidedOn": date(2026, 11, 20),
}


def test_a_decision_is_read_as_graphql_names_it():
    decision = decision_from(GOOD, TODAY)

    assert decision.household_id == UUID(GOOD["householdId"])
    assert decision.start_date == date(2026, 12, 1)
    assert decision.end_date is None
    assert decision.decision_number == "示民救〔2026〕1号"
    assert "2026〕1" not in repr(decision)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("householdId", "1", UnknownHouseholdError),
        ("householdId", None, UnknownHouseholdError),
        ("category", "XX", UnknownCategoryError),
        ("category", None, UnknownCategoryError),
        ("endDate", "2026-12-01", ReversedDatesError),
        ("endDate", "2026-11-01", ReversedDatesError),
        ("startDate", "2026-02-30", ReversedDatesError),
        ("decidedOn", "2026-11-24", ReversedDatesError),
        ("decisionNumber", "  ", InvalidDecisionError),
        ("decisionNumber", "x" * 101, InvalidDecisionError),
        ("decisionNumber", "a\nb", InvalidDecisionError),
    ],
)
def test_each_fault_has_its_own_refusal(name, value, error):
    with pytest.raises(error):
        decision_from({**GOOD, name: value}, TODAY)
