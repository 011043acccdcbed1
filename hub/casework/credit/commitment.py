"""`commit`: the commitment, the declaration and everybody's authorisations come in together.

One commitment for one notice. It gets its code here: region of acceptance, day, serial of that
day; the serial is counted under the lock that orders known times, so no two have the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from connectors.outbound.commitment_record import (
    CommitmentRecord,
    Performance,
    commitment_code,
    record_faults,
)
from hub.access import Purpose
from hub.casework.credit.errors import (
    CommitmentStateError,
    ConflictingStepError,
    InvalidStatementError,
    NotOpenError,
    SignaturesError,
    UnknownApplicantError,
    UnknownNoticeError,
)
from hub.casework.credit.record import record_values
from hub.casework.credit.stated import (
    Stated,
    a_day,
    cents,
    count,
    one_id,
    people,
    stated_in,
)
from hub.casework.credit.work import CreditOffice, Held, Work, aliases_of
from hub.casework.errors import UnknownHouseholdError
from hub.casework.household import HomeNow, Resident, named, people_in
from hub.casework.rooms import Order
from hub.store.people import Identity
from schema.datasets.credit import (
    AUTHORISATION,
    COMMITMENT,
    COMMITMENT_CODES,
    COMMITMENT_NOTICE,
    DECLARATION,
)
from schema.ids import record_id_of
from scoring.credit import Authorisation, CreditState, Party, Signer, clock, signature_faults
from scoring.credit.signatures import last_day, months_after

STEP: Final = "commit"
_SERIAL: Final = """
SELECT 1 + count(DISTINCT record_id) FROM commitment
WHERE cell = $1 AND valid_from = $2 AND state = 'committed'
"""
_NOTICE_PLACE: Final = "SELECT cell FROM commitment_notice WHERE record_id = $1 LIMIT 1"


@dataclass(frozen=True, slots=True)
class _Application:
    """Who is in the case, and what was signed."""

    notice: Held
    home: HomeNow
    applicant: Resident
    supporters: tuple[Resident, ...]
    authorisations: tuple[Authorisation, ...]

    @property
    def everybody(self) -> tuple[Resident, ...]:
        """The household's members and the supporters outside it."""
        return (*self.home.residents, *self.supporters)

    @property
    def aliases(self) -> list[bytes]:
        """Whom the step is about, as the log knows them."""
        return [*aliases_of(self.home), *(s.person.log_alias for s in self.supporters)]


@dataclass(frozen=True, slots=True)
class Commit:
    """The room of `commit`."""

    desk: CreditOffice
    uses: Sequence[str] = (
        "Population.nationalId",
        "Population.name",
        "Population.birthDate",
        "Household.region",
        "Household.members",
        "CommitmentNotice.category",
    )

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `CommitmentReceipt`; on return it is stored and on record.

        Raises:
            SignaturesError: Somebody who must sign has not; nothing was stored.
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        declared, signed = _declared(stated), _signed(stated, self._departments(order.today))
        async with self.desk.work(order.caller, order.regions) as work:
            application = await self._application(work, stated, signed)
            step = self.desk.step_id(STEP, stated)
            earlier = await self._earlier(work, application.notice, step)
            if earlier is None:
                earlier = await self._store(work, stated, application, declared, step)
                outcome = "announced"
            else:
                outcome = "repeated"
            await work.on_record(STEP, outcome, application.aliases, self.uses)
            return _payload(earlier, sum(len(a.sources) for a in signed))

    def _departments(self, today: date) -> frozenset[str]:
        """Return who may be listed as a source: a step stores no more than one row for each."""
        declared = {dataset.department for dataset in self.desk.facts.catalogue}
        return frozenset(declared).union(self.desk.rules(today).signing.sources)

    async def _application(
        self, work: Work, stated: Stated, signed: tuple[Authorisation, ...]
    ) -> _Application:
        notice_id = UUID(one_id(stated["noticeId"], "noticeId"))
        cell = await work.connection.fetchval(_NOTICE_PLACE, notice_id)
        notice = await work.held(COMMITMENT_NOTICE, cell or "", notice_id)
        if notice is None:
            raise UnknownNoticeError("There is no such notice.")
        try:
            home = await work.home(notice.values["household_ref"])
        except UnknownHouseholdError:
            raise UnknownNoticeError("There is no such notice.") from None
        applicant = next(
            (r for r in home.residents if r.person.person_id == notice.identity.person.person_id),
            None,
        )
        if applicant is None:
            raise UnknownApplicantError("The applicant no longer lives in this household.")
        supporters = await outside(work, people(stated, "supporters"), home)
        return _Application(notice, home, applicant, supporters, signed)

    async def _earlier(self, work: Work, notice: Held, step: UUID) -> Held | None:
        """Return the commitment that this very step made before, None if it is new."""
        if notice.state is CreditState.FALLBACK_NORMAL:
            raise NotOpenError("A commitment is not open here; go on by the normal procedure.")
        if notice.state is CreditState.NOTIFIED:
            return None
        made = [
            held
            for held in await work.all_of(COMMITMENT, [notice.identity.person])
            if held.text("notice_ref") == str(notice.record_id)
        ]
        if not made:
            raise CommitmentStateError(f"The notice is {notice.state}.")
        if await work.carried_out(made[0], step) is None:
            raise ConflictingStepError(
                "There is a commitment for this notice, with other contents."
            )
        return made[0]

    async def _store(
        self,
        work: Work,
        stated: Stated,
        application: _Application,
        declared: Mapping[str, object],
        step: UUID,
    ) -> Held:
        self._check_signatures(work, stated, application)
        identities = await work.made_identities(application.everybody)
        promisor = identities[application.applicant.person.person_id]
        held = await self._commitment(work, stated, application, promisor, step)
        await work.add(
            DECLARATION, promisor, uuid5(held.record_id, DECLARATION.name), declared, step
        )
        parties = {p.person: p for p in _parties(stated, application)}
        rules = self.desk.rules(work.today).signing
        for signed in application.authorisations:
            last = last_day(parties[signed.person], signed.until, rules, work.today)
            ended = replace(signed, until=last)
            await _authorise(work, ended, application, identities, held.record_id, step)
        changes = {"state": CreditState.COMMITTED.value}
        await work.change(application.notice, changes, step)
        return held

    def _check_signatures(self, work: Work, stated: Stated, application: _Application) -> None:
        faults = signature_faults(
            str(application.applicant.person.person_id),
            _parties(stated, application),
            application.authorisations,
            self.desk.rules(work.today).signing,
            work.today,
            staff_committed=stated["staffCommits"] is True,
        )
        if faults:
            told = ", ".join(f"{f.reason} ({f.person})" if f.person else f.reason for f in faults)
            raise SignaturesError(f"Not everybody has signed what they must: {told}.")

    async def _commitment(
        self,
        work: Work,
        stated: Stated,
        application: _Application,
        promisor: Identity,
        step: UUID,
    ) -> Held:
        record = await self._record(work, application)
        rules = self.desk.rules(work.today)
        due = clock(
            rules.clocks_of(application.home.region, work.today), work.today, self.desk.calendar
        )
        notice = application.notice
        values: dict[str, object] = {
            **record_values(record),
            "state": CreditState.COMMITTED.value,
            "verification_due_on": due.verification_due,
            "due_on": due.confirmation_due,
            "household_ref": str(application.home.household_id),
            "notice_ref": str(notice.record_id),
            "category": notice.values["category"],
            "staff_committed": stated["staffCommits"],
        }
        record_id = record_id_of(self.desk.office.tagger.identifier(COMMITMENT_CODES, record.code))
        await work.add(COMMITMENT, promisor, record_id, values, step)
        held = await work.held(COMMITMENT, promisor.person.cell, record_id)
        assert held is not None  # noqa: S101 - it was stored a moment ago
        return held

    async def _record(self, work: Work, application: _Application) -> CommitmentRecord:
        """Return the twenty fields, nothing determined yet."""
        rules, unit = self.desk.rules(work.today), self.desk.office.unit
        cell, today = application.home.cell, work.today
        serial: int = await work.connection.fetchval(_SERIAL, cell, today)
        record = CommitmentRecord(
            code=commitment_code(cell, today, serial),
            promisor_name=application.applicant.name,
            promisor_code=application.applicant.number,
            matter=rules.texts.matter,
            content=rules.texts.content,
            liability=rules.texts.liability,
            made_on=today,
            valid_until=months_after(today, rules.platform.valid_months) - timedelta(days=1),
            performance=Performance.NOT_DETERMINED,
            accepting_unit=unit.name,
            accepting_unit_code=unit.code,
        )
        faults = record_faults(record)
        if faults:
            told = ", ".join(f"{f.field} ({f.reason})" for f in faults)
            raise InvalidStatementError(f"No record can be made of this commitment: {told}.")
        return record


def _parties(stated: Stated, application: _Application) -> list[Party]:
    """Return everybody whose data is verified, as the rules of signing see them."""
    unfit = set(people(stated, "withoutCapacity"))
    groups = ((application.home.residents, False), (application.supporters, True))
    return [
        Party(str(r.person.person_id), r.birth_date, str(r.person.person_id) in unfit, outside)
        for group, outside in groups
        for r in group
    ]


async def outside(work: Work, ids: Sequence[str], home: HomeNow) -> tuple[Resident, ...]:
    """Return supporters outside the household by their opaque ids.

    Raises:
        UnknownApplicantError: One is unknown, or nobody whom the caller may see, or lives there.
    """
    if not ids:
        return ()
    office, wanted = work.desk.office, [UUID(each) for each in ids]
    places = await people_in(work.connection, wanted, work.regions, work.today)
    found = await named(work.connection, office.facts, office.keys, places, work.today)
    inside = {r.person.person_id for r in home.residents}
    if len(found) != len(wanted) or any(r.person.person_id in inside for r in found):
        raise UnknownApplicantError("A supporter is unknown, or no supporter outside.")
    return tuple(found)


async def _authorise(
    work: Work,
    signed: Authorisation,
    application: _Application,
    identities: Mapping[UUID, Identity],
    commitment_id: UUID,
    step: UUID,
) -> None:
    """Store one authorisation for each source that somebody listed."""
    outsiders = {str(s.person.person_id) for s in application.supporters}
    is_self = signed.signed_by == signed.person
    for source in sorted(signed.sources):
        values = {
            "source": source,
            "purpose": Purpose.VERIFY.value,
            "signed_by": (Signer.SELF if is_self else Signer.GUARDIAN).value,
            "outside": signed.person in outsiders,
            "commitment_ref": str(commitment_id),
            "case_ref": application.notice.text("application_number"),
        }
        record_id = uuid5(commitment_id, f"{signed.person}\0{source}")
        until = signed.until + timedelta(days=1)
        identity = identities[UUID(signed.person)]
        days = (work.today, until)
        await work.add(AUTHORISATION, identity, record_id, values, step, days)


def _declared(stated: Stated) -> dict[str, object]:
    return {
        "members": [{"person_ref": person} for person in people(stated, "members")],
        "others": count(stated, "otherMembers"),
        "monthly_income_cents": cents(stated, "monthlyIncomeCents"),
        "vehicles": count(stated, "vehicles"),
        "properties": count(stated, "properties"),
        "businesses": count(stated, "businesses"),
        "deposit_cents": cents(stated, "depositCents"),
    }


def _signed(stated: Stated, departments: frozenset[str]) -> tuple[Authorisation, ...]:
    listed = stated["authorisations"]
    assert isinstance(listed, Sequence)  # noqa: S101 - the schema says so
    signed = tuple(_one_signed(one, departments) for one in listed)
    if len({a.person for a in signed}) != len(signed):
        raise InvalidStatementError("authorisations names somebody twice.")
    return signed


def _one_signed(one: Stated, departments: frozenset[str]) -> Authorisation:
    sources = one["sources"]
    assert isinstance(sources, Sequence)  # noqa: S101 - the schema says so
    names = frozenset(str(source) for source in sources)
    if names - departments:
        raise InvalidStatementError("sources holds what is no department.")
    return Authorisation(
        one_id(one["personId"], "personId"),
        names,
        a_day(one, "until"),
        one_id(one["signedBy"], "signedBy"),
    )


def _payload(held: Held, authorisations: int) -> dict[str, object]:
    return {
        "code": held.text("code"),
        "state": CreditState.COMMITTED.value,
        "authorisations": authorisations,
        "verificationDueOn": _iso(held.values["verification_due_on"]),
        "dueOn": _iso(held.values["due_on"]),
    }


def _iso(day: object) -> str | None:
    return day.isoformat() if isinstance(day, date) else None
