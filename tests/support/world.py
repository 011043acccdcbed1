"""A small made-up district, as plain rows for oracles and as sealed rows in a database."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import asyncpg

from hub.access import default_policy_text
from hub.query.policies import publish_policy
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.seals import seal_groups
from hub.sealing.tags import Tagger
from schema.catalogue import Catalogue, Dataset, Subject
from schema.ids import check_character
from tests.support.cases import register_case

CELL = "420106"
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
FOREVER = date.max
ALWAYS = datetime.max.replace(tzinfo=UTC)
LOADED = datetime(2026, 9, 1, tzinfo=UTC)
CORRECTED = datetime(2026, 10, 1, tzinfo=UTC)
DEPARTMENTS = (
    "civil-affairs",
    "public-security",
    "medical-insurance",
    "disabled-federation",
    "banks",
)
REGIONS = ("420106001001", "420106001002", "420106002001", "420107001001")
"""The last one is outside every region of the default policy."""


def number_of(n: int, born: date) -> str:
    """Return a citizen number that cannot exist: no region begins with 69."""
    first17 = f"690106{born:%Y%m%d}{n % 1000:03d}"
    return first17 + check_character(first17)


@dataclass
class World:
    """Rows by table; a dataset's rows hold plain values."""

    catalogue: Catalogue
    random: Random
    cell: str = CELL
    tables: dict[str, list[dict]] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    person_by_number: dict[str, UUID] = field(default_factory=dict)
    identities: dict[tuple[str, UUID], UUID] = field(default_factory=dict)

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def add(self, table: str, **row) -> dict:
        row = {"cell": self.cell, **row}
        self.tables.setdefault(table, []).append(row)
        return row

    def version(self, table: str, **row) -> dict:
        times = {
            "valid_from": date(2020, 1, 1),
            "valid_to": FOREVER,
            "known_from": LOADED,
            "known_to": ALWAYS,
        }
        return self.add(table, **{**times, "version_id": self.uuid(), **row})

    def household(self, region: str) -> UUID:
        household = self.uuid()
        self.add(
            "household",
            household_id=household,
            log_alias=self.random.randbytes(16),
            number_tag=self.random.randbytes(32),
            tag_version=1,
            known_from=LOADED,
        )
        self.version("household_place", household_id=household, region=region)
        return household

    def person(self, household: UUID, relation: str | None, born: date) -> UUID:
        person, number = self.uuid(), number_of(len(self.numbers) + 1, born)
        self.add("person", person_id=person, log_alias=self.random.randbytes(16), known_from=LOADED)
        self.numbers.append(number)
        self.person_by_number[number] = person
        self.member(household, person, relation)
        return person

    def member(self, household: UUID, person: UUID, relation: str | None, **times) -> None:
        self.version(
            "membership",
            household_id=household,
            person_id=person,
            relation=relation,
            source_record_id=self.uuid(),
            **times,
        )

    def identity(self, department: str, person: UUID) -> UUID:
        known = self.identities.get((department, person))
        if known is None:
            known = self.identities[department, person] = self.uuid()
            self.add(
                "identity",
                identity_id=known,
                department=department,
                person_tag=self.random.randbytes(32),
                tag_version=1,
                known_from=LOADED,
            )
            self.version(
                "link",
                identity_id=known,
                person_id=person,
                evidence="citizen-number",
                certainty=100,
                department=department,
            )
        return known

    def record(self, name: str, subject: UUID, values: dict, **times) -> dict:
        """Add a record about a person or a household; every field is present."""
        dataset = self.catalogue.by_name[name]
        is_person = dataset.subject is Subject.PERSON
        identity = self.identity(dataset.department, subject) if is_person else subject
        return self.version(
            name,
            identity_id=identity,
            record_id=times.pop("record_id", None) or self.uuid(),
            source_record_id=None,
            source_time=LOADED,
            values=dataset.derive(values),
            **times,
        )

    # Writing.

    async def write(self, dsn: str, keyring: Keyring) -> None:
        """Insert every row, sealed as the declarations say, and put the default policy in force."""
        for department in DEPARTMENTS:
            keyring.ensure(KeyKind.DEPARTMENT, department)
        keyring.ensure(KeyKind.TAG)
        keyring.ensure(KeyKind.IDENTIFIER)
        keyring.ensure(KeyKind.SUBJECT)
        tagger, keys = Tagger(keyring), DataKeys(keyring)
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(
                "insert into known_time (one, at) values (true, $1) "
                "on conflict (one) do update set at = excluded.at",
                CORRECTED,
            )
            await publish_policy(connection, default_policy_text(), self.catalogue, LOADED)
            await register_case(connection)
            raw_by_key: dict[tuple[UUID, str], bytes] = {}
            for table, rows in self.tables.items():
                dataset = self.catalogue.by_name.get(table)
                for row in rows:
                    stored = dict(row)
                    if dataset is not None:
                        key = await self._key(connection, raw_by_key, keys, dataset, row)
                        stored |= sealed_row(dataset, stored.pop("values"), key, row)
                    await insert(connection, table, stored)
            for number, person in self.person_by_number.items():
                await insert(
                    connection,
                    "person_tag",
                    {
                        "tag": tagger.person(number),
                        "key_version": tagger.version,
                        "cell": self.cell,
                        "person_id": person,
                    },
                )
        finally:
            await connection.close()

    async def _key(self, connection, raw_by_key, keys: DataKeys, dataset: Dataset, row) -> bytes:
        place = (row["identity_id"], dataset.department)
        if place not in raw_by_key:
            raw_by_key[place], wrapped = keys.new(dataset.department)
            await insert(
                connection,
                "data_key",
                {
                    "cell": self.cell,
                    "identity_id": row["identity_id"],
                    "department": dataset.department,
                    "suite": wrapped.suite,
                    "key_version": wrapped.key_version,
                    "wrapped": wrapped.wrapped,
                    "commitment": wrapped.commitment,
                },
            )
        return raw_by_key[place]


def sealed_row(dataset: Dataset, values: dict, key: bytes, row: dict) -> dict:
    clear = {f.name: values[f.name] for f in dataset.clear}
    return clear | seal_groups(dataset, values, key, row["identity_id"], row["version_id"])


async def insert(connection: asyncpg.Connection, table: str, row: dict) -> None:
    names = ", ".join(row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(
        f"insert into {table} ({names}) values ({places})",  # noqa: S608 - test tables
        *row.values(),
    )


def made_world(catalogue: Catalogue, *, seed: int = 7, households: int = 9) -> World:
    """Return a district with history, corrections, moves and people outside the regions."""
    world = World(catalogue, Random(seed))
    for n in range(households):
        household = world.household(REGIONS[n % len(REGIONS)])
        _score(world, household, n)
        for m in range(world.random.randint(1, 4)):
            relation = ("02", "10", "20", None)[m]
            born = date(1950 + world.random.randint(0, 70), 1 + m, 1 + n)
            person = world.person(household, relation, born)
            _records(world, person, born, n, m)
    _histories(world)
    return world


def _score(world: World, household: UUID, n: int) -> None:
    total = world.random.choice((12, 44, 61, 61, 78))
    band = {12: "green", 44: "yellow", 61: "orange", 78: "red"}[total]
    world.record(
        "score",
        household,
        {
            "total": total,
            "band": band,
            "coverage": 60,
            "profile": "ab" * 8,
            "dimensions": [{"code": "D1", "points": 5, "cap": 15, "coverage": 9}],
            "reasons": [
                {
                    "indicator": "minor",
                    "dimension": "D1",
                    "points": 4,
                    "text_zh": "未成年",
                    "text_en": "a minor",
                    "source": "public-security" if n % 2 else None,
                    "source_time": LOADED.isoformat() if n % 2 else None,
                    "age_days": 3 if n % 2 else None,
                }
            ]
            if n % 3
            else [],
        },
    )
    if total > 40:
        status = ("screened", "assigned", "visited", "queued")[n % 4]
        world.record("alert", household, _alert(band, total, status))
    if n % 4 == 1:
        world.record("alert", household, _alert("red", 99, "closed"))


def _alert(band: str, total: int, status: str) -> dict:
    return {
        "band": band,
        "total": total,
        "status": status,
        "opened_at": LOADED,
        "due_on": date(2026, 12, 1) if total == 61 else date(2026, 11, 2),
        "outcome": "not-in-need" if status == "closed" else None,
        "urgent": total > 70,
        "assignee": "u17" if status == "assigned" else None,
        "step": 1,
    }


def _records(world: World, person: UUID, born: date, n: int, m: int) -> None:
    number = next(k for k, v in world.person_by_number.items() if v == person)
    world.record(
        "population",
        person,
        {
            "national_id": number,
            "name": f"试{n}{m}",
            "sex": "1",
            "birth_date": born,
            "ethnic_group": "01",
            "household_number": f"HN{n}",
            "relation_to_head": "02",
            "registered_address": f"虚构路{n}号",
            "phone": f"12900{n:03d}{m:03d}",
            "region": REGIONS[0],
            "status": "1",
        },
    )
    for k in range(world.random.randint(0, 3)):
        world.record(
            "medical_settlement",
            person,
            {
                "settlement_number": f"S{n}{m}{k}",
                "visit_type": "21",
                "admitted_on": date(2026, 3, 1 + k),
                "discharged_on": None,
                "settled_on": date(2026, 3, 9 + k),
                "total_cents": 500_000 + k,
                "fund_paid_cents": 300_000,
                "self_paid_cents": 200_000 + k,
                "major_disease": k == 1,
            },
            valid_from=date(2026, 3, 9 + k),
        )
    if world.random.random() < 0.5:
        world.record(
            "disability_certificate",
            person,
            {"certificate_number": f"C{n}{m}", "category": "1", "level": "2", "status": "1"},
        )
    if world.random.random() < 0.7:
        world.record(
            "medical_enrolment",
            person,
            {"personal_number": f"P{n}{m}", "scheme": "390", "status": "1", "subsidised": True},
        )
    if world.random.random() < 0.4:
        world.record(
            "recognition",
            person,
            {"category": "DB", "start_date": date(2026, 8, 1), "region": REGIONS[0]},
        )


def _histories(world: World) -> None:
    """Correct one name, end one address, move one person, and let one live in two households."""
    first, second = world.tables["population"][0], world.tables["population"][1]
    old = dict(first, version_id=world.uuid(), known_to=CORRECTED)
    old["values"] = {**first["values"], "name": "旧名"}
    first["known_from"] = CORRECTED
    before = dict(second, version_id=world.uuid(), valid_to=date(2026, 6, 1))
    before["values"] = {**second["values"], "phone": "12900999999"}
    second["valid_from"] = date(2026, 6, 1)
    world.tables["population"] += [old, before]
    homes = [row["household_id"] for row in world.tables["household"]]
    moved = world.tables["membership"][0]
    moved["valid_to"] = date(2026, 7, 1)
    world.member(homes[1], moved["person_id"], "20", valid_from=date(2026, 7, 1))
    world.member(homes[3], world.tables["membership"][1]["person_id"], "30")
