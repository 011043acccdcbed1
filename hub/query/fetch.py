"""Gets the rows of a plan in one statement, as they are stored: what is sealed stays sealed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from hub.errors import CorruptError, SetupError, StoreUnavailableError
from hub.query.sql_parts import Part, Statement
from hub.store.database import Database

Columns = Mapping[str, Sequence[Any]]
"""The columns of one level, all of one length and order."""


Links = Mapping[bytes, Sequence[Any]]
"""By the bytes of an identity's id: the id of its person, and, if one is needed, its data key as
`KEY_COLUMNS` has it. An id of the driver's takes longer to hash than all the rest of a look-up."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The rows of every level, and what was true in the snapshot they are of."""

    policy_digest: str | None
    known_at: datetime
    levels: tuple[Columns, ...]
    searches: Mapping[int, Columns]
    """For each root: what exists of what was searched for, visible or not. For the log only."""
    links: Mapping[int, Links] = field(default_factory=dict)
    """For each level of people whose records were asked: their identities."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Runs the one statement of an operation."""

    database: Database

    async def fetch(
        self, statement: Statement, levels: int, parameters: Mapping[str, object]
    ) -> Sealed:
        """Return the rows that `statement` finds; one round trip.

        Raises:
            StoreUnavailableError: The database cannot be reached or gave up.
            SetupError: The database was never set up.
        """
        given = {**statement.constants, **parameters}
        values = [given[name] for name in statement.parameters]
        try:
            async with self.database.connection() as connection:
                row = await connection.fetchrow(statement.text, *values)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the query.") from problem
        assert row is not None  # noqa: S101 - a select without FROM has one row
        return _sealed(row, statement, levels)


def _sealed(row: Iterable[Any], statement: Statement, levels: int) -> Sealed:
    policy, known, *arrays = row
    if known is None:
        raise SetupError("The database has no known time; run `hub migrate`.")
    columns: tuple[dict[str, Sequence[Any]], ...] = tuple({} for _ in range(levels))
    others: dict[Part, dict[int, dict[str, Sequence[Any]]]] = {Part.SEARCH: {}, Part.LINKS: {}}
    for place, values in zip(statement.places, arrays, strict=True):
        if place.part is Part.LEVEL:
            columns[place.source][place.column] = values or ()
        else:
            others[place.part].setdefault(place.source, {})[place.column] = values or ()
    for renamed in statement.renamed:
        columns[renamed.level][renamed.name] = columns[renamed.level][renamed.column]
    links = {level: _links(named) for level, named in others[Part.LINKS].items()}
    for level, parent in statement.linked:
        into, owners = columns[level], links[parent]
        identities = into["identity"] = [identity.bytes for identity in into["identity_id"]]
        into["parent"] = [owners[identity][0] for identity in identities]
    for level in statement.newest:
        _keep_first(columns[level])
    return Sealed(policy, known, columns, others[Part.SEARCH], links)


def _links(named: Columns) -> Links:
    """Return the identities of a level of people; each is one person's on any one day.

    Raises:
        CorruptError: One is linked to two.
    """
    identities = [identity.bytes for identity in named["identity_id"]]
    rest = [named[name] for name in named if name != "identity_id"]
    found = dict(zip(identities, zip(*rest, strict=True), strict=True))
    if len(found) != len(identities):
        raise CorruptError("An identity is linked to two people on one day.")
    return found


def _keep_first(columns: dict[str, Sequence[Any]]) -> None:
    """Keep the first row of each owner: rows come newest first."""
    parents = [parent.bytes for parent in columns["parent"]]
    if len(set(parents)) == len(parents):
        return
    first: dict[bytes, int] = {}
    for row, parent in enumerate(parents):
        first.setdefault(parent, row)
    for name, values in columns.items():
        columns[name] = [values[row] for row in first.values()]
