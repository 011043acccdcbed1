"""`confirmCommitment`: the decision on the simplified path, and everything that follows from it.

One transaction: the state, the recognition of every member, the closing of the alert, a message
to each receiver, and the commitment's record to the credit platform. A clock that was not kept is
told; it never costs the family anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.outbound.national_credit_platform import Operation
from hub.casework.credit.errors import (
    CommitmentStateError,
    ConflictingStepError,
    NotConsistentError,
)
from hub.casework.credit.record import record_of, tell_platform, told_platform
from hub.casework.credit.stated import Stated, stated_in
from hub.casework.credit.work import CreditOffice, Held, Work, aliases_of
from hub.casework.decision import Decision, decision_from
from hub.casework.errors import EmptyHouseholdError
from hub.casework.household import HomeNow
from hub.casework.recognise import USED
from hub.casework.recording import RecognitionOutcome, Writing
from hub.casework.rooms import Order
from schema.datasets.credit import VERIFICATION
from scoring.credit import CreditState, Grade

STEP: Final = "confirmCommitment"


@dataclass(frozen=True, slots=True)
class ConfirmCommitment:
    """The room of `confirmCommitment`."""

    desk: CreditOffice
    uses: Sequence[str] = (
        *USED,
        "CommitmentRecord.code",
        "CommitmentRecord.category",
        "Verification.grade",
    )

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `ConfirmationReceipt`; on return it is stored and on record.

        Raises:
            NotConsistentError: The newest verification does not say "basically consistent".
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        async with self.desk.work(order.caller, order.regions) as work:
            held, home = await work.commitment(str(stated["code"]))
            step = self.desk.step_id(STEP, stated)
            decision = _decision(stated, held, work.today)
            writing = Writing(
                self.desk.office, work.connection, home, decision, (work.at, work.now)
            )
            done = await work.carried_out(held, step)
            if done is not None:
                outcome = await writing.earlier()
                assert outcome is not None  # noqa: S101 - it was stored with the step
                platform = await told_platform(work, held, Operation.RECORD)
                await work.on_record(STEP, "repeated", aliases_of(home), self.uses)
                return _payload(held, outcome, platform, done)
            await self._check(work, held, home)
            outcome = await writing.earlier() or await writing.all(work.today)
            changes = {
                "state": CreditState.CONFIRMED_SIMPLIFIED.value,
                "decision_number": decision.decision_number,
                "start_date": decision.start_date,
            }
            await work.change(held, changes, step)
            platform = None
            if self.desk.rules(work.today).platform.interim_record:
                platform = await tell_platform(work, held, record_of(held))
            await work.on_record(
                STEP, "announced", aliases_of(home), self.uses, people=outcome.people
            )
            return _payload(held, outcome, platform, work.today)

    async def _check(self, work: Work, held: Held, home: HomeNow) -> None:
        if held.values["decision_number"] is not None:
            raise ConflictingStepError("This commitment was confirmed with other contents.")
        if held.state is not CreditState.VERIFIED:
            raise CommitmentStateError(f"The commitment is {held.state}; it must be verified.")
        grade = await newest_grade(work, held)
        if grade is not Grade.CONSISTENT:
            raise NotConsistentError(f"The verification says {grade}, not consistent.")
        if not home.residents:
            raise EmptyHouseholdError("Nobody lives in this household today.")


async def newest_grade(work: Work, held: Held) -> Grade | None:
    """Return what the newest verification of a commitment says, None if there is none."""
    reports = [
        one
        for one in await work.all_of(VERIFICATION, [held.identity.person])
        if one.text("commitment_ref") == str(held.record_id)
    ]
    if not reports:
        return None
    newest = max(reports, key=lambda one: one.spans[-1].value.source_time or work.at)
    return Grade(str(newest.values["grade"]))


def _decision(stated: Stated, held: Held, today: date) -> Decision:
    return decision_from(
        {
            **stated,
            "householdId": held.values["household_ref"],
            "category": held.values["category"],
        },
        today,
    )


def _payload(
    held: Held, outcome: RecognitionOutcome, platform: object, on: date
) -> dict[str, object]:
    due = held.values["due_on"]
    closed = outcome.closed_alert_id
    return {
        "state": CreditState.CONFIRMED_SIMPLIFIED.value,
        "people": outcome.people,
        "messageIds": [str(message) for message in outcome.message_ids],
        "closedAlertId": None if closed is None else str(closed),
        "platformMessageId": None if platform is None else str(platform),
        "isLate": isinstance(due, date) and on > due,
    }
