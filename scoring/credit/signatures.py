"""Who must sign what: each adult for themselves, a guardian for whoever cannot, staff too.

An authorisation covers one person, the sources that it lists, from its day until its last day. A
supporter outside the household signs for themselves: nobody in the household can.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from scoring.credit.rules import Signing

_MONTHS: Final = 12
_SAFE_DAY: Final = 28


class Signer(StrEnum):
    """Who signed for a person."""

    SELF = "self"
    GUARDIAN = "guardian"


class SignatureReason(StrEnum):
    """What is wrong with the signatures."""

    MISSING = "authorisation-missing"
    """Somebody who must authorise has not."""
    SIGNED_BY_OTHER = "signed-by-other"
    """An adult who can sign has not signed themselves; the applicant's word does not cover them."""
    NO_GUARDIAN = "guardian-missing"
    """Nobody who can be a guardian signed for a minor or a person without capacity."""
    SOURCE_MISSING = "source-missing"
    ENDED = "authorisation-ended"
    TOO_LONG = "authorisation-too-long"
    UNKNOWN_PERSON = "person-unknown"
    STAFF_COMMITMENT_MISSING = "staff-commitment-missing"
    APPLICANT_UNFIT = "applicant-cannot-commit"
    """Who has no full capacity cannot be held to a commitment: somebody else must apply."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody whose data is verified; `person` is opaque."""

    person: str
    birth_date: date | None = field(repr=False)
    """None: not known, and then they must sign themselves."""
    lacks_capacity: bool = False
    outside: bool = False
    """A supporter outside the household."""

    def signs_for_themselves(self, adult: int, on: date) -> bool:
        """Whether this person's own signature is the one that counts on a day."""
        if self.lacks_capacity:
            return False
        return self.birth_date is None or _age(self.birth_date, on) >= adult


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What somebody signed: the sources that may be asked about `person`, until a last day."""

    person: str
    sources: frozenset[str]
    until: date
    signed_by: str
    """The person who signed."""


@dataclass(frozen=True, slots=True)
class SignatureFault:
    """One thing that is missing; it names nobody but by an opaque id."""

    reason: SignatureReason
    person: str | None = None


def signature_faults(
    applicant: str,
    parties: Iterable[Party],
    authorisations: Iterable[Authorisation],
    rules: Signing,
    on: date,
    *,
    staff_committed: bool,
) -> tuple[SignatureFault, ...]:
    """Return everything that is missing before the commitment can be taken in on a day."""
    by_person = {party.person: party for party in parties}
    given = {a.person: a for a in authorisations}
    faults = list(_of_everybody(applicant, by_person, given, rules, on))
    faults += [
        SignatureFault(SignatureReason.UNKNOWN_PERSON, person)
        for person in given
        if person not in by_person
    ]
    if rules.staff_commits_too and not staff_committed:
        faults.append(SignatureFault(SignatureReason.STAFF_COMMITMENT_MISSING))
    return tuple(faults)


def _of_everybody(
    applicant: str,
    parties: Mapping[str, Party],
    given: Mapping[str, Authorisation],
    rules: Signing,
    on: date,
) -> Iterator[SignatureFault]:
    fit = {
        p.person
        for p in parties.values()
        if not p.outside and p.signs_for_themselves(rules.adult, on)
    }
    if applicant not in fit:
        yield SignatureFault(SignatureReason.APPLICANT_UNFIT, applicant)
    for party in parties.values():
        signed = given.get(party.person)
        if signed is None:
            yield SignatureFault(SignatureReason.MISSING, party.person)
            continue
        yield from _of_signer(party, signed, fit, rules.consents_from, on)
        yield from _of_extent(party, signed, rules, on)


def _of_signer(
    party: Party, signed: Authorisation, fit: set[str], from_age: int, on: date
) -> Iterator[SignatureFault]:
    if party.signs_for_themselves(from_age, on):
        if signed.signed_by != party.person:
            yield SignatureFault(SignatureReason.SIGNED_BY_OTHER, party.person)
    elif signed.signed_by not in fit - {party.person}:
        yield SignatureFault(SignatureReason.NO_GUARDIAN, party.person)


def _of_extent(
    party: Party, signed: Authorisation, rules: Signing, on: date
) -> Iterator[SignatureFault]:
    wanted: frozenset[str] = frozenset() if party.outside else frozenset(rules.sources)
    if wanted - signed.sources or not signed.sources:
        yield SignatureFault(SignatureReason.SOURCE_MISSING, party.person)
    if signed.until < on:
        yield SignatureFault(SignatureReason.ENDED, party.person)
    if signed.until > months_after(on, rules.authorisation_months):
        yield SignatureFault(SignatureReason.TOO_LONG, party.person)


def last_day(party: Party, until: date, rules: Signing, on: date) -> date:
    """Return the last day of an authorisation that is signed on a day and stated to last `until`.

    What a guardian signed for a child ends before the child is old enough to sign (PIPL, art. 31).
    """
    if party.lacks_capacity or party.signs_for_themselves(rules.consents_from, on):
        return until
    assert party.birth_date is not None  # noqa: S101 - who is not old enough has one
    return min(until, birthday(party.birth_date, rules.consents_from) - timedelta(days=1))


def birthday(born: date, age: int) -> date:
    """Return the day on which somebody is `age` years old; born on 29 February, on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def months_after(day: date, months: int) -> date:
    """Return the day so many months later; the end of a short month stands for a longer one's."""
    month = day.year * _MONTHS + day.month - 1 + months
    for last in range(day.day, _SAFE_DAY - 1, -1):
        try:
            return date(month // _MONTHS, month % _MONTHS + 1, last)
        except ValueError:
            continue
    return date(month // _MONTHS, month % _MONTHS + 1, day.day)


def _age(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
