"""A household as casework finds it today: who lives there, and by what name and number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import opener
from hub.store.database import Connection
from hub.store.facts import Facts, Stored
from hub.store.people import Identity, PersonPlace, identities_of_people
from schema.catalogue import Dataset, Meaning

_HOME: Final = """
SELECT h.cell, h.log_alias, hp.region FROM household h
JOIN household_place hp ON hp.cell = h.cell AND hp.household_id = h.household_id
     AND hp.known_to = 'infinity' AND hp.valid_from <= $2 AND $2 < hp.valid_to
WHERE h.household_id = $1
"""
_PEOPLE: Final = """
SELECT p.cell, p.person_id, p.log_alias,
       bool_or(m.valid_from <= $3 AND $3 < m.valid_to) AS lives_here
FROM membership m JOIN person p ON p.cell = m.cell AND p.person_id = m.person_id
WHERE m.cell = $1 AND m.household_id = $2 AND m.known_to = 'infinity'
GROUP BY p.cell, p.person_id, p.log_alias ORDER BY p.person_id
"""
_PEOPLE_IN: Final = """
SELECT DISTINCT p.cell, p.person_id, p.log_alias FROM person p
JOIN membership m ON m.cell = p.cell AND m.person_id = p.person_id
     AND m.known_to = 'infinity' AND m.valid_from <= $3 AND $3 < m.valid_to
JOIN household_place hp ON hp.cell = m.cell AND hp.household_id = m.household_id
     AND hp.known_to = 'infinity' AND hp.valid_from <= $3 AND $3 < hp.valid_to
WHERE p.person_id = any($1::uuid[]) AND hp.region LIKE any($2::text[])
ORDER BY p.person_id
"""


@dataclass(frozen=True, slots=True)
class Resident:
    """A person who lives there, as the register names them."""

    person: PersonPlace
    person_tag: bytes = field(repr=False)
    tag_version: int
    """The version of the tag key that the tag is under."""
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True)
class HomeNow:
    """A household today; `everybody` has lived there at some time."""

    cell: str
    household_id: UUID
    log_alias: bytes = field(repr=False)
    region: str
    residents: tuple[Resident, ...]
    everybody: tuple[PersonPlace, ...]


async def home_now(
    connection: Connection,
    facts: Facts,
    keys: DataKeys,
    asked: tuple[UUID, Sequence[str]],
    today: date,
) -> HomeNow | None:
    """Return the household with this id if it lies below one of these regions today, else None.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    household_id, regions = asked
    row = await connection.fetchrow(_HOME, household_id, today)
    if row is None or not any(row["region"].startswith(prefix) for prefix in regions):
        return None
    people = await connection.fetch(_PEOPLE, row["cell"], household_id, today)
    here = [_place(r) for r in people if r["lives_here"]]
    return HomeNow(
        row["cell"],
        household_id,
        row["log_alias"],
        row["region"],
        tuple(await named(connection, facts, keys, here, today)),
        tuple(_place(r) for r in people),
    )


def _place(row: Record) -> PersonPlace:
    return PersonPlace(row["cell"], row["person_id"], row["log_alias"])


async def people_in(
    connection: Connection, people: Iterable[UUID], regions: Sequence[str], today: date
) -> list[PersonPlace]:
    """Return those of `people` who live below one of these regions today."""
    rows = await connection.fetch(_PEOPLE_IN, list(people), [f"{p}%" for p in regions], today)
    return [_place(r) for r in rows]


async def named(
    connection: Connection,
    facts: Facts,
    keys: DataKeys,
    here: list[PersonPlace],
    today: date,
) -> list[Resident]:
    """Return people as the register names them today; who is not in it is left out.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    register = next(d for d in facts.catalogue if d.with_meaning(Meaning.HOUSEHOLD_NUMBER))
    found = await identities_of_people(connection, keys, here)
    own = {i.identity_id: i for i in found if i.department == register.department}
    rows = await facts.of_identities(connection, register, {p.cell for p in here}, own)
    residents = []
    for identity_id, identity in sorted(own.items(), key=lambda item: item[1].person.person_id):
        spans = [s for s in rows.get(identity_id, []) if s.valid_from <= today < s.valid_to]
        if spans:
            residents.append(_resident(register, identity, spans[-1]))
    return residents


def _resident(register: Dataset, identity: Identity, span: Stored) -> Resident:
    number = _opened(register, Meaning.CITIZEN_NUMBER, identity, span)
    name = _opened(register, Meaning.NAME, identity, span)
    born = _opened(register, Meaning.BIRTH_DATE, identity, span)
    return Resident(
        identity.person,
        identity.person_tag,
        identity.tag_version,
        number,
        name,
        date.fromisoformat(born) if born not in {"", "None"} else None,
    )


def _opened(register: Dataset, meaning: Meaning, identity: Identity, span: Stored) -> str:
    f = register.with_meaning(meaning)
    if f is None or f.group is None:
        return ""
    version = span.value
    sealed = version.columns[f"sealed_{f.group}"]
    opened = opener(register.department, register.name, f.group)(
        identity.key,
        version.identity_id.bytes,
        version.version_id.bytes,
        sealed if isinstance(sealed, bytes) else b"",
    )
    return str(opened[register.groups[f.group].index(f)])
