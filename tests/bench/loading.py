"""Fills two copies of one made-up district: the hub's own sealed tables, and clear ones beside it.

The hub's copy is what ingest writes, through `hub.store` and `hub.sealing`. The clear copy, schema
`clear`, has one row a fact, no versions, no links and an index for each question of the bench: what
a team would have that does only the query.
"""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

import asyncpg
import orjson

from hub.app import Core
from hub.sealing.seals import seal_groups
from hub.store.facts import STILL_KNOWN, known_now
from hub.store.people import NewPeople, copied
from hub.store.statements import DatasetStatements
from hub.store.timeline import ALWAYS, FOREVER
from schema.catalogue import Catalogue, Dataset, Field, Kind, Subject
from tests.bench.families import CELL, Family, Person, Record, families

AT_A_TIME = 2_000
"""Families in memory at a time."""
CIVIL_AFFAIRS = "civil-affairs"
SQL_TYPES = {
    Kind.INTEGER: "integer",
    Kind.CENTS: "bigint",
    Kind.DATE: "date",
    Kind.FLAG: "boolean",
    Kind.MOMENT: "timestamptz",
    Kind.STRUCTURE: "jsonb",
}
CLEAR_TABLES = """
    create schema clear;
    create table clear.person (person_id uuid primary key, national_id text not null unique);
    create table clear.household (household_id uuid primary key, region text not null);
    create table clear.membership (
        household_id uuid, person_id uuid, relation text, primary key (household_id, person_id));
"""
CLEAR_INDEXES = """
    create index on clear.household (region);
    create index on clear.membership (person_id);
    create index on clear.alert (total desc, record_id) where status <> 'closed';
"""
MEMBERSHIP = (
    *("cell", "household_id", "version_id", "person_id", "relation", "source_record_id"),
    *("valid_from", "valid_to", "known_from", "known_to"),
)
PLACE = (
    *("cell", "household_id", "version_id", "region"),
    *("valid_from", "valid_to", "known_from", "known_to"),
)


class Rows:
    """Rows of both copies, gathered until they are stored."""

    def __init__(self, core: Core, known: datetime) -> None:
        self._core = core
        self._known = known
        self._by_name = core.catalogue.by_name
        self._new = NewPeople(core.data_keys, core.tagger.version, known)
        self._statements = {d.name: DatasetStatements(d) for d in core.catalogue}
        self._sealed: dict[str, list[tuple[object, ...]]] = {}
        self._clear: dict[str, list[tuple[object, ...]]] = {}

    def family(self, family: Family) -> None:
        """Add a family, its members and every record of them."""
        home = self._new.household(
            CELL, self._core.tagger.household(family.number), os.urandom(32)
        ).household_id
        span = (ALWAYS, FOREVER, self._known, STILL_KNOWN)
        self._add(self._sealed, "household_place", (CELL, home, uuid4(), family.region, *span))
        self._add(self._clear, "household", (home, family.region))
        for person in family.members:
            member = self._person(person)
            row = (CELL, home, uuid4(), member, person.relation, uuid4(), *span)
            self._add(self._sealed, "membership", row)
            self._add(self._clear, "membership", (home, member, person.relation))
        key = self._new.key(CIVIL_AFFAIRS, CELL, home)
        for record in family.records:
            self._record(record, home, key, home)

    def _person(self, person: Person) -> UUID:
        tag = self._core.tagger.person(person.number)
        place = self._new.person(CELL, tag, os.urandom(32))
        self._add(self._clear, "person", (place.person_id, person.number))
        identities = {}
        for record in person.records:
            department = self._by_name[record.dataset].department
            if department not in identities:
                identities[department] = self._new.identity(department, tag, place)
            identity = identities[department]
            self._record(record, identity.identity_id, identity.key, place.person_id)
        return place.person_id

    def _record(self, record: Record, identity: UUID, key: bytes, subject: UUID) -> None:
        dataset = self._by_name[record.dataset]
        values = dataset.derive(record.values)
        record_id, version_id = uuid4(), uuid4()
        stored: dict[str, object] = {
            "cell": CELL,
            "identity_id": identity,
            "version_id": version_id,
            "record_id": record_id,
            "source_record_id": uuid4(),
            "source_time": self._known,
            "valid_from": record.valid_from,
            "valid_to": FOREVER,
            "known_from": self._known,
            "known_to": STILL_KNOWN,
            **{f.name: values[f.name] for f in dataset.clear},
            **seal_groups(dataset, values, key, identity, version_id),
        }
        columns = self._statements[dataset.name].columns
        self._add(self._sealed, dataset.name, tuple(stored[name] for name in columns))
        clear = (_clear(f, values[f.name]) for f in dataset.fields)
        self._add(self._clear, dataset.name, (record_id, subject, record.valid_from, *clear))

    @staticmethod
    def _add(into: dict[str, list[tuple[object, ...]]], name: str, row: tuple[object, ...]) -> None:
        into.setdefault(name, []).append(row)

    async def write(self, connection: asyncpg.Connection) -> None:
        """Store both copies, and forget them."""
        await self._new.write(connection)
        columns: dict[str, Sequence[str]] = {"membership": MEMBERSHIP, "household_place": PLACE}
        columns |= {name: s.columns for name, s in self._statements.items()}
        for name, rows in self._sealed.items():
            await copied(connection, name, columns[name], rows)
        for name, rows in self._clear.items():
            await connection.copy_records_to_table(name, schema_name="clear", records=rows)
        self._new = NewPeople(self._core.data_keys, self._core.tagger.version, self._known)
        self._sealed, self._clear = {}, {}


def _clear(declared: Field, value: object) -> object:
    return orjson.dumps(value).decode() if declared.kind is Kind.STRUCTURE else value


def subject_column(dataset: Dataset) -> str:
    """Return the column by which a clear table names whom its row is about."""
    return "person_id" if dataset.subject is Subject.PERSON else "household_id"


def clear_tables(catalogue: Catalogue) -> str:
    """Return the statements that make the clear copy, indexes included."""
    statements = [CLEAR_TABLES]
    for dataset in catalogue:
        columns = (f"{f.name} {SQL_TYPES.get(f.kind, 'text')}" for f in dataset.fields)
        subject = subject_column(dataset)
        statements.append(
            f"create table clear.{dataset.name} (record_id uuid primary key, {subject} uuid, "
            f"valid_from date, {', '.join(columns)}); "
            f"create index on clear.{dataset.name} ({subject});"
        )
    return "".join([*statements, CLEAR_INDEXES])


async def fill(core: Core, people: int, seed: int) -> int:
    """Fill both copies with at least `people` people; return how many they are."""
    count = 0
    connection = await asyncpg.connect(core.dsn)
    try:
        await connection.execute(clear_tables(core.catalogue))
        async with connection.transaction():
            rows = Rows(core, await known_now(connection))
            source = families(people, seed)
            while batch := list(islice(source, AT_A_TIME)):
                count += _added(rows, batch)
                await rows.write(connection)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return count


def _added(rows: Rows, batch: Iterable[Family]) -> int:
    count = 0
    for family in batch:
        rows.family(family)
        count += len(family.members)
    return count
