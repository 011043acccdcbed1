"""What is stated in a mutation, read into values: lengths, ranges and ids are checked here."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final
from uuid import UUID

from hub.casework.credit.errors import InvalidStatementError

_LONGEST_NUMBER: Final = 100
_MOST_PEOPLE: Final = 50
_MOST_CENTS: Final = 10**14

Stated = Mapping[str, object]
"""An input as GraphQL coerced it, named as there."""


def stated_in(arguments: Mapping[str, object]) -> Stated:
    """Return the input of a mutation."""
    stated = arguments["input"]
    assert isinstance(stated, Mapping)  # noqa: S101 - the schema says so
    return stated


def line(stated: Stated, name: str, longest: int = _LONGEST_NUMBER) -> str:
    """Return a text of one line.

    Raises:
        InvalidStatementError: It is empty, too long or not printable.
    """
    text = str(stated.get(name) or "").strip()
    if not text or len(text) > longest or not text.isprintable():
        raise InvalidStatementError(f"{name} has 1 to {longest} printable characters.")
    return text


def prose(stated: Stated, name: str, longest: int) -> str | None:
    """Return a longer text, or None where there is none.

    Raises:
        InvalidStatementError: It is too long.
    """
    text = str(stated.get(name) or "").strip()
    if len(text) > longest:
        raise InvalidStatementError(f"{name} has at most {longest} characters.")
    return text or None


def past_day(stated: Stated, name: str, today: date) -> date:
    """Return a day that has come.

    Raises:
        InvalidStatementError: It is still to come.
    """
    day = a_day(stated, name)
    if day > today:
        raise InvalidStatementError(f"{name} is still to come.")
    return day


def a_day(stated: Stated, name: str) -> date:
    """Return a day.

    Raises:
        InvalidStatementError: It is none.
    """
    value = stated.get(name)
    if not isinstance(value, date):
        raise InvalidStatementError(f"{name} is no calendar day.")
    return value


def count(stated: Stated, name: str, most: int = 1_000) -> int:
    """Return a number of things.

    Raises:
        InvalidStatementError: It is negative, or larger than anybody's.
    """
    value = stated.get(name)
    if not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidStatementError(f"{name} is 0 to {most}.")
    return value


def cents(stated: Stated, name: str) -> int:
    """Return an amount in cents.

    Raises:
        InvalidStatementError: It is negative, or larger than anybody's.
    """
    return count(stated, name, _MOST_CENTS)


def people(stated: Stated, name: str) -> tuple[str, ...]:
    """Return opaque ids of people, each once, in the canonical form.

    Raises:
        InvalidStatementError: One has not the form of an id, or there are too many.
    """
    value = stated.get(name)
    listed = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else []
    if len(listed) > _MOST_PEOPLE:
        raise InvalidStatementError(f"{name} names at most {_MOST_PEOPLE} people.")
    return tuple(dict.fromkeys(one_id(each, name) for each in listed))


def one_id(value: object, name: str) -> str:
    """Return an opaque id in the canonical form.

    Raises:
        InvalidStatementError: It has not the form of one.
    """
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise InvalidStatementError(f"{name} holds what is no id.") from None
