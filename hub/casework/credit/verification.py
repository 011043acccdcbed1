"""`verifyCommitment`: declared against found, with the sources that each person authorised.

    look -> on record -> ask the banks -> compare -> verdicts, stored and on record

Stored sources are read in one snapshot; what banks hold is asked for live, for authorised adults
alone, after it is on record that it will be asked, and with no transaction open. What was found is
compared and forgotten: only verdicts are kept, and what banks answered, sealed, for whoever may
read it while the authorisation lasts that it was asked under (`hub.casework.credit.holdings`).
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from connectors.errors import SourceError, SourceRefusedError, SourceUnavailableError
from connectors.live import Question
from hub.access import Denied, Entitlement
from hub.casework.credit.commitment import outside
from hub.casework.credit.errors import (
    CommitmentStateError,
    ConflictingStepError,
    ConsentMissingError,
)
from hub.casework.credit.holdings import Answered, keep_answers
from hub.casework.credit.signed import declaration_of, declared_in, signed_outside
from hub.casework.credit.sources import Answers, Silence, SourceReport, read_stored, report_of
from hub.casework.credit.stated import Stated, line, people, stated_in
from hub.casework.credit.work import CreditOffice, Held, Work, aliases_of
from hub.casework.household import HomeNow, Resident
from hub.casework.rooms import Order
from schema.datasets.banks import BANK_DEPOSIT
from schema.datasets.credit import AUTHORISATION, VERIFICATION
from scoring.credit import (
    Comparison,
    CreditState,
    Declared,
    Found,
    Grade,
    Item,
    Party,
    Verdict,
    Verified,
    compare,
)

STEP: Final = "verifyCommitment"
BANKS: Final = BANK_DEPOSIT.department
_LIVE_FIELDS: Final = tuple(
    f"{BANK_DEPOSIT.type_name}.{f.graphql_name}" for f in BANK_DEPOSIT.fields
)
_BEGINS_AT: Final = frozenset({CreditState.COMMITTED, CreditState.VERIFIED})


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything that one snapshot says of a commitment."""

    held: Held
    home: HomeNow
    today: date
    supporters: tuple[Resident, ...]
    """Those who signed with the commitment, and those whom the verification names."""
    declared: Declared
    authorisations: Mapping[str, Mapping[UUID, UUID]] = field(repr=False)
    """Source to person to the id of the authorisation that covers them today."""
    stored: Answers = field(repr=False)

    @property
    def aliases(self) -> list[bytes]:
        """Whom the verification is about, as the log knows them."""
        return [*aliases_of(self.home), *(s.person.log_alias for s in self.supporters)]


@dataclass(frozen=True, slots=True)
class _Deposits:
    """What banks answered: added up to be compared, and each answer to be kept."""

    household: Found = field(repr=False)
    supporters: tuple[Found, ...] = field(repr=False)
    report: SourceReport
    answered: Sequence[Answered] = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifyCommitment:
    """The room of `verifyCommitment`."""

    desk: CreditOffice
    uses: Sequence[str] = (
        "Population.nationalId",
        "Population.name",
        "Population.birthDate",
        "Household.region",
        "Household.members",
        "CommitmentRecord.category",
        "Declaration.members",
        "Authorisation.source",
        "Authorisation.outside",
        "Verification.grade",
        "Verification.items",
    )

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `VerificationReceipt`; on return the verdicts are on record.

        Raises:
            ConsentMissingError: A supporter has not authorised; nobody was asked about anybody.
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        report_number = line(stated, "reportNumber")
        step = self.desk.step_id(STEP, stated)
        async with self.desk.look(order.caller, order.regions) as work:
            held, home = await work.commitment(str(stated["code"]))
            earlier = await _earlier(work, held, report_number, step)
            if earlier is not None:
                await work.on_record(STEP, "repeated", aliases_of(home), self.uses)
                return _payload(earlier)
            case = await self._case(work, held, home, stated, order.entitlement)
            # Before anybody's number leaves for a bank, it is on record that it will.
            asks = self._asks(case, order.entitlement)
            used = (*self.uses, *case.stored.used, *(_LIVE_FIELDS if asks else ()))
            await work.on_record(STEP, "asking", case.aliases, used, live=len(asks))
        deposits = await self._ask(case, asks, order.entitlement)
        compared = self._compared(case, deposits)
        sources = (*case.stored.reports, deposits.report)
        async with self.desk.work(order.caller, order.regions) as work:
            held, home = await work.commitment(str(stated["code"]))
            earlier = await _earlier(work, held, report_number, step)
            if earlier is None:
                _check_state(held)
                earlier = await self._store(work, held, report_number, compared, sources, step)
                await keep_answers(work, deposits.answered, earlier.record_id, step)
            grade = str(earlier.values["grade"])
            await work.on_record(STEP, "announced", case.aliases, self.uses, grade=grade)
            return _payload(earlier)

    # What one snapshot says.

    async def _case(
        self,
        work: Work,
        held: Held,
        home: HomeNow,
        stated: Stated,
        entitlement: Entitlement,
    ) -> _Case:
        _check_state(held)
        declaration, stated_too = await declaration_of(work, held), people(stated, "supporters")
        signed = await signed_outside(work, held, declaration, home)
        supporters = await outside(work, list(dict.fromkeys((*stated_too, *signed))), home)
        authorisations = await self._authorisations(work, held, (*home.residents, *supporters))
        banks = authorisations.get(BANKS, {})
        if any(UUID(supporter) not in banks for supporter in stated_too):
            raise ConsentMissingError(
                "A supporter outside the household has not authorised this; "
                "the applicant's authorisation does not cover them."
            )
        members = [r.person for r in home.residents]
        return _Case(
            held,
            home,
            work.today,
            supporters,
            declared_in(declaration),
            authorisations,
            await read_stored(work, members, authorisations, entitlement),
        )

    @staticmethod
    async def _authorisations(
        work: Work, held: Held, everybody: Sequence[Resident]
    ) -> dict[str, dict[UUID, UUID]]:
        found: dict[str, dict[UUID, UUID]] = {}
        for one in await work.all_of(AUTHORISATION, [r.person for r in everybody]):
            days = one.spans[-1]
            is_for_this = one.text("commitment_ref") == str(held.record_id)
            is_for_this &= one.values["revoked_at"] is None
            if is_for_this and days.valid_from <= work.today < days.valid_to:
                by_person = found.setdefault(one.text("source"), {})
                by_person[one.identity.person.person_id] = one.record_id
        return found

    # What banks are asked.

    def _asks(self, case: _Case, entitlement: Entitlement) -> list[tuple[Resident, UUID]]:
        """Return who is asked about, and under which authorisation: authorised adults alone."""
        if self.desk.banks is None or not _may_ask(entitlement):
            return []
        today = case.today
        adult = self.desk.rules(today).signing.adult
        given = case.authorisations.get(BANKS, {})
        return [
            (resident, given[resident.person.person_id])
            for resident in (*case.home.residents, *case.supporters)
            if resident.person.person_id in given
            and Party("", resident.birth_date).signs_for_themselves(adult, today)
        ]

    async def _ask(
        self, case: _Case, asks: Sequence[tuple[Resident, UUID]], entitlement: Entitlement
    ) -> _Deposits:
        """Ask the banks about one person after the other, for as long as there is time for it."""
        silent: dict[UUID, Silence] = {}
        answered: dict[UUID, Answered] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(self.desk.banks_within_s):
                await self._ask_each(case, asks, answered, silent)
        cents = {person: one.cents for person, one in answered.items()}
        for resident, _ in asks:
            if resident.person.person_id not in cents:
                silent.setdefault(resident.person.person_id, Silence.UNAVAILABLE)
        whom = self._whom(case)
        for person in whom:
            if person not in cents:
                silent.setdefault(person, self._unasked(case, person, entitlement))
        inside = [r.person.person_id for r in case.home.residents]
        family = [person for person in whom if person in inside]
        amount = sum(cents.get(person, 0) for person in family)
        complete = all(person in cents for person in family)
        return _Deposits(
            Found(amount, complete=complete),
            tuple(
                Found(cents.get(person, 0), complete=person in cents)
                for person in (s.person.person_id for s in case.supporters)
            ),
            report_of(BANKS, len(whom), silent),
            tuple(answered.values()),
        )

    async def _ask_each(
        self,
        case: _Case,
        asks: Sequence[tuple[Resident, UUID]],
        answered: dict[UUID, Answered],
        silent: dict[UUID, Silence],
    ) -> None:
        for resident, authorisation in asks:
            question = Question(authorisation, resident.number, resident.name, case.today)
            try:
                assert self.desk.banks is not None  # noqa: S101 - nobody is asked without it
                holdings = await self.desk.banks.ask(question)
                answered[resident.person.person_id] = Answered(resident, authorisation, holdings)
            except SourceError as problem:
                silent[resident.person.person_id] = _silence(problem)

    def _whom(self, case: _Case) -> list[UUID]:
        """Return about whom banks are to be asked: adults alone, supporters among them."""
        today = case.today
        adult = self.desk.rules(today).signing.adult
        return [
            r.person.person_id
            for r in (*case.home.residents, *case.supporters)
            if Party("", r.birth_date).signs_for_themselves(adult, today)
        ]

    def _unasked(self, case: _Case, person: UUID, entitlement: Entitlement) -> Silence:
        if person not in case.authorisations.get(BANKS, {}):
            return Silence.NOT_AUTHORISED
        return Silence.NOT_GRANTED if not _may_ask(entitlement) else Silence.NOT_CONNECTED

    # The verdict.

    def _compared(self, case: _Case, deposits: _Deposits) -> Comparison:
        found, today = case.stored.found, case.today
        verified = Verified(
            members=frozenset(str(r.person.person_id) for r in case.home.residents),
            income_cents=found[Item.INCOME],
            vehicles=found[Item.VEHICLES],
            properties=found[Item.PROPERTIES],
            businesses=found[Item.BUSINESSES],
            deposit_cents=deposits.household,
            supporters=deposits.supporters,
        )
        rules = self.desk.rules(today)
        return compare(case.declared, verified, rules, case.home.region, today)

    async def _store(
        self,
        work: Work,
        held: Held,
        report_number: str,
        compared: Comparison,
        sources: Sequence[SourceReport],
        step: UUID,
    ) -> Held:
        values = {
            "grade": compared.grade.value,
            "report_number": report_number,
            "commitment_ref": str(held.record_id),
            "items": [
                {"item": one.item.value, "verdict": one.verdict.value} for one in compared.items
            ],
            "sources": [report.kept for report in sources],
        }
        record_id = _report_id(held, report_number)
        await work.add(VERIFICATION, held.identity, record_id, values, step)
        is_different = compared.grade is Grade.DIFFERENT
        state = CreditState.FALLBACK_NORMAL if is_different else CreditState.VERIFIED
        await work.change(held, {"state": state.value}, step)
        stored = await work.held(VERIFICATION, held.identity.person.cell, record_id)
        assert stored is not None  # noqa: S101 - it was stored a moment ago
        return stored


def _may_ask(entitlement: Entitlement) -> bool:
    """Whether the caller holds a grant of bank data that waits for consent, and nothing less."""
    decisions = (entitlement.decide(path) for path in _LIVE_FIELDS)
    return all(isinstance(d, Denied) and d.grant is not None for d in decisions)


def _silence(problem: SourceError) -> Silence:
    if isinstance(problem, SourceRefusedError):
        return Silence.REFUSED
    if isinstance(problem, SourceUnavailableError):
        return Silence.UNAVAILABLE
    return Silence.MALFORMED


def _check_state(held: Held) -> None:
    if held.state not in _BEGINS_AT:
        raise CommitmentStateError(f"The commitment is {held.state}; it is verified before that.")


def _report_id(held: Held, report_number: str) -> UUID:
    return uuid5(held.record_id, f"{VERIFICATION.name}\0{report_number}")


async def _earlier(work: Work, held: Held, report_number: str, step: UUID) -> Held | None:
    """Return the verification that this very step made before, None if it is new."""
    record_id = _report_id(held, report_number)
    earlier = await work.held(VERIFICATION, held.identity.person.cell, record_id)
    if earlier is not None and await work.carried_out(earlier, step) is None:
        raise ConflictingStepError("This report number was used with other contents.")
    return earlier


def _payload(stored: Held) -> dict[str, object]:
    items, sources = _listed(stored.values["items"]), _listed(stored.values["sources"])
    grade = Grade(str(stored.values["grade"]))
    is_different = grade is Grade.DIFFERENT
    state = CreditState.FALLBACK_NORMAL if is_different else CreditState.VERIFIED
    return {
        "grade": grade.value,
        "state": state.value,
        "different": _with(items, Verdict.DIFFERENT),
        "undecided": _with(items, Verdict.UNDECIDED),
        "requestedSources": [str(one["source"]) for one in sources],
        "returnedSources": [str(one["source"]) for one in sources if one["answered"]],
        "silentSources": [
            f"{one['source']}: {one['reason']}" for one in sources if one["reason"] is not None
        ],
    }


def _with(items: Collection[Mapping[str, object]], verdict: Verdict) -> list[str]:
    return [str(one["item"]) for one in items if one["verdict"] == verdict.value]


def _listed(value: object) -> list[Mapping[str, object]]:
    return value if isinstance(value, list) else []
