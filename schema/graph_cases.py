"""The mutations of the register of cases: what is put in, and what comes back.

A case is named by the number that its department gave it, people and households by opaque ids.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import strawberry

_NUMBER: Final = "The case's number, as the department gave it; where the purpose demands a case, "


@strawberry.input(description="A case that is opened, for the purpose of the request.")
class CaseOpeningInput:
    """Who works on it is named, or is whoever acts."""

    number: str = strawberry.field(description=f"{_NUMBER}the one that Hub-Case names.")
    officers: list[str] = strawberry.field(
        default_factory=list,
        description="Who works on it, as Hub-Actor has them; neither officers nor roles: who acts.",
    )
    roles: list[str] = strawberry.field(
        default_factory=list, description="Or everybody in these roles."
    )
    person_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Person.id of whom it is about."
    )
    household_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Household.id of whom it is about."
    )


@strawberry.input(description="A case that is given to others; who had it works on it no more.")
class CaseAssignmentInput:
    """Officers, roles or both; whom it is about can be added to."""

    number: str = strawberry.field(description=f"{_NUMBER}the one that Hub-Case names.")
    officers: list[str] = strawberry.field(
        default_factory=list, description="Who works on it from now on, as Hub-Actor has them."
    )
    roles: list[str] = strawberry.field(
        default_factory=list, description="Or everybody in these roles."
    )
    person_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Person.id of those it is about as well."
    )
    household_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Household.id of those it is about as well."
    )


@strawberry.input(description="A case that is closed: nothing is answered in it any more.")
class CaseClosingInput:
    """From today on, at once."""

    number: str = strawberry.field(description=f"{_NUMBER}the one that Hub-Case names.")


@strawberry.type(description="A case as it stands; the same if the command is sent again.")
class CaseReceipt:
    """The outcome of every mutation of the register."""

    number: str = strawberry.field(description="The case's number.")
    purposes: list[str] = strawberry.field(description="What it is for.")
    officers: list[str] = strawberry.field(description="Who works on it.")
    roles: list[str] = strawberry.field(description="The roles that work on it.")
    opened_on: date = strawberry.field(description="The first day on which it is open.")
    closed_on: date | None = strawberry.field(description="The day from which it is closed.")
    subjects: int = strawberry.field(description="How many people and households it is about.")


MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "open_case": (CaseOpeningInput, CaseReceipt, "Open a case of the own department."),
    "assign_case": (CaseAssignmentInput, CaseReceipt, "Give a case of the own caseload to others."),
    "close_case": (CaseClosingInput, CaseReceipt, "Close a case of the own caseload."),
}
"""Each with its input, its outcome and what it does."""
