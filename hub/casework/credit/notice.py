"""`giveNotice`: the applicant was told what is to be proved, and whether a commitment is open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from connectors.outbound.commitment_record import Performance as Told
from hub.casework.credit.errors import (
    ConflictingStepError,
    InvalidStatementError,
    UnknownApplicantError,
)
from hub.casework.credit.stated import Stated, line, one_id, past_day, stated_in
from hub.casework.credit.work import CreditOffice, Held, Work, aliases_of
from hub.casework.errors import UnknownCategoryError
from hub.casework.household import HomeNow, Resident
from hub.casework.rooms import Order
from hub.store.people import PersonPlace
from schema.codes import ASSISTANCE_CATEGORY
from schema.datasets.credit import COMMITMENT, COMMITMENT_NOTICE
from schema.ids import record_id_of
from scoring.credit import (
    Applicant,
    CreditRules,
    CreditState,
    Eligible,
    Ineligible,
    IneligibleReason,
    PastCommitment,
    Performance,
    eligibility,
)

STEP: Final = "giveNotice"
_PERFORMANCE: Final[Mapping[str, Performance]] = {
    Told.FULL.value: Performance.ALL,
    Told.PARTIAL.value: Performance.PART,
    Told.NONE.value: Performance.NONE,
}


@dataclass(frozen=True, slots=True)
class GiveNotice:
    """The room of `giveNotice`."""

    desk: CreditOffice
    uses: Sequence[str] = (
        "Population.nationalId",
        "Population.name",
        "Population.birthDate",
        "Household.region",
        "CommitmentRecord.performance",
    )

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `NoticeReceipt`; on return the notice is stored and on record.

        Raises:
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        values = _values(stated, order, self.desk.rules(order.today))
        async with self.desk.work(order.caller, order.regions) as work:
            return await self._give(work, stated, values)

    async def _give(
        self, work: Work, stated: Stated, values: Mapping[str, object]
    ) -> Mapping[str, object]:
        home = await work.home(stated["householdId"])
        applicant = resident_of(home, one_id(stated["applicantId"], "applicantId"))
        step = self.desk.step_id(STEP, stated)
        number = f"{values['application_number']}\0{home.household_id}"
        record_id = record_id_of(self.desk.office.tagger.identifier(COMMITMENT_NOTICE.name, number))
        earlier = await work.held(COMMITMENT_NOTICE, home.cell, record_id)
        if earlier is not None:
            if await work.carried_out(earlier, step) is None:
                raise ConflictingStepError("This application number was used with other contents.")
            not_open = earlier.text("not_open") or None
            await work.on_record(STEP, "repeated", aliases_of(home), self.uses)
            return _payload(record_id, not_open, stated, self.desk.rules(work.today))
        found = await self._eligible(work, applicant.person, stated)
        not_open = found.reason.value if isinstance(found, Ineligible) else None
        state = CreditState.FALLBACK_NORMAL if not_open else CreditState.NOTIFIED
        identity = (await work.made_identities([applicant]))[applicant.person.person_id]
        stored = {
            **values,
            "state": state.value,
            "household_ref": str(home.household_id),
            "not_open": not_open,
        }
        await work.add(COMMITMENT_NOTICE, identity, record_id, stored, step)
        await work.on_record(STEP, "announced", aliases_of(home), self.uses, state=state.value)
        return _payload(record_id, not_open, stated, self.desk.rules(work.today))

    async def _eligible(
        self, work: Work, applicant: PersonPlace, stated: Stated
    ) -> Eligible | Ineligible:
        past = tuple(map(_past, await work.all_of(COMMITMENT, [applicant])))
        told = stated.get("seriousBadRecord")
        record = told if isinstance(told, bool) else None
        category = str(stated["category"])
        return eligibility(category, Applicant(past, record), self.desk.rules(work.today))


def resident_of(home: HomeNow, person_id: str) -> Resident:
    """Return who lives in a household by their opaque id.

    Raises:
        UnknownApplicantError: Nobody with this id does.
    """
    for resident in home.residents:
        if str(resident.person.person_id) == person_id:
            return resident
    raise UnknownApplicantError("There is no such person in this household.")


def _values(stated: Stated, order: Order, rules: CreditRules) -> dict[str, object]:
    category = str(stated.get("category") or "")
    if category not in ASSISTANCE_CATEGORY:
        raise UnknownCategoryError("The category is not in the list assistance_category.")
    version = line(stated, "noticeVersion")
    if version not in rules.texts.notice_versions:
        raise InvalidStatementError("This version of the notice is not in use.")
    return {
        "category": category,
        "application_number": line(stated, "applicationNumber"),
        "notice_version": version,
        "channel": line(stated, "channel"),
        "read_on": past_day(stated, "readOn", order.today),
    }


def _past(held: Held) -> PastCommitment:
    return PastCommitment(_PERFORMANCE.get(held.text("performance")))


def _payload(
    notice_id: UUID, not_open: str | None, stated: Stated, rules: CreditRules
) -> dict[str, object]:
    is_unknown = stated.get("seriousBadRecord") is None and not_open is None
    state = CreditState.FALLBACK_NORMAL if not_open else CreditState.NOTIFIED
    return {
        "noticeId": str(notice_id),
        "state": state.value,
        "notOpen": not_open,
        "undecided": [IneligibleReason.BAD_RECORD.value] if is_unknown else [],
        "exemptedPapers": [papers.code for papers in rules.exempted],
    }
