"""What was declared against what was found, field by field: "basically consistent" or not.

Only what was found beyond the declared counts: who declared more than any source knows has
hidden nothing. A source that did not answer leaves its item undecided, unless what the others
found is already too much; it is never taken for "there is none".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from scoring.credit.rules import CountRule, CreditRules

_WHOLE_BP: Final = 10_000


class Item(StrEnum):
    """What is compared."""

    MEMBERS = "members"
    INCOME = "income"
    VEHICLES = "vehicles"
    PROPERTIES = "properties"
    BUSINESSES = "businesses"
    DEPOSITS = "deposits"
    SUPPORTERS = "supporters"
    """Compared only where supporters outside the household were named."""


class Verdict(StrEnum):
    """What became of one item."""

    CONSISTENT = "consistent"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


class Grade(StrEnum):
    """What became of the whole; it says nothing of which item, or of how much."""

    CONSISTENT = "consistent"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Declared:
    """What the applicant declared for the household; money in cents, people by opaque id."""

    members: frozenset[str]
    others: int
    """Members that were declared and that the hub does not know."""
    monthly_income_cents: int
    vehicles: int
    properties: int
    businesses: int
    deposit_cents: int


@dataclass(frozen=True, slots=True)
class Found:
    """What the sources that answered say together; not complete if one of them was silent."""

    amount: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of the household."""

    members: frozenset[str] | None
    """None: the register did not answer."""
    income_cents: Found
    vehicles: Found
    properties: Found
    businesses: Found
    deposit_cents: Found
    supporters: tuple[Found, ...] = ()
    """The deposits of each supporter outside the household; they never add to the family's."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One item with its verdict."""

    item: Item
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict of each item, and of the whole. It holds no amount."""

    grade: Grade
    items: tuple[Difference, ...]


def compare(
    declared: Declared, verified: Verified, rules: CreditRules, region: str, on: date
) -> Comparison:
    """Return how declared and found agree under the rules of `region` on a day."""
    items = tuple(_items(declared, verified, rules, region, on))
    verdicts = {one.verdict for one in items}
    if Verdict.DIFFERENT in verdicts:
        return Comparison(Grade.DIFFERENT, items)
    undecided = Verdict.UNDECIDED in verdicts
    return Comparison(Grade.UNDECIDED if undecided else Grade.CONSISTENT, items)


def _items(
    declared: Declared, verified: Verified, rules: CreditRules, region: str, on: date
) -> Iterator[Difference]:
    limits, people = rules.consistency, max(1, len(declared.members) + declared.others)
    yield Difference(Item.MEMBERS, _members(declared, verified, rules))
    excess = verified.income_cents.amount - declared.monthly_income_cents
    tolerated = (
        excess * _WHOLE_BP <= limits.income.excess_bp * verified.income_cents.amount
        and excess <= limits.income.excess_cents_a_person * people
    )
    is_more = excess > 0 and not tolerated
    yield Difference(Item.INCOME, _verdict(verified.income_cents, is_more=is_more))
    yield Difference(Item.VEHICLES, _counted(declared.vehicles, verified.vehicles, limits.vehicles))
    yield Difference(
        Item.PROPERTIES, _counted(declared.properties, verified.properties, limits.properties)
    )
    yield Difference(
        Item.BUSINESSES, _counted(declared.businesses, verified.businesses, limits.businesses)
    )
    yield Difference(Item.DEPOSITS, _deposits(declared, verified, rules, region, on))
    if verified.supporters:
        yield Difference(Item.SUPPORTERS, _supporters(verified, rules))


def _members(declared: Declared, verified: Verified, rules: CreditRules) -> Verdict:
    if verified.members is None:
        return Verdict.UNDECIDED
    is_same = declared.members == verified.members and declared.others == 0
    return Verdict.CONSISTENT if is_same or not _must_be_identical(rules) else Verdict.DIFFERENT


def _must_be_identical(rules: CreditRules) -> bool:
    return rules.consistency.members.identical


def _counted(declared: int, found: Found, rule: CountRule) -> Verdict:
    return _verdict(found, is_more=found.amount - declared > rule.undeclared)


def _deposits(
    declared: Declared, verified: Verified, rules: CreditRules, region: str, on: date
) -> Verdict:
    limit = rules.deposit_limit(region, on)
    if limit is None:
        return Verdict.UNDECIDED
    people = max(1, len(declared.members) + declared.others)
    undeclared = verified.deposit_cents.amount - declared.deposit_cents
    return _verdict(verified.deposit_cents, is_more=undeclared > limit.cents_a_person * people)


def _supporters(verified: Verified, rules: CreditRules) -> Verdict:
    able = rules.consistency.supporters.able_from_cents
    is_able = any(found.amount >= able for found in verified.supporters)
    complete = all(found.complete for found in verified.supporters)
    return _verdict(Found(0, complete=complete), is_more=is_able)


def _verdict(found: Found, *, is_more: bool) -> Verdict:
    if is_more:
        return Verdict.DIFFERENT
    return Verdict.CONSISTENT if found.complete else Verdict.UNDECIDED
