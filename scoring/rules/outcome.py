"""What a rule answers, and what it is given.

A rule is a pure function from a case to an outcome. It answers `Decided` with points
(0 when the indicator does not apply) or `Undecided` with the inputs that would decide
it. `Rule` says which inputs it reads and which arguments its reason may quote.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from scoring.household import Evidence, Household, Input, Known, Member
from scoring.parameters.document import ProfileDocument, Region, Tier
from scoring.rules.logic import Truth

BP: Final = 10_000
"""Basis points of a whole."""


@dataclass(frozen=True, slots=True)
class Case:
    """A household under a profile, with the local standards of its region if it has any."""

    household: Household
    document: ProfileDocument
    region: Region | None

    @property
    def members(self) -> tuple[Member, ...]:
        """The household's members."""
        return self.household.members

    @property
    def as_of(self) -> date:
        """The day from which ages and windows count."""
        return self.household.as_of


@dataclass(frozen=True, slots=True)
class Decided:
    """The indicator is decided; `arguments` and `evidence` make its reason."""

    points: int
    arguments: Mapping[str, int] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """The indicator cannot be decided; what is unknown of `missing` would help."""

    missing: frozenset[Input]


Outcome = Decided | Undecided


class Tiers(StrEnum):
    """Which tiers a rule can work with."""

    YES_NO = "one tier with cut 1"
    ONE = "one tier"
    MANY = "one tier or more, each with its own cut"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule: the inputs it reads, the arguments its reason may quote."""

    decide: Callable[[Case, tuple[Tier, ...]], Outcome]
    reads: frozenset[Input]
    arguments: frozenset[str] = frozenset()
    tiers: Tiers = Tiers.YES_NO

    def accepts(self, tiers: tuple[Tier, ...]) -> bool:
        """Whether the rule can work with these tiers."""
        cuts = {tier.cut for tier in tiers}
        if self.tiers is Tiers.MANY:
            return 0 < len(tiers) == len(cuts)
        return len(tiers) == 1 and (self.tiers is Tiers.ONE or cuts == {1})


NO_POINTS: Final = Decided(0)


def points_from(value: int, tiers: tuple[Tier, ...]) -> int:
    """Return the points of the highest tier whose cut `value` reaches, or 0."""
    return max((tier.points for tier in tiers if value >= tier.cut), default=0)


def verdict(
    truth: Truth,
    tiers: tuple[Tier, ...],
    missing: Iterable[Input],
    evidence: Iterable[Evidence] = (),
) -> Outcome:
    """Return the outcome of a yes-or-no indicator: its one tier, nothing, or undecided."""
    if truth is None:
        return Undecided(frozenset(missing))
    if not truth:
        return NO_POINTS
    return Decided(points_from(1, tiers), evidence=unique(evidence))


def unique(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return each piece of evidence once, oldest first."""
    return tuple(sorted(set(evidence), key=lambda e: (e.source_time, e.department)))


def evidence_of(*inputs: Known[object] | None) -> tuple[Evidence, ...]:
    """Return the evidence of those inputs that are known."""
    return tuple(known.evidence for known in inputs if known is not None)
