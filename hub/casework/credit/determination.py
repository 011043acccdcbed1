"""`determinePerformance`: a person says how far a commitment was kept, and the platform is told.

Nothing is assumed: there is no default. What was not kept needs what, what was done about it, and
the day on which the person was heard first. The record is whole: it corrects an interim one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from connectors.outbound.commitment_record import Performance as Told
from connectors.outbound.commitment_record import record_faults
from connectors.outbound.national_credit_platform import Operation
from hub.casework.credit.errors import (
    CommitmentStateError,
    ConflictingStepError,
    InvalidStatementError,
)
from hub.casework.credit.record import (
    determined,
    letter_id,
    record_of,
    record_values,
    tell_platform,
)
from hub.casework.credit.stated import Stated, past_day, prose, stated_in
from hub.casework.credit.work import CreditOffice, Held
from hub.casework.rooms import Order
from hub.store.outbox import existing_letters
from scoring.credit import CreditState, CreditTransitionError, Performance, follow

STEP: Final = "determinePerformance"
_TOLD: Final[Mapping[Performance, Told]] = {
    Performance.ALL: Told.FULL,
    Performance.PART: Told.PARTIAL,
    Performance.NONE: Told.NONE,
}
_LONGEST: Final = 4_000


@dataclass(frozen=True, slots=True)
class DeterminePerformance:
    """The room of `determinePerformance`."""

    desk: CreditOffice
    uses: Sequence[str] = (
        "Population.nationalId",
        "Population.name",
        "Household.region",
        "CommitmentRecord.code",
        "CommitmentRecord.performance",
    )

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `DeterminationReceipt`; on return it is stored and on record.

        Raises:
            RefusedError: As `hub.casework.credit.errors` says; nothing was stored.
            UnavailableError: Ask again; nothing is done twice.
        """
        stated = stated_in(arguments)
        async with self.desk.work(order.caller, order.regions) as work:
            held, home = await work.commitment(str(stated["code"]))
            step = self.desk.step_id(STEP, stated)
            aliases = [home.log_alias, held.identity.person.log_alias]
            if await work.carried_out(held, step) is not None:
                ids = [letter_id(held.record_id, each) for each in _OPERATIONS]
                sent = await existing_letters(work.connection, ids)
                await work.on_record(STEP, "repeated", aliases, self.uses)
                return _payload(sent[-1] if sent else None)
            _check_state(held)
            unit = self.desk.office.unit
            record = determined(
                record_of(held),
                **_found(stated, held, work.today),
                determining_unit=unit.name,
                determining_unit_code=unit.code,
            )
            faults = record_faults(record)
            if faults:
                told = ", ".join(f"{f.field} ({f.reason})" for f in faults)
                raise InvalidStatementError(f"The determination cannot be recorded: {told}.")
            changes = {**record_values(record), "state": CreditState.DETERMINED.value}
            await work.change(held, changes, step)
            message = await tell_platform(work, held, record)
            # The hearing is kept where nobody can alter it; the record has no place for it.
            heard = stated.get("heardOn")
            heard_on = heard.isoformat() if isinstance(heard, date) else None
            await work.on_record(STEP, "announced", aliases, self.uses, heard_on=heard_on)
            return _payload(message)


_OPERATIONS: Final = (Operation.RECORD, Operation.CORRECT)


def _check_state(held: Held) -> None:
    if held.state is CreditState.DETERMINED:
        raise ConflictingStepError("This commitment was determined with other contents.")
    try:
        follow(held.state, CreditState.DETERMINED)
    except CreditTransitionError as problem:
        raise CommitmentStateError(f"{str(problem).capitalize()}.") from None


def _found(stated: Stated, held: Held, today: date) -> dict[str, object]:
    given = stated["performance"]
    performance = Performance(str(given.value if isinstance(given, Enum) else given))
    on = past_day(stated, "determinedOn", today)
    if performance is not Performance.ALL:
        made = held.values["made_on"]
        heard = past_day(stated, "heardOn", on) if stated.get("heardOn") else None
        if heard is None or (isinstance(made, date) and heard < made):
            raise InvalidStatementError(
                "heardOn is needed: nobody's breach is recorded before they were heard."
            )
    return {
        "performance": _TOLD[performance],
        "determined_on": on,
        "unperformed": prose(stated, "unperformed", _LONGEST),
        "accountability": prose(stated, "accountability", _LONGEST),
    }


def _payload(message: object) -> dict[str, object]:
    return {
        "state": CreditState.DETERMINED.value,
        "platformMessageId": None if message is None else str(message),
    }
