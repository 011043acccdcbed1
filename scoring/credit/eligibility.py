"""Whether notification and commitment is open to an applicant, and if not, why.

Not open after a commitment that was not kept, or with a serious bad record, until the credit is
repaired; and only for the matters that the rules open (国办发〔2020〕42号). What nobody could tell
is undecided: it is named, never taken for a clean record.
"""

from dataclasses import dataclass
from enum import StrEnum

from scoring.credit.rules import CreditRules
from scoring.credit.states import Performance


class IneligibleReason(StrEnum):
    """Why the applicant goes on by the normal procedure."""

    MATTER_EXCLUDED = "matter-excluded"
    BROKEN_COMMITMENT = "broken-commitment"
    BAD_RECORD = "bad-record"


@dataclass(frozen=True, slots=True)
class PastCommitment:
    """An earlier commitment of the applicant, and what became of it."""

    performance: Performance | None
    """None: nobody has determined it."""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """What is known of an applicant's credit."""

    past: tuple[PastCommitment, ...] = ()
    serious_bad_record: bool | None = None
    """None: no source told."""


@dataclass(frozen=True, slots=True)
class Eligible:
    """It is open; `undecided` names what no source told."""

    undecided: tuple[IneligibleReason, ...] = ()


@dataclass(frozen=True, slots=True)
class Ineligible:
    """It is not open."""

    reason: IneligibleReason


def eligibility(category: str, applicant: Applicant, rules: CreditRules) -> Eligible | Ineligible:
    """Return whether the applicant may commit instead of submitting proofs."""
    if category not in rules.matters.open:
        return Ineligible(IneligibleReason.MATTER_EXCLUDED)
    if any(_is_broken(one) for one in applicant.past):
        return Ineligible(IneligibleReason.BROKEN_COMMITMENT)
    if applicant.serious_bad_record:
        return Ineligible(IneligibleReason.BAD_RECORD)
    unknown = applicant.serious_bad_record is None
    return Eligible((IneligibleReason.BAD_RECORD,) if unknown else ())


def _is_broken(one: PastCommitment) -> bool:
    return one.performance in {Performance.PART, Performance.NONE} and not one.repaired
