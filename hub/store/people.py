"""People, their identities at departments, and households: set-based look-ups and additions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.sealing.datakeys import DataKeys, WrappedKey
from hub.store.bulk import add_rows
from hub.store.database import Connection
from hub.store.facts import STILL_KNOWN
from hub.store.ids import SideBySide, fresh_id
from hub.store.timeline import ALWAYS, FOREVER

BY_NUMBER: Final = "citizen-number"
"""Evidence of a link: both sides carry the same valid citizen number."""
_ALIAS_BYTES: Final = 16

_PEOPLE: Final = """
SELECT t.tag, t.cell, t.person_id, p.log_alias
FROM person_tag t JOIN person p ON p.cell = t.cell AND p.person_id = t.person_id
WHERE t.tag = any($1::bytea[])
"""
_REST: Final = """
SELECT i.*, p.log_alias, k.key_version, k.wrapped, k.commitment
FROM found i
JOIN person p ON p.cell = i.cell AND p.person_id = i.person_id
JOIN data_key k ON k.cell = i.cell AND k.identity_id = i.identity_id
     AND k.department = i.department
"""
"""The first step is materialised: fresh tables have no statistics, and it must come first."""
_IDENTITIES_BY_TAG: Final = (
    """
WITH found AS MATERIALIZED (
    SELECT i.*, l.person_id FROM identity i
    JOIN link l ON l.cell = i.cell AND l.identity_id = i.identity_id AND l.known_to = 'infinity'
    WHERE i.department = $1 AND i.person_tag = any($2::bytea[])
)"""  # noqa: S608 - two constants of this module
    + _REST
)
_IDENTITIES_BY_ID: Final = (
    """
WITH found AS MATERIALIZED (
    SELECT i.*, l.person_id FROM identity i
    JOIN link l ON l.cell = i.cell AND l.identity_id = i.identity_id AND l.known_to = 'infinity'
    WHERE i.cell = any($1) AND i.identity_id = any($2::uuid[])
)"""  # noqa: S608 - two constants of this module
    + _REST
)
_IDENTITIES_OF_PEOPLE: Final = (
    """
WITH linked AS MATERIALIZED (
    SELECT cell, identity_id, person_id FROM link
    WHERE cell = any($1) AND person_id = any($2::uuid[]) AND known_to = 'infinity'
), found AS MATERIALIZED (
    SELECT i.*, l.person_id FROM linked l
    JOIN identity i ON i.cell = l.cell AND i.identity_id = l.identity_id
)"""  # noqa: S608 - two constants of this module
    + _REST
)
_IDENTITIES_BY_NUMBER: Final = (
    """
WITH wanted AS MATERIALIZED (
    SELECT tag, cell, person_id FROM person_tag WHERE tag = any($2::bytea[])
), linked AS MATERIALIZED (
    SELECT w.tag, l.cell, l.identity_id, l.person_id FROM wanted w
    JOIN link l ON l.cell = w.cell AND l.person_id = w.person_id AND l.department = $1
         AND l.known_to = 'infinity'
), found AS MATERIALIZED (
    SELECT i.*, l.person_id, l.tag FROM linked l
    JOIN identity i ON i.cell = l.cell AND i.identity_id = l.identity_id
    WHERE i.department = $1
)"""  # noqa: S608 - two constants of this module
    + _REST
)
"""By any number that the person has or had; an identity itself keeps the number it began with."""
_HOUSEHOLDS: Final = """
SELECT number_tag, cell, household_id, log_alias FROM household
WHERE number_tag = any($1::bytea[])
"""
_KEYS: Final = """
SELECT identity_id, key_version, wrapped, commitment FROM data_key
WHERE cell = any($1) AND identity_id = any($2::uuid[]) AND department = $3
"""


@dataclass(frozen=True, slots=True)
class PersonPlace:
    """Where a person lives, and the alias by which the log knows them."""

    cell: str
    person_id: UUID
    log_alias: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class HouseholdPlace:
    """Where a household lives, and the alias by which the log knows it."""

    cell: str
    household_id: UUID
    log_alias: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """One department's view of a person, with its opened data key."""

    department: str
    identity_id: UUID
    person_tag: bytes = field(repr=False)
    tag_version: int
    """The version of the tag key that its tag is under."""
    person: PersonPlace
    key: bytes = field(repr=False)


async def people_by_tag(connection: Connection, tags: Iterable[bytes]) -> dict[bytes, PersonPlace]:
    """Return who is known under each tag of a citizen number."""
    rows = await connection.fetch(_PEOPLE, list(tags))
    return {r["tag"]: PersonPlace(r["cell"], r["person_id"], r["log_alias"]) for r in rows}


async def households_by_tag(
    connection: Connection, tags: Iterable[bytes]
) -> dict[bytes, HouseholdPlace]:
    """Return which household is known under each tag of a household number."""
    rows = await connection.fetch(_HOUSEHOLDS, list(tags))
    return {
        r["number_tag"]: HouseholdPlace(r["cell"], r["household_id"], r["log_alias"]) for r in rows
    }


async def identities_by_tag(
    connection: Connection, keys: DataKeys, department: str, tags: Iterable[bytes]
) -> dict[bytes, Identity]:
    """Return a department's identity under each tag, its key opened.

    Raises:
        KeysUnavailableError: A key version of the department is not at hand.
        SealBrokenError: A stored key does not authenticate.
    """
    rows = await connection.fetch(_IDENTITIES_BY_TAG, department, list(tags))
    return {r["person_tag"]: _identity(r, keys) for r in rows}


async def identities_by_number(
    connection: Connection, keys: DataKeys, department: str, tags: Iterable[bytes]
) -> dict[bytes, list[Identity]]:
    """Return a department's identities of whoever is known under each tag, older numbers too.

    Raises as `identities_by_tag` does.
    """
    found: dict[bytes, list[Identity]] = {}
    for r in await connection.fetch(_IDENTITIES_BY_NUMBER, department, list(tags)):
        found.setdefault(r["tag"], []).append(_identity(r, keys))
    return found


async def identities_by_id(
    connection: Connection, keys: DataKeys, cells: Iterable[str], ids: Iterable[UUID]
) -> dict[UUID, Identity]:
    """Return identities by their id; raises as `identities_by_tag` does."""
    rows = await connection.fetch(_IDENTITIES_BY_ID, sorted(set(cells)), list(ids))
    return {r["identity_id"]: _identity(r, keys) for r in rows}


async def identities_of_people(
    connection: Connection, keys: DataKeys, people: Iterable[PersonPlace]
) -> list[Identity]:
    """Return every identity that is linked to `people`; raises as `identities_by_tag` does."""
    asked = list(people)
    rows = await connection.fetch(
        _IDENTITIES_OF_PEOPLE, sorted({p.cell for p in asked}), [p.person_id for p in asked]
    )
    return [_identity(r, keys) for r in rows]


def _identity(row: Record, keys: DataKeys) -> Identity:
    return Identity(
        row["department"],
        row["identity_id"],
        row["person_tag"],
        row["tag_version"],
        PersonPlace(row["cell"], row["person_id"], row["log_alias"]),
        keys.open(row["department"], row["key_version"], row["wrapped"], row["commitment"]),
    )


async def keys_of(
    connection: Connection,
    keys: DataKeys,
    department: str,
    cells: Iterable[str],
    owners: Iterable[UUID],
) -> dict[UUID, bytes]:
    """Return the opened data keys that `department` has for identities or households.

    Raises:
        KeysUnavailableError: A key version of the department is not at hand.
        SealBrokenError: A stored key does not authenticate.
    """
    rows = await connection.fetch(_KEYS, sorted(set(cells)), list(owners), department)
    return {
        r["identity_id"]: keys.open(department, r["key_version"], r["wrapped"], r["commitment"])
        for r in rows
    }


async def add_key(
    connection: Connection, keys: DataKeys, department: str, cell: str, owner: UUID
) -> bytes:
    """Store a data key of `department` for `owner`, which has none, and return it opened.

    Raises:
        KeysUnavailableError: The department has no key.
    """
    raw, wrapped = keys.new(department)
    row = _key_row(cell, owner, wrapped)
    await add_rows(connection, "data_key", _COLUMNS["data_key"], [row])
    return raw


class NewPeople:
    """People, identities, keys and households that a transaction adds; `write` stores them."""

    def __init__(self, keys: DataKeys, tag_version: int, known: datetime) -> None:
        """Everything added is known from `known` on."""
        self._keys = keys
        self._tag_version = tag_version
        self._known = known
        self._identity_id = SideBySide()
        self._rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in _COLUMNS}

    def person(self, cell: str, tag: bytes, log_alias: bytes) -> PersonPlace:
        """Add a person, found by `tag` from now on."""
        place = PersonPlace(cell, fresh_id(), log_alias)
        self._rows["person"].append((cell, place.person_id, log_alias, self._known))
        self._rows["person_tag"].append((tag, self._tag_version, cell, place.person_id))
        return place

    def alias(self, tag: bytes, person: PersonPlace) -> None:
        """Let a known person be found by `tag` too: a number that was issued anew."""
        self._rows["person_tag"].append((tag, self._tag_version, person.cell, person.person_id))

    def identity(
        self, department: str, tag: bytes, person: PersonPlace, version: int | None = None
    ) -> Identity:
        """Add a department's identity of `person`, with a data key and the link between them.

        `version` is the one that `tag` is under, where it was not computed now.

        Raises:
            KeysUnavailableError: The department has no key.
        """
        identity_id = self._identity_id()
        key = self.key(department, person.cell, identity_id)
        version = self._tag_version if version is None else version
        self._rows["identity"].append(
            (person.cell, identity_id, department, tag, version, self._known)
        )
        self._rows["link"].append(
            (
                *(person.cell, identity_id, fresh_id(), person.person_id, BY_NUMBER, 100),
                *(ALWAYS, FOREVER, self._known, STILL_KNOWN, department),
            )
        )
        return Identity(department, identity_id, tag, version, person, key)

    def key(self, department: str, cell: str, owner: UUID) -> bytes:
        """Add a data key of `department` for an identity or a household, and return it opened.

        Raises:
            KeysUnavailableError: The department has no key.
        """
        raw, wrapped = self._keys.new(department)
        self._rows["data_key"].append(_key_row(cell, owner, wrapped))
        return raw

    def household(self, cell: str, tag: bytes, log_alias: bytes) -> HouseholdPlace:
        """Add a household, found by `tag` from now on."""
        place = HouseholdPlace(cell, fresh_id(), log_alias)
        self._rows["household"].append(
            (cell, place.household_id, log_alias, tag, self._tag_version, self._known)
        )
        return place

    async def write(self, connection: Connection) -> None:
        """Store everything that was added."""
        for table, columns in _COLUMNS.items():
            await add_rows(connection, table, columns, self._rows[table])


_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "person": ("cell", "person_id", "log_alias", "known_from"),
    "person_tag": ("tag", "key_version", "cell", "person_id"),
    "identity": ("cell", "identity_id", "department", "person_tag", "tag_version", "known_from"),
    "data_key": (
        *("cell", "identity_id", "department", "suite"),
        *("key_version", "wrapped", "commitment"),
    ),
    "link": (
        *("cell", "identity_id", "version_id", "person_id", "evidence", "certainty"),
        *("valid_from", "valid_to", "known_from", "known_to", "department"),
    ),
    "household": ("cell", "household_id", "log_alias", "number_tag", "tag_version", "known_from"),
}


def _key_row(cell: str, owner: UUID, wrapped: WrappedKey) -> tuple[object, ...]:
    w = wrapped
    return (cell, owner, w.department, w.suite, w.key_version, w.wrapped, w.commitment)
