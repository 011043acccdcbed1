"""The rules of notification and commitment, dated: the form of their file, and how it is read.

Unknown keys are refused, so that a slip in a name is an error and not a silent default. Every
number in the file names the law, the local rule or the proposal ([D]) that it comes from.
Amounts are integer cents, ratios basis points (10000 = the whole).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from importlib import resources
from typing import TypeVar

import msgspec

from scoring.parameters.document import Code, Count, Label, Part, Positive, Prefix, Text


class CreditRulesError(Exception):
    """A file of rules cannot be used; the message says why."""


class Matters(Part, frozen=True):
    """For which categories of assistance a commitment may take the place of proofs."""

    open: tuple[Text, ...]
    reference: Text


class Signing(Part, frozen=True):
    """Who signs, and how long an authorisation may last."""

    adult: Positive
    consents_from: Positive
    """From which age on a person authorises for themselves, and no guardian for them."""
    staff_commits_too: bool
    authorisation_months: Positive
    sources: tuple[Text, ...]
    """Departments that every member's authorisation must list."""
    reference: Text


class Clocks(Part, frozen=True):
    """In how many working days, the day of the commitment being day 0."""

    prefix: Prefix
    valid_from: date
    verification_working_days: Positive
    total_working_days: Positive
    reference: Text


class IncomeRule(Part, frozen=True):
    """By how much the income that was found may exceed the declared one; both must hold."""

    excess_bp: Count
    """Of the income found."""
    excess_cents_a_person: Count
    """A month."""
    reference: Text


class CountRule(Part, frozen=True):
    """How many may be found beyond those declared."""

    undeclared: Count
    reference: Text


class DepositLimit(Part, frozen=True):
    """The local limit of undeclared deposits."""

    prefix: Prefix
    valid_from: date
    cents_a_person: Count
    reference: Text


class MembersRule(Part, frozen=True):
    """Whether the declared members must be those of the register."""

    identical: bool
    reference: Text


class SupporterRule(Part, frozen=True):
    """From which deposits on a supporter outside the household counts as able to support."""

    able_from_cents: Positive
    reference: Text


class Consistency(Part, frozen=True):
    """What "basically consistent" is."""

    income: IncomeRule
    vehicles: CountRule
    properties: CountRule
    businesses: CountRule
    deposits: tuple[DepositLimit, ...]
    members: MembersRule
    supporters: SupporterRule


class Platform(Part, frozen=True):
    """What goes to the national credit platform, and when."""

    interim_record: bool
    """Whether the record is sent at confirmation, with the interim value of its performance."""
    valid_months: Positive
    """How long a commitment binds, for the twenty fields' last day."""
    reference: Text


class ExemptedPapers(Part, frozen=True):
    """One category of papers that a commitment replaces."""

    code: Code
    label: Label
    reference: Text


class Texts(Part, frozen=True):
    """What the applicant signs; the notice's version names it."""

    notice_versions: tuple[Text, ...]
    matter: Text
    content: Text
    liability: Text
    reference: Text


class CreditRules(Part, frozen=True):
    """All of it, in force from a day on."""

    code: Code
    valid_from: date
    label: Label
    matters: Matters
    signing: Signing
    clocks: tuple[Clocks, ...]
    consistency: Consistency
    platform: Platform
    texts: Texts
    exempted: tuple[ExemptedPapers, ...]

    def deposit_limit(self, region: str, on: date) -> DepositLimit | None:
        """Return the limit of a region on a day; None if the file has none for it."""
        return _local(self.consistency.deposits, region, on)

    def clocks_of(self, region: str, on: date) -> Clocks:
        """Return the clocks of a region on a day.

        Raises:
            CreditRulesError: The file has none for it.
        """
        found = _local(self.clocks, region, on)
        if found is None:
            raise CreditRulesError(f"{self.code} has no clocks for {on.isoformat()}")
        return found


_L = TypeVar("_L", Clocks, DepositLimit)


def _local(stated: Sequence[_L], region: str, on: date) -> _L | None:
    """Return what applies in a region: the longest prefix, then the latest day."""
    fit = [one for one in stated if region.startswith(one.prefix) and one.valid_from <= on]
    return max(fit, key=lambda one: (len(one.prefix), one.valid_from), default=None)


def load_rules(text: str) -> CreditRules:
    """Return the rules that `text` (TOML) states.

    Raises:
        CreditRulesError: It has another form, or contradicts itself.
    """
    try:
        rules = msgspec.toml.decode(text, type=CreditRules)
    except msgspec.MsgspecError as problem:
        raise CreditRulesError(str(problem)) from problem
    faults = list(_faults(rules))
    if faults:
        raise CreditRulesError(f"{rules.code}: {'; '.join(faults)}")
    return rules


def _faults(rules: CreditRules) -> Iterator[str]:
    codes = [papers.code for papers in rules.exempted]
    if len(set(codes)) != len(codes):
        yield "two exempted categories have one code"
    if any(c.verification_working_days > c.total_working_days for c in rules.clocks):
        yield "the verification may take longer than the whole"
    for name, stated in (("deposit limits", rules.consistency.deposits), ("clocks", rules.clocks)):
        places = [(one.prefix, one.valid_from) for one in stated]
        if len(set(places)) != len(places):
            yield f"two {name} are for one region and day"
    if not rules.texts.notice_versions:
        yield "no version of the notice is in use"


def packaged_rules(on: date) -> CreditRules:
    """Return the newest shipped rules that are in force on a day.

    Raises:
        CreditRulesError: None is in force, or the one that is does not load.
    """
    folder = resources.files("scoring.parameters")
    texts = [
        entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.startswith("credit_") and entry.name.endswith(".toml")
    ]
    in_force = [rules for rules in map(load_rules, texts) if rules.valid_from <= on]
    if not in_force:
        raise CreditRulesError(f"no rules of commitment are in force on {on.isoformat()}")
    return max(in_force, key=lambda rules: rules.valid_from)
