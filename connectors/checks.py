"""What must hold among the values of one record, and against the day.

A check sees the values that could be converted; a value that is absent has been reported
already or is unknown, so no check complains about it a second time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.convert import Value
from connectors.protocol import ReasonCode


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason against a record: what, in which field of ours, and what was expected."""

    code: ReasonCode
    field: str
    detail: str


Check = Callable[[Mapping[str, Value], date], Iterator[Reason]]


def not_in_future(*fields: str) -> Check:
    """Return a check that no day of `fields` is later than today."""

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        for name in fields:
            day = values.get(name)
            if isinstance(day, date) and day > today:
                yield Reason(ReasonCode.DATE_IN_FUTURE, name, "the day is still to come")

    return check


def in_order(*fields: str) -> Check:
    """Return a check that the days of `fields`, where known, do not run backwards."""

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        del today
        before: tuple[str, date] | None = None
        for name in fields:
            day = values.get(name)
            if not isinstance(day, date):
                continue
            if before is not None and day < before[1]:
                yield Reason(ReasonCode.ORDER, name, f"the day is earlier than {before[0]}")
            before = (name, day)

    return check


def not_negative(*fields: str) -> Check:
    """Return a check that no amount of `fields` is below zero."""

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        del today
        for name in fields:
            amount = values.get(name)
            if isinstance(amount, int) and amount < 0:
                yield Reason(ReasonCode.AMOUNT_FORMAT, name, "the amount is below zero")

    return check


def parts_within(total: str, *parts: str) -> Check:
    """Return a check that the known `parts` do not add up to more than `total`."""

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        del today
        whole = values.get(total)
        shares = [share for name in parts if isinstance(share := values.get(name), int)]
        if isinstance(whole, int) and sum(shares) > whole:
            yield Reason(ReasonCode.AMOUNT_FORMAT, total, f"less than {' and '.join(parts)}")

    return check


def number_agrees(number: str, *, birth_date: str) -> Check:
    """Return a check that a citizen number carries the record's birth date.

    Only for a source that is the authority on it: elsewhere a disagreement is for the
    pipeline to judge against the register.
    """

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        del today
        carried, born = _carried(values.get(number)), values.get(birth_date)
        if carried is not None and isinstance(born, date) and born != carried:
            yield Reason(
                ReasonCode.NUMBER_BIRTH_DATE, birth_date, "the number carries another birth date"
            )

    return check


def holder_is_born(number: str) -> Check:
    """Return a check that the number's birth date has come; no age is too high.

    Spec: numbers of people born before 1900 are valid under GB 11643.
    """

    def check(values: Mapping[str, Value], today: date) -> Iterator[Reason]:
        carried = _carried(values.get(number))
        if carried is not None and carried > today:
            yield Reason(
                ReasonCode.NUMBER_BIRTH_DATE, number, "the number's birth date is still to come"
            )

    return check


def _carried(number: Value) -> date | None:
    """Return the birth date in a number that has been converted, without checking it again."""
    try:
        return date.fromisoformat(number[6:14]) if isinstance(number, str) else None
    except ValueError:
        return None
