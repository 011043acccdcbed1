"""`giveAuthorisation` and `revokeAuthorisation`: what a person authorised, beside any commitment.

A person signs for themselves from the age that the rules of signing name; for a child, and for who
lacks capacity, an adult of the same household signs as guardian. Nobody's authorisation covers
anybody else. A withdrawal acts with its commit, and takes with it what was kept of live sources.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from hub.access import Caller, Purpose
from hub.casework.credit.errors import (
    ConflictingStepError,
    InvalidStatementError,
    SignaturesError,
    UnknownApplicantError,
)
from hub.casework.credit.stated import Stated, a_day, line, one_id, stated_in
from hub.casework.credit.work import CreditOffice, Work
from hub.casework.household import Resident, named, people_in
from hub.casework.rooms import Order
from hub.store.consents import forget_uncovered
from schema.datasets.credit import AUTHORISATION
from scoring.credit import Party, Signer
from scoring.credit.signatures import last_day, months_after

GIVE: Final = "giveAuthorisation"
REVOKE: Final = "revokeAuthorisation"
_USES: Final = (
    "Population.birthDate",
    "Household.members",
    "Authorisation.source",
    "Authorisation.purpose",
)
_SHARE_A_HOME: Final = """
SELECT EXISTS (
    SELECT 1 FROM membership one
    JOIN membership other ON other.cell = one.cell AND other.household_id = one.household_id
         AND other.person_id = $3 AND other.known_to = 'infinity'
         AND other.valid_from <= $4 AND $4 < other.valid_to
    WHERE one.cell = $1 AND one.person_id = $2 AND one.known_to = 'infinity'
      AND one.valid_from <= $4 AND $4 < one.valid_to)
"""


@dataclass(frozen=True, slots=True)
class GiveAuthorisation:
    """The room of `giveAuthorisation`."""

    desk: CreditOffice
    uses: Sequence[str] = _USES

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `AuthorisationReceipt`; on return it is stored and on record.

        Raises:
            SignaturesError: Who signed cannot authorise this; nothing was stored.
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        step = self.desk.step_id(GIVE, stated)
        sources = _listed(stated, "sources", {d.department for d in self.desk.facts.catalogue})
        purposes = _listed(stated, "purposes", set(Purpose))
        async with self.desk.work(order.caller, order.regions) as work:
            person, signer = await _people(work, stated)
            start, until, kind = await self._signed(work, stated, person, signer)
            identity = (await work.made_identities([person]))[person.person.person_id]
            values = {
                "signed_by": kind.value,
                "case_ref": order.caller.case,
                "evidence": line(stated, "evidence"),
            }
            ids = []
            for source in sources:
                for purpose in purposes:
                    record_id = uuid5(step, f"{source}\0{purpose}")
                    ids.append(str(record_id))
                    earlier = await work.held(AUTHORISATION, person.person.cell, record_id)
                    if earlier is None:
                        told = {**values, "source": source, "purpose": purpose}
                        days = (start, until + timedelta(days=1))
                        await work.add(AUTHORISATION, identity, record_id, told, step, days)
                    elif earlier.values["revoked_at"] is not None:
                        raise ConflictingStepError("This paper was withdrawn; a new one is needed.")
            await work.on_record(GIVE, "announced", [person.person.log_alias], self.uses)
            return {"authorisationIds": ids, "until": until.isoformat()}

    async def _signed(
        self, work: Work, stated: Stated, person: Resident, signer: Resident
    ) -> tuple[date, date, Signer]:
        """Return the first and the last day, and as whom it was signed."""
        rules, today = self.desk.rules(work.today).signing, work.today
        start = today if stated.get("since") is None else a_day(stated, "since")
        until = a_day(stated, "until")
        if start < today:
            raise InvalidStatementError("since has passed; nothing is authorised for days before.")
        if until > months_after(start, rules.authorisation_months):
            raise InvalidStatementError(
                f"until is more than {rules.authorisation_months} months after the first day."
            )
        party = Party(
            str(person.person.person_id), person.birth_date, stated.get("lacksCapacity") is True
        )
        is_self = signer.person.person_id == person.person.person_id
        if party.signs_for_themselves(rules.consents_from, start) != is_self:
            raise SignaturesError(
                "The person signs for themselves; nobody else can."
                if not is_self
                else "The person cannot sign for themselves; a guardian does."
            )
        if not is_self:
            await self._check_guardian(work, person, signer)
        until = last_day(party, until, rules, start)
        if until < start:
            raise InvalidStatementError("until lies before the first day.")
        return start, until, Signer.SELF if is_self else Signer.GUARDIAN

    async def _check_guardian(self, work: Work, person: Resident, signer: Resident) -> None:
        rules = self.desk.rules(work.today).signing
        place = (person.person.cell, person.person.person_id, signer.person.person_id)
        is_adult = Party("", signer.birth_date).signs_for_themselves(rules.adult, work.today)
        if not is_adult or not await work.connection.fetchval(_SHARE_A_HOME, *place, work.today):
            raise SignaturesError("A guardian is an adult of the person's own household.")


@dataclass(frozen=True, slots=True)
class RevokeAuthorisation:
    """The room of `revokeAuthorisation`."""

    desk: CreditOffice
    uses: Sequence[str] = _USES

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `RevocationReceipt`; on return nothing is covered any more.

        Raises:
            RefusedError: As `hub.casework.credit.errors` says; nothing was changed.
            UnavailableError: Ask again; nothing is done twice.
        """
        return await self.withdraw(stated_in(arguments), order.caller, order.regions)

    async def withdraw(
        self, stated: Stated, caller: Caller, regions: Sequence[str]
    ) -> Mapping[str, object]:
        """Withdraw what a person of these regions gave; as `carry_out`."""
        step = self.desk.step_id(REVOKE, {**stated, "at": self.desk.clock()})
        sources, purposes = _optional(stated, "sources"), _optional(stated, "purposes")
        async with self.desk.work(caller, regions) as work:
            person = await _person(work, one_id(stated["personId"], "personId"))
            revoked = 0
            for held in await work.all_of(AUTHORISATION, [person.person]):
                is_meant = sources is None or held.text("source") in sources
                is_meant &= purposes is None or held.text("purpose") in purposes
                is_over = held.values["revoked_at"] is not None
                if is_meant and not is_over and held.spans[-1].valid_to > work.today:
                    await work.change(held, {"revoked_at": work.now}, step)
                    revoked += 1
            forgotten = await forget_uncovered(work.connection, work.today)
            aliases = [person.person.log_alias]
            await work.on_record(REVOKE, "announced", aliases, self.uses, revoked=revoked)
            return {"revoked": revoked, "forgotten": forgotten}


async def _people(work: Work, stated: Stated) -> tuple[Resident, Resident]:
    """Return whom it is about and who signed; both must be people whom the caller may see."""
    person = await _person(work, one_id(stated["personId"], "personId"))
    signer = one_id(stated["signedBy"], "signedBy")
    if signer == str(person.person.person_id):
        return person, person
    return person, await _person(work, signer)


async def _person(work: Work, person_id: str) -> Resident:
    office = work.desk.office
    places = await people_in(work.connection, [UUID(person_id)], work.regions, work.today)
    found = await named(work.connection, office.facts, office.keys, places, work.today)
    if not found:
        raise UnknownApplicantError("There is no such person.")
    return found[0]


def _listed(stated: Stated, name: str, known: set[str]) -> list[str]:
    given = stated.get(name)
    chosen = sorted({str(one) for one in given}) if isinstance(given, Sequence) else []
    if not chosen or not known.issuperset(chosen):
        raise InvalidStatementError(f"{name} lists one or more that the hub knows, such as "
                                    f"{min(known)}.")  # fmt: skip
    return chosen


def _optional(stated: Stated, name: str) -> frozenset[str] | None:
    given = stated.get(name)
    return None if not isinstance(given, Sequence) else frozenset(str(one) for one in given)
