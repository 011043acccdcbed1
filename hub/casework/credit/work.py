"""One step of a commitment on its way into the store: its transaction, its people, its records.

A step is known by what it says: its id is a keyed tag of its name and contents, kept on the
version that it wrote. Sent again, it is found there, and nothing is written.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from audit.entry import EntryKind
from connectors.live import LiveSource
from hub.access import Caller
from hub.casework.credit.errors import UnknownCommitmentError
from hub.casework.errors import UnknownHouseholdError
from hub.casework.household import HomeNow, Resident, home_now
from hub.casework.recording import OWNER, Office
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.store.database import Connection, Database, snapshot
from hub.store.decisions import OwnRecord, opened_values, own_version, superseding
from hub.store.facts import Facts, Stored, known_now
from hub.store.journal import Journal, recorded
from hub.store.outbox import announce
from hub.store.people import (
    Identity,
    NewPeople,
    PersonPlace,
    identities_by_id,
    identities_of_people,
)
from hub.store.timeline import Span
from schema.catalogue import Dataset, Kind
from schema.datasets.credit import COMMITMENT, COMMITMENT_CODES
from schema.ids import is_commitment_code, record_id_of
from scoring.credit import CreditRules, CreditState
from scoring.parameters.working_days import WorkingCalendar
from scoring.score import CHINA

_STEP: Final = """
SELECT min(valid_from) FROM {} WHERE cell = $1 AND record_id = $2 AND source_record_id = $3
"""


@dataclass(frozen=True, slots=True)
class CreditOffice:
    """What every step is carried out with; lives as long as the application."""

    database: Database
    journal: Journal
    office: Office
    clock: Clock
    calendar: WorkingCalendar
    rules: Callable[[date], CreditRules]
    banks: LiveSource | None = None
    """Who is asked for what is never stored; None: not connected, so that it never answers."""
    banks_within_s: float = 15.0
    """For the banks to be asked about everybody; less than an operation has (`Limits`)."""
    has_platform: bool = False
    """Whether the national credit platform is connected."""

    @property
    def today(self) -> date:
        """The day in China."""
        return self.clock().astimezone(CHINA).date()

    @property
    def facts(self) -> Facts:
        """The tables of all datasets."""
        return self.office.facts

    def step_id(self, name: str, stated: Mapping[str, object]) -> UUID:
        """Return the id of a step: the same for the same contents, and it tells none of them."""
        text = orjson.dumps(stated, option=orjson.OPT_SORT_KEYS, default=str).decode()
        return record_id_of(self.office.tagger.identifier(f"credit {name}", text))

    @asynccontextmanager
    async def work(self, caller: Caller, regions: Sequence[str]) -> AsyncIterator["Work"]:
        """Give the transaction of one step; known times rise while it lasts.

        Raises:
            StoreUnavailableError: The database broke; ask again, nothing is done twice.
        """
        try:
            async with self.database.transaction() as connection:
                at, now = await known_now(connection), self.clock()
                yield Work(self, connection, caller, regions, at, now)
            async with self.database.connection() as connection:
                await announce(connection)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The step could not be stored.") from problem

    @asynccontextmanager
    async def look(self, caller: Caller, regions: Sequence[str]) -> AsyncIterator["Work"]:
        """Give one snapshot to read from; nobody waits for it, and nothing can be written.

        Raises:
            StoreUnavailableError: The database broke.
        """
        try:
            async with (
                self.database.connection() as connection,
                snapshot(connection),
            ):
                now = self.clock()
                yield Work(self, connection, caller, regions, now, now)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The step could not be read for.") from problem


@dataclass(frozen=True, slots=True)
class Held:
    """One of our own records about a person, opened: what is known now, the newest last."""

    dataset: Dataset
    identity: Identity
    record_id: UUID
    spans: Sequence[Stored] = field(repr=False)
    values: Mapping[str, object] = field(repr=False)
    """Those of the newest version; days as `date`."""

    @property
    def state(self) -> CreditState:
        """Where the notice or the commitment is."""
        return CreditState(str(self.values["state"]))

    def text(self, name: str) -> str:
        """Return a text field; empty if there is none."""
        value = self.values[name]
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Work:
    """One step at work. Belongs to one transaction."""

    desk: CreditOffice
    connection: Connection
    caller: Caller
    regions: Sequence[str]
    at: datetime
    """The known time of the transaction."""
    now: datetime

    @property
    def today(self) -> date:
        """The day in China."""
        return self.now.astimezone(CHINA).date()

    async def home(self, household_ref: object) -> HomeNow:
        """Return a household of the caller's regions, as it is today.

        Raises:
            UnknownHouseholdError: There is none with this id there.
        """
        try:
            household_id = UUID(str(household_ref))
        except ValueError:
            raise UnknownHouseholdError("There is no such household.") from None
        office, asked = self.desk.office, (household_id, self.regions)
        home = await home_now(self.connection, office.facts, office.keys, asked, self.today)
        if home is None:
            raise UnknownHouseholdError("There is no such household.")
        return home

    async def commitment(self, code: str) -> tuple[Held, HomeNow]:
        """Return a commitment of the caller's regions by its code, with the household.

        Raises:
            UnknownCommitmentError: There is none with this code there.
        """
        if not is_commitment_code(code):
            raise UnknownCommitmentError("There is no such commitment.")
        record_id = record_id_of(self.desk.office.tagger.identifier(COMMITMENT_CODES, code))
        held = await self.held(COMMITMENT, code[:6], record_id)
        if held is None:
            raise UnknownCommitmentError("There is no such commitment.")
        try:
            return held, await self.home(held.values["household_ref"])
        except UnknownHouseholdError:
            raise UnknownCommitmentError("There is no such commitment.") from None

    async def held(self, dataset: Dataset, cell: str, record_id: UUID) -> Held | None:
        """Return a record of our own, or None."""
        stored = await self.desk.facts.of_records(self.connection, dataset, [cell], [record_id])
        spans = stored.get(record_id)
        if not spans:
            return None
        owner = spans[-1].value.identity_id
        keys = self.desk.office.keys
        found = await identities_by_id(self.connection, keys, [cell], [owner])
        return held_of(dataset, found[owner], spans)

    async def all_of(self, dataset: Dataset, people: Sequence[PersonPlace]) -> list[Held]:
        """Return all records of our own about `people`."""
        own = await self.identities(people)
        stored = await self.desk.facts.of_identities(
            self.connection,
            dataset,
            {i.person.cell for i in own.values()},
            [i.identity_id for i in own.values()],
        )
        by_id = {i.identity_id: i for i in own.values()}
        found: list[Held] = []
        for identity_id, spans in stored.items():
            records: dict[UUID, list[Stored]] = {}
            for span in spans:
                records.setdefault(span.value.record_id, []).append(span)
            found += [held_of(dataset, by_id[identity_id], each) for each in records.values()]
        return found

    async def identities(
        self, people: Sequence[PersonPlace], department: str = OWNER
    ) -> dict[UUID, Identity]:
        """Return a department's identities of `people`, of those who have one, by person."""
        found = await identities_of_people(self.connection, self.desk.office.keys, people)
        return {i.person.person_id: i for i in found if i.department == department}

    async def made_identities(
        self, residents: Sequence[Resident], department: str = OWNER
    ) -> dict[UUID, Identity]:
        """Return a department's identities of `residents`; who has none gets one."""
        office = self.desk.office
        own = await self.identities([r.person for r in residents], department)
        new = NewPeople(office.keys, office.tagger.version, self.at)
        for resident in residents:
            person = resident.person
            if person.person_id not in own:
                own[person.person_id] = new.identity(
                    department, resident.person_tag, person, resident.tag_version
                )
        await new.write(self.connection)
        return own

    async def add(
        self,
        dataset: Dataset,
        identity: Identity,
        record_id: UUID,
        values: Mapping[str, object],
        step: UUID,
        days: tuple[date, date] | None = None,
    ) -> None:
        """Store a new record; it holds from today on, or on the `days` of [first, second)."""
        owner = (dataset, identity.person.cell, identity.identity_id, identity.key)
        span = own_version(OwnRecord(*owner, record_id, values, self.today, self.at, step))
        if days is not None:
            span = Span(*days, span.value)
        await self.desk.facts.write(self.connection, dataset, [], [span], self.at)

    async def change(self, held: Held, changes: Mapping[str, object], step: UUID) -> None:
        """Store what a record says from today on; what it said before stays known as before."""
        identity = held.identity
        owner = (held.dataset, identity.person.cell, identity.identity_id, identity.key)
        values = {**held.values, **changes}
        own = OwnRecord(*owner, held.record_id, values, self.today, self.at, step)
        closed, added = superseding(own, list(held.spans))
        await self.desk.facts.write(self.connection, held.dataset, closed, added, self.at)

    async def carried_out(self, held: Held, step: UUID) -> date | None:
        """Return on which day a step was carried out on a record; None if it never was."""
        sql = _STEP.format(held.dataset.name)  # a declared name, nothing that anybody sent
        day: date | None = await self.connection.fetchval(
            sql, held.identity.person.cell, held.record_id, step
        )
        return day

    async def on_record(
        self,
        command: str,
        outcome: str,
        aliases: Sequence[bytes],
        fields: Sequence[str],
        **more: object,
    ) -> None:
        """Put the step on record; call it last, so that nothing is stored without it.

        Raises:
            AuditUnavailableError: It is not on record; the transaction must not commit.
        """
        caller = self.caller
        about: dict[str, object] = {
            "command": command,
            "department": caller.department,
            "role": caller.role,
            "purpose": caller.purpose,
            "client": caller.client_id,
            "actor": caller.actor,
            "case": caller.case,
            "outcome": outcome,
            **more,
        }
        tags = map(self.desk.office.tagger.subject, aliases)
        await recorded(self.desk.journal, EntryKind.COMMAND, about, tags, fields)


def held_of(dataset: Dataset, identity: Identity, spans: Sequence[Stored]) -> Held:
    """Return a record, opened.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    newest = spans[-1]
    opened = opened_values(dataset, identity.key, newest)
    values = {f.name: plain_value(f.kind, opened[f.name]) for f in dataset.fields}
    return Held(dataset, identity, newest.value.record_id, spans, values)


def plain_value(kind: Kind, value: object) -> object:
    """Return an opened value as we have it: JSON has no days."""
    return date.fromisoformat(value) if kind is Kind.DATE and isinstance(value, str) else value


def aliases_of(home: HomeNow) -> list[bytes]:
    """Return the log aliases of a household and of everybody who lives there today."""
    return [home.log_alias, *(r.person.log_alias for r in home.residents)]
