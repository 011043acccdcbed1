"""Gets the rows of a plan in one statement, as they are stored: what is sealed stays sealed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import Any, Final

import asyncpg

from hub.access import Reach
from hub.errors import CorruptError, SetupError, StoreUnavailableError, WallError
from hub.query.sql_parts import KEY_COLUMNS
from hub.query.statement import Statement
from hub.store.pipeline import Pipelines
from hub.store.wall import Wall

_REMEMBERED: Final = 1_024
LONG: Final = 500
"""Cost units from which a statement travels alone: about a page of ten with their households."""

Columns = Mapping[str, Sequence[Any]]
"""The columns of one level, all of one length and order; ids are bytes (`hub.query.row_ids`)."""


Links = Mapping[bytes, Sequence[Any]]
"""By an identity's id: the id of its person, and its data key as `KEY_COLUMNS` has it, or nothing
where none is needed."""


@dataclass(slots=True)
class Sealed:
    """The rows of every level, and what was true in the snapshot they are of.

    Nobody changes it: not frozen for the reason that is told in `hub.query.answer`.
    """

    policy_digest: str | None
    known_at: datetime
    levels: tuple[Columns, ...]
    searches: Mapping[int, Columns]
    """For each root: what exists of what was searched for, visible or not. For the log only."""
    links: Mapping[int, Links] = field(default_factory=dict)
    """For each level of people whose records were asked: their identities."""
    covered: Mapping[int, frozenset[bytes]] = field(default_factory=dict)
    """For each level of records that needs consent: the people whose authorisation covers it."""
    standing: str | None = None
    """How the named case stands (`hub.query.cases`); None: there is none."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Runs the one statement of an operation, as the role of the entitlement that asks."""

    pipelines: Pipelines
    wall: Wall
    _texts: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    async def fetch(
        self,
        statement: Statement,
        levels: int,
        parameters: Mapping[str, object],
        reach: Reach,
        cost: int = LONG,
    ) -> Sealed:
        """Return the rows that `statement` finds; one round trip.

        What costs little is asked together with what others ask by the same plan at that moment.

        Raises:
            StoreUnavailableError: The database cannot be reached or gave up.
            SetupError: The database was never set up.
            WallError: The database opens nothing to such an entitlement, or not all of this.
        """
        return await self._fetched(statement, levels, parameters, reach, 1, is_long=cost >= LONG)

    async def fetch_for(
        self,
        requests: int,
        statement: Statement,
        levels: int,
        parameters: Mapping[str, object],
        reach: Reach,
    ) -> Sealed:
        """Return the rows that several requests ask for by one statement.

        Raises what `fetch` raises.
        """
        return await self._fetched(statement, levels, parameters, reach, requests, is_long=True)

    async def _fetched(
        self,
        statement: Statement,
        levels: int,
        parameters: Mapping[str, object],
        reach: Reach,
        requests: int,
        *,
        is_long: bool,
    ) -> Sealed:
        given = {**statement.constants, **parameters}
        values = [given[name] for name in statement.parameters]
        role = await self.wall.role(reach)
        text = self._text(statement.text, role)
        database = self.pipelines.database
        try:
            if is_long:
                async with database.connection(role, requests=requests) as connection:
                    row = await connection.fetchrow(text, *values)
            else:
                row = await self.pipelines.row(text, values, role)
        except asyncpg.InsufficientPrivilegeError as problem:
            raise WallError(
                "The database does not open to this entitlement what the query reads."
            ) from problem
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the query.") from problem
        assert row is not None  # noqa: S101 - a select without FROM has one row
        return sealed_from(row, statement, levels)

    def _text(self, text: str, role: str) -> str:
        """Return a statement under a name of its role: prepared for one role, planned once."""
        known = self._texts.get((text, role))
        if known is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            known = self._texts[text, role] = f"{text}\n-- {role}"
        return known


def sealed_from(row: Iterable[Any], statement: Statement, levels: int) -> Sealed:
    """Return what the one row of a statement holds.

    Raises:
        CorruptError: A row has no id, or an identity is linked to two people.
        SetupError: The database was never set up.
    """
    policy, known, *arrays = row
    standing = arrays.pop(0) if statement.checks_case else None
    if known is None:
        raise SetupError("The database has no known time; run `hub migrate`.")
    found = statement.reading.read(arrays)
    columns = found.levels
    assert len(columns) == levels  # noqa: S101 - every level has a column, if only its id
    links = {level: _links(named) for level, named in found.links.items()}
    for level, parent in statement.linked:
        into, owners = columns[level], links[parent]
        into["parent"] = [owners[identity][0] for identity in into["identity_id"]]
    for level in statement.newest:
        _keep_first(columns[level])
    covered = {level: frozenset(named["person_id"]) for level, named in found.covered.items()}
    return Sealed(policy, known, columns, found.searches, links, covered, standing)


def _links(named: Columns) -> Links:
    """Return the identities of a level of people; each is one person's on any one day.

    Who lives in two of the households is met twice, which is no matter.

    Raises:
        CorruptError: One is linked to two.
    """
    identities = named["identity_id"]
    keys = [named[name] for name in KEY_COLUMNS if name in named]
    stored = zip(*keys, strict=True) if keys else repeat(())
    rows = list(zip(named["person_id"], stored, strict=bool(keys)))
    found = dict(zip(identities, rows, strict=True))
    if len(found) != len(rows) and any(
        found[identity] != row for identity, row in zip(identities, rows, strict=True)
    ):
        raise CorruptError("An identity is linked to two people on one day.")
    return found


def _keep_first(columns: dict[str, Sequence[Any]]) -> None:
    """Keep the first row of each owner: rows come newest first."""
    parents = columns["parent"]
    if len(set(parents)) == len(parents):
        return
    first: dict[bytes, int] = {}
    for row, parent in enumerate(parents):
        first.setdefault(parent, row)
    for name, values in columns.items():
        columns[name] = [values[row] for row in first.values()]
