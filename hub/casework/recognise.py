"""Records a recognition: every member becomes a recipient, receivers are told, an alert closes.

All of it is one transaction, and on record before it commits. The same decision about the same
household a second time changes nothing and gives the same answer.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from audit.entry import EntryKind
from hub.access.model import Caller
from hub.casework.decision import Decision, decision_from
from hub.casework.errors import EmptyHouseholdError, UnknownHouseholdError
from hub.casework.household import HomeNow, home_now
from hub.casework.recording import Office, RecognitionOutcome, Writing
from hub.casework.rooms import Order
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.store.database import Connection, Database
from hub.store.facts import known_now
from hub.store.journal import Journal, recorded
from hub.store.outbox import announce
from scoring.score import CHINA

USED: Final = ("Population.nationalId", "Population.name", "Member.relation", "Household.region")
"""What the command itself reads of each member, for the message."""


class Recognise:
    """The command behind the mutation `recognise`. Holds nothing between two calls."""

    def __init__(self, database: Database, journal: Journal, office: Office, clock: Clock) -> None:
        """Take the ports; nothing is read yet."""
        self._database = database
        self._journal = journal
        self._office = office
        self._clock = clock

    async def __call__(
        self, decision: Decision, caller: Caller, regions: Sequence[str]
    ) -> RecognitionOutcome:
        """Return what the decision did; on return it is stored and on record.

        `regions` are the prefixes of the caller's entitlement.

        Raises:
            UnknownHouseholdError: There is none with this id in the caller's regions.
            EmptyHouseholdError: Nobody lives there.
            ConflictingDecisionError: The decision number was used with other contents.
            AuditUnavailableError: It cannot be put on record; nothing is stored.
            StoreUnavailableError: The database broke; ask again, it will not be done twice.
        """
        try:
            async with self._database.transaction() as connection:
                outcome = await self._decide(connection, decision, caller, regions)
            async with self._database.connection() as connection:
                await announce(connection)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The recognition could not be stored.") from problem
        return outcome

    async def _decide(
        self, connection: Connection, decision: Decision, caller: Caller, regions: Sequence[str]
    ) -> RecognitionOutcome:
        at = await known_now(connection)
        now = self._clock()
        today = now.astimezone(CHINA).date()
        home = await home_now(
            connection,
            self._office.facts,
            self._office.keys,
            (decision.household_id, regions),
            today,
        )
        if home is None:
            await self._refused(caller, "household-not-found")
            raise UnknownHouseholdError("There is no such household.")
        writing = Writing(self._office, connection, home, decision, (at, now))
        earlier = await writing.earlier()
        if earlier is not None:
            await self._record(caller, home, "repeated")
            return earlier
        if not home.residents:
            await self._refused(caller, "household-empty")
            raise EmptyHouseholdError("Nobody lives in this household today.")
        outcome = await writing.all(today)
        await self._record(caller, home, "announced")
        return outcome

    async def _record(self, caller: Caller, home: HomeNow, outcome: str) -> None:
        aliases = [home.log_alias, *(r.person.log_alias for r in home.residents)]
        tags = map(self._office.tagger.subject, aliases)
        about = {**_who(caller), "outcome": outcome, "people": len(home.residents)}
        await recorded(self._journal, EntryKind.COMMAND, about, tags, USED)

    async def _refused(self, caller: Caller, reason: str) -> None:
        about = {**_who(caller), "outcome": "refused", "reason": reason}
        await recorded(self._journal, EntryKind.COMMAND, about)


def _who(caller: Caller) -> dict[str, object]:
    return {
        "command": "recognise",
        "department": caller.department,
        "role": caller.role,
        "purpose": caller.purpose,
        "client": caller.client_id,
        "actor": caller.actor,
        "case": caller.case,
    }


@dataclass(frozen=True, slots=True)
class RecogniseRoom:
    """The mutation `recognise`: its words on the way in and out."""

    recognise: Callable[[Decision, Caller, Sequence[str]], Awaitable[RecognitionOutcome]]
    uses: Sequence[str] = USED

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload of `RecognitionReceipt`.

        Raises:
            RefusedError: The decision is not well-formed, or does not fit what is stored.
            UnavailableError: As `Recognise`.
        """
        stated = arguments["input"]
        assert isinstance(stated, Mapping)  # noqa: S101 - the schema says so
        decision = decision_from(stated, order.today)
        outcome = await self.recognise(decision, order.caller, order.regions)
        closed = outcome.closed_alert_id
        return {
            "people": outcome.people,
            "messageIds": [str(message) for message in outcome.message_ids],
            "closedAlertId": None if closed is None else str(closed),
        }
