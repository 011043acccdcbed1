"""Gets the rows of a plan in one statement, as they are stored: what is sealed stays sealed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from hub.errors import SetupError, StoreUnavailableError
from hub.query.sql_parts import Statement
from hub.store.database import Database

Columns = Mapping[str, Sequence[Any]]
"""The columns of one level, all of one length and order."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The rows of every level, and what was true in the snapshot they are of."""

    policy_digest: str | None
    known_at: datetime
    levels: tuple[Columns, ...]
    searches: Mapping[int, Columns]
    """For each root: what exists of what was searched for, visible or not. For the log only."""


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
    searches: dict[int, dict[str, Sequence[Any]]] = {}
    for place, values in zip(statement.places, arrays, strict=True):
        into = searches.setdefault(place.source, {}) if place.is_lookup else columns[place.source]
        into[place.column] = values or ()
    return Sealed(policy, known, columns, searches)
