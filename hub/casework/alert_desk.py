"""Takes steps of casework: each one transaction, on record before it commits, done once.

A step names the count at which its author saw the alert. If the alert moved since, it is
refused; if this very step moved it, its outcome is told again and nothing is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg

from audit.entry import EntryKind
from hub.casework.alert_errors import OvertakenStepError, UnknownAlertError
from hub.casework.cases import CaseDesk, Whose
from hub.casework.moves import Move, Standing, move
from hub.casework.rooms import Order
from hub.casework.steps import (
    Assessment,
    Assignment,
    Closing,
    ServiceReferral,
    Settlement,
    Step,
    VisitReport,
    words_of,
)
from hub.errors import StoreUnavailableError
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Database
from hub.store.decisions import OwnRecord, opened_values, superseding
from hub.store.facts import Facts, Stored, known_now
from hub.store.journal import Journal, recorded
from hub.store.people import keys_of
from schema.catalogue import Dataset
from schema.datasets.casework import REFERRAL, VISIT
from schema.datasets.civil_affairs import ALERT, SCORE
from scoring.needs import ServiceMap

OWNER: Final = ALERT.department
USES: Final[Mapping[str, Sequence[str]]] = {
    "assignAlert": ("Alert.status", "Household.region"),
    "recordVisit": ("Alert.status", "Household.region"),
    "assessNeeds": (
        *("Alert.status", "Household.region"),
        *("Visit.cause", "Visit.needs", "Visit.notes"),
    ),
    "refer": ("Alert.status", "Household.region", "Visit.needs"),
    "confirmService": (
        *("Alert.status", "Household.region"),
        *("Referral.need", "Referral.service", "Referral.receiver"),
    ),
    "closeAlert": ("Alert.status", "Household.region", "Score.total"),
}
"""What each command reads itself."""
_FOUND: Final = """
SELECT a.cell, a.identity_id AS household_id, h.log_alias, hp.region
FROM alert a
JOIN household h ON h.cell = a.cell AND h.household_id = a.identity_id
LEFT JOIN household_place hp ON hp.cell = a.cell AND hp.household_id = a.identity_id
     AND hp.known_to = 'infinity' AND hp.valid_from <= $2 AND $2 < hp.valid_to
WHERE a.record_id = $1 AND a.known_to = 'infinity' AND a.valid_to = 'infinity'
"""
_MEMBERS: Final = """
SELECT DISTINCT p.log_alias
FROM membership m JOIN person p ON p.cell = m.cell AND p.person_id = m.person_id
WHERE m.cell = $1 AND m.household_id = $2 AND m.known_to = 'infinity'
  AND m.valid_from <= $3 AND $3 < m.valid_to
"""
_DONE: Final = """
SELECT status, step FROM alert
WHERE cell = $1 AND record_id = $2 AND source_record_id = $3 ORDER BY known_from LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a step did, or what it had done the first time."""

    alert_id: UUID
    status: str
    step: int
    record_id: UUID | None
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """An alert of the caller's, its household, and who lives there."""

    cell: str
    household_id: UUID
    key: bytes = field(repr=False)
    aliases: tuple[bytes, ...] = field(repr=False)
    spans: list[Stored]

    @property
    def newest(self) -> Stored:
        """The version that holds now."""
        return self.spans[-1]


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """Carries out steps. Lives as long as the application; holds nothing between two calls."""

    database: Database
    journal: Journal
    facts: Facts
    keys: DataKeys
    tagger: Tagger
    services: Callable[[date], ServiceMap]
    cases: CaseDesk

    async def take(self, step: Step, order: Order) -> Taken:
        """Return what `step` did; on return it is stored and on record.

        Raises:
            UnknownAlertError: There is none with this id in the caller's regions.
            OvertakenStepError: The alert was moved since its author read it.
            MisplacedStepError: The alert cannot go there from where it is.
            InvalidStepError: Something does not fit the alert.
            AuditUnavailableError: It cannot be put on record; nothing is stored.
            StoreUnavailableError: The database broke; ask again, it will not be done twice.
        """
        try:
            async with self.database.transaction() as connection:
                return await self._take(connection, step, order)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The step could not be stored.") from problem

    async def _take(self, connection: Connection, step: Step, order: Order) -> Taken:
        at = await known_now(connection)
        found = await self._found(connection, step.place.alert_id, order)
        tag = self.tagger.identifier("casework", words_of(step))
        decision_id = UUID(bytes=tag[:16], version=4)
        work = _Work(self, connection, found, step, decision_id)
        done = await connection.fetchrow(_DONE, found.cell, step.place.alert_id, decision_id)
        if done is not None:
            await self._record(found, step, order, ("repeated", done["status"]))
            return await work.told(done["status"], done["step"], order.today)
        count = found.newest.value.columns["step"]
        if step.place.step != count:
            raise OvertakenStepError(
                f"The alert is at step {count}, not {step.place.step}: read it again."
            )
        standing = await work.standing()
        services = self.services(order.today)
        moved = move(step, standing, services, order.today, order.caller.actor)
        await work.write(moved, order.today, at)
        if isinstance(step, Assignment) and order.entitlement.checks_case:
            before = found.newest.value.columns["assignee"]
            home = (found.household_id, step.assignee, before if isinstance(before, str) else None)
            await self.cases.visited(connection, Whose(order.caller, order.regions), *home)
        status = str(moved.alert["status"])
        await self._record(found, step, order, ("announced", status))
        return await work.told(status, step.place.step + 1, order.today)

    async def _found(self, connection: Connection, alert_id: UUID, order: Order) -> _Found:
        row = await connection.fetchrow(_FOUND, alert_id, order.today)
        region = row["region"] if row else None
        if row is None or region is None or not region.startswith(tuple(order.regions)):
            about = {"outcome": "refused", "reason": "alert-outside" if row else "alert-unknown"}
            await recorded(self.journal, EntryKind.COMMAND, {**_who(order), **about})
            raise UnknownAlertError("There is no such alert.")
        cell, household_id = row["cell"], row["household_id"]
        keys = await keys_of(connection, self.keys, OWNER, [cell], [household_id])
        members = await connection.fetch(_MEMBERS, cell, household_id, order.today)
        spans = await self.facts.of_records(connection, ALERT, [cell], [alert_id])
        aliases = (row["log_alias"], *(m["log_alias"] for m in members))
        return _Found(cell, household_id, keys[household_id], aliases, spans[alert_id])

    async def _record(
        self, found: _Found, step: Step, order: Order, became: tuple[str, str]
    ) -> None:
        outcome, status = became
        about = {
            **_who(order),
            "command": step.command,
            "alert": str(step.place.alert_id),
            "status": status,
            "outcome": outcome,
        }
        tags = map(self.tagger.subject, found.aliases)
        await recorded(self.journal, EntryKind.COMMAND, about, tags, USES[step.command])


class _Work:
    """One step on its way into the store. Belongs to one transaction."""

    def __init__(
        self,
        desk: AlertDesk,
        connection: Connection,
        found: _Found,
        step: Step,
        decision_id: UUID,
    ) -> None:
        self._desk = desk
        self._connection = connection
        self._found = found
        self._step = step
        self._decision_id = decision_id

    async def standing(self) -> Standing:
        """Return where the alert stands, read as far as the step needs it."""
        found, total, needs = self._found, 0, frozenset[str]()
        referrals: dict[UUID, str] = {}
        match self._step:
            case Closing():
                scores = await self._of_household(SCORE)
                newest = scores[-1].value.columns["total"] if scores else 0
                total = newest if isinstance(newest, int) else 0
            case ServiceReferral():
                needs = await self._assessed()
            case Settlement():
                held = await self._of_alert(REFERRAL)
                referrals = {key: str(s[-1].value.columns["state"]) for key, s in held.items()}
            case Assignment() | VisitReport() | Assessment():
                pass
        return Standing(found.newest.value.columns, total, needs, referrals)

    async def _of_household(self, dataset: Dataset) -> list[Stored]:
        found = self._found
        rows = await self._desk.facts.of_identities(
            self._connection, dataset, [found.cell], [found.household_id]
        )
        return rows.get(found.household_id, [])

    async def _of_alert(self, dataset: Dataset) -> dict[UUID, list[Stored]]:
        """Return the alert's records of a dataset, each with its versions in order."""
        alert = str(self._step.place.alert_id)
        held: dict[UUID, list[Stored]] = {}
        for span in await self._of_household(dataset):
            if span.value.columns["alert_id"] == alert:
                held.setdefault(span.value.record_id, []).append(span)
        return held

    async def _confirming_visit(self) -> tuple[UUID, list[Stored]]:
        """Return the visit that confirmed the cause; there is one before needs are assessed."""
        visits = await self._of_alert(VISIT)
        confirmed = [
            (spans[-1].valid_from, key)
            for key, spans in visits.items()
            if spans[-1].value.columns["result"] == "cause-confirmed"
        ]
        _, visit_id = max(confirmed)
        return visit_id, visits[visit_id]

    async def _assessed(self) -> frozenset[str]:
        visits = await self._of_alert(VISIT)
        needs: set[str] = set()
        for spans in visits.values():
            values = opened_values(VISIT, self._found.key, spans[-1], ("needs",))
            listed = values["needs"]
            needs |= {str(item["need"]) for item in listed} if isinstance(listed, list) else set()
        return frozenset(needs)

    async def write(self, moved: Move, today: date, at: datetime) -> None:
        """Store the alert's new version, and the visit or referral that goes with it."""
        await self._store(
            ALERT, self._step.place.alert_id, moved.alert, self._found.spans, today, at
        )
        if moved.record is not None:
            dataset, values = moved.record
            record_id, before = await self._record_and_versions()
            whole: dict[str, object] = {"alert_id": str(self._step.place.alert_id)}
            if before:
                whole = opened_values(dataset, self._found.key, before[-1])
            whole |= {name: value for name, value in values.items() if name != "alert_id"}
            await self._store(dataset, record_id, whole, before, today, at)

    async def _record_and_versions(self) -> tuple[UUID, list[Stored]]:
        """Return which record the step writes, and its versions if it is there already."""
        step = self._step
        if isinstance(step, Assessment):
            return await self._confirming_visit()
        if isinstance(step, Settlement):
            held = await self._of_alert(REFERRAL)
            return step.referral_id, held[step.referral_id]
        return self._decision_id, []

    async def _store(
        self,
        dataset: Dataset,
        record_id: UUID,
        values: Mapping[str, object],
        before: list[Stored],
        today: date,
        at: datetime,
    ) -> None:
        found = self._found
        owner = (dataset, found.cell, found.household_id, found.key)
        own = OwnRecord(*owner, record_id, values, today, at, self._decision_id)
        closed, added = superseding(own, before)
        await self._desk.facts.write(self._connection, dataset, closed, added, at)

    async def told(self, status: str, count: int, today: date) -> Taken:
        """Return the outcome; it is the same when the step is sent again."""
        step, record_id = self._step, None
        if isinstance(step, VisitReport | ServiceReferral | Assessment | Settlement):
            record_id, _ = await self._record_and_versions()
        services: tuple[str, ...] = ()
        if isinstance(step, Assessment):
            offers = self._desk.services(today).services_for(step.needs)
            services = tuple(offer.code for offer in offers)
        return Taken(step.place.alert_id, status, count, record_id, services)


def _who(order: Order) -> dict[str, object]:
    caller = order.caller
    return {
        "department": caller.department,
        "role": caller.role,
        "purpose": caller.purpose,
        "client": caller.client_id,
        "actor": caller.actor,
        "case": caller.case,
    }
