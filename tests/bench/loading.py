"""Fills two copies of one made-up district: the hub's own sealed tables, and clear ones beside it.

The hub's copy is what ingest writes, through `hub.store` and `hub.sealing`. The clear copy is that
of `tests.bench.clear`. Large districts are made, sealed and stored by several processes, each a
share of the families; rows go in by COPY.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection, wait
from random import Random
from uuid import UUID, uuid4

import asyncpg
import orjson

from hub.app import Core, catalogue_of
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import Keyring
from hub.sealing.seals import seal_groups
from hub.sealing.tags import Tagger
from hub.settings import Settings
from hub.store.bulk import add_rows, inserted
from hub.store.facts import STILL_KNOWN, known_now
from hub.store.people import NewPeople
from hub.store.statements import DatasetStatements
from hub.store.timeline import ALWAYS, FOREVER
from schema.catalogue import Field, Kind
from tests.bench.clear import clear_indexes, clear_tables
from tests.bench.families import CELL, Family, Person, Record, family, family_count
from tests.bench.progress import Progress
from tests.bench.serving import worker
from tests.bench.unlocked import unsealed

AT_A_TIME = 1_000
"""Families in memory at a time, for each process."""
ALONE = 20_000
"""Families that one process stores sooner than several have started."""
CIVIL_AFFAIRS = "civil-affairs"
CLEAR_ORDER = ["person", "household", "membership"]
"""Tables of the clear copy that others refer to, and so come first."""
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

    def __init__(self, district: "District") -> None:
        keyring = Keyring.open(district.settings.key_folder, district.settings.root_key)
        self._with_clear = district.with_clear
        self._keys, self._tagger = DataKeys(keyring, capacity=1), Tagger(keyring)
        self._known = district.known
        declared = catalogue_of(district.settings)
        catalogue = declared if district.is_sealed else unsealed(declared)
        self._by_name = catalogue.by_name
        self._statements = {d.name: DatasetStatements(d) for d in catalogue.stored}
        self._rng = Random()
        self._forget()

    def _forget(self) -> None:
        self._new = NewPeople(self._keys, self._tagger.version, self._known)
        self._sealed: dict[str, list[tuple[object, ...]]] = {}
        self._clear: dict[str, list[tuple[object, ...]]] = {}

    def family(self, family: Family) -> None:
        """Add a family, its members and every record of them; records have the same ids always."""
        self._rng = Random(family.number)
        home = self._new.household(
            CELL, self._tagger.household(family.number), os.urandom(32)
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
            beside = (family.region,) if record.dataset == "alert" else ()
            self._record(record, home, key, home, beside)

    def _person(self, person: Person) -> UUID:
        tag = self._tagger.person(person.number)
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

    def _record(
        self,
        record: Record,
        identity: UUID,
        key: bytes,
        subject: UUID,
        beside: tuple[object, ...] = (),
    ) -> None:
        dataset = self._by_name[record.dataset]
        values = dataset.derive(record.values)
        record_id, version_id = UUID(int=self._rng.getrandbits(128), version=4), uuid4()
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
        row = (record_id, subject, record.valid_from, *clear, *beside)
        self._add(self._clear, dataset.name, row)

    @staticmethod
    def _add(into: dict[str, list[tuple[object, ...]]], name: str, row: tuple[object, ...]) -> None:
        into.setdefault(name, []).append(row)

    async def write(self, connection: asyncpg.Connection) -> None:
        """Store both copies, and forget them."""
        await self._new.write(connection)
        fixed: dict[str, Sequence[str]] = {"membership": MEMBERSHIP, "household_place": PLACE}
        for name, rows in self._sealed.items():
            if name in fixed:
                await add_rows(connection, name, fixed[name], rows)
            else:
                await inserted(connection, self._statements[name].add, rows)
        if self._with_clear:
            for name in CLEAR_ORDER + sorted(self._clear.keys() - set(CLEAR_ORDER)):
                rows = self._clear.get(name, [])
                await connection.copy_records_to_table(name, schema_name="clear", records=rows)
        self._forget()


def _clear(declared: Field, value: object) -> object:
    return orjson.dumps(value).decode() if declared.kind is Kind.STRUCTURE else value


@dataclass(frozen=True, slots=True)
class District:
    """What is to be filled with whom: enough for a process to do its share."""

    settings: Settings
    dsn: str
    people: int
    seed: int
    known: datetime
    with_clear: bool
    is_sealed: bool


async def _share(district: District, share: int, shares: int) -> AsyncIterator[int]:
    """Store every `shares`-th batch of families; give the people stored, batch by batch."""
    rows = Rows(district)
    count = family_count(district.people)
    connection = await asyncpg.connect(district.dsn)
    try:
        for start in range(share * AT_A_TIME, count, shares * AT_A_TIME):
            stored = 0
            for index in range(start, min(start + AT_A_TIME, count)):
                one = family(index, district.people, district.seed)
                rows.family(one)
                stored += len(one.members)
            async with connection.transaction():
                await rows.write(connection)
            yield stored
    finally:
        await connection.close()


def store_share(line: Connection, district: District, share: int, shares: int) -> None:
    """Do one share in a process of its own, telling through `line` how many people it stored."""

    async def main() -> None:
        async for stored in _share(district, share, shares):
            line.send(stored)

    asyncio.run(main())
    line.send(None)


async def _stored(district: District) -> AsyncIterator[int]:
    """Store the whole district in as many processes as pay; give the people as they are stored."""
    shares = os.cpu_count() or 1
    if family_count(district.people) <= ALONE or shares == 1:
        async for stored in _share(district, 0, 1):
            yield stored
        return
    with ExitStack() as stack:
        lines = [
            stack.enter_context(worker(store_share, district, share, shares)).line
            for share in range(shares)
        ]
        while lines:
            for line in await asyncio.to_thread(wait, lines):
                assert isinstance(line, Connection)
                stored = line.recv()
                if stored is None:
                    lines.remove(line)
                else:
                    yield stored


async def fill(
    core: Core, people: int, seed: int, *, with_clear: bool = True, is_sealed: bool = True
) -> int:
    """Fill the hub's copy, and the clear one if wanted, with about `people`; return how many.

    Where nothing is sealed, `core` has the declarations that say so. Says on stderr how far it
    is, where that takes long.
    """
    connection = await asyncpg.connect(core.dsn)
    try:
        async with connection.transaction():
            known = await known_now(connection)
        if with_clear:
            await _execute(connection, clear_tables(core.catalogue))
        district = District(core.settings, core.dsn, people, seed, known, with_clear, is_sealed)
        count, tell = 0, Progress(people, "people stored")
        async for stored in _stored(district):
            count += stored
            tell(count)
        if with_clear:
            await _execute(connection, clear_indexes(core.catalogue))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return count


async def _execute(connection: asyncpg.Connection, statements: Iterator[str]) -> None:
    for statement in statements:
        await connection.execute(statement)
