"""Acts about a case, as they are asked for: checked as far as they can be without the store.

A case has a number that its department gave it, purposes, officers or roles that work on it, and
people or households that it is about. The number is opaque; nothing of a person is in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from hub.access import Purpose, is_opaque
from hub.casework.case_errors import InvalidCaseError
from hub.store.cases import OPENED, Act

OPEN: Final = "openCase"
ASSIGN: Final = "assignCase"
CLOSE: Final = "closeCase"
CASE_COMMANDS: Final = frozenset({OPEN, ASSIGN, CLOSE})
"""Commands about a case: each looks itself whether its caller may work on it."""
_MOST: Final = 200
"""Officers, roles or subjects that one act names."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What an act says; what it leaves out is empty."""

    act: str
    number: str
    day: date
    purposes: tuple[str, ...] = ()
    officers: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    people: tuple[UUID, ...] = field(default=(), repr=False)
    households: tuple[UUID, ...] = field(default=(), repr=False)

    def says(self, act: Act) -> bool:
        """Whether `act` says the same."""
        mine = (self.act, self.day, self.purposes, self.officers, self.roles)
        theirs = (act.act, act.day, act.purposes, act.officers, act.roles)
        subjects = (self.people, self.households) == (act.people, act.households)
        return mine == theirs and subjects


def stated(act: str, number: str, day: date, today: date, **said: Iterable[object]) -> Stated:
    """Return an act, well-formed; lists are ordered, so that equal acts are equal.

    Raises:
        InvalidCaseError: The number or an officer is not opaque, the purpose is none, nobody works
            on it, the day is still to come, or an id has not the form of one.
    """
    if not is_opaque(number):
        raise InvalidCaseError(
            "A case number is an opaque id: 1 to 64 letters, digits and . _ : / -, and no citizen "
            "or phone number."
        )
    if day > today:
        raise InvalidCaseError("The day is still to come.")
    purposes, officers, roles = (_listed(said, n) for n in ("purposes", "officers", "roles"))
    if not {str(p) for p in Purpose}.issuperset(purposes):
        raise InvalidCaseError(f"A purpose is one of {', '.join(Purpose)}.")
    if not all(map(is_opaque, (*officers, *roles))):
        raise InvalidCaseError("An officer is an opaque id, as Hub-Actor has it.")
    if act == OPENED and not purposes:
        raise InvalidCaseError("A case is for one purpose or more.")
    return Stated(
        act, number, day, purposes, officers, roles, _ids(said, "people"), _ids(said, "households")
    )


def _listed(said: dict[str, Iterable[object]], name: str) -> tuple[str, ...]:
    found = tuple(sorted({str(one) for one in said.get(name, ())}))
    if len(found) > _MOST:
        raise InvalidCaseError(f"At most {_MOST} {name} are named at a time.")
    return found


def _ids(said: dict[str, Iterable[object]], name: str) -> tuple[UUID, ...]:
    try:
        return tuple(sorted(UUID(one) for one in _listed(said, name)))
    except ValueError:
        raise InvalidCaseError("An id of the graph is needed, as Person.id has it.") from None
