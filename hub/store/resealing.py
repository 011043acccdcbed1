"""Data keys are replaced in the store: what each of them seals is sealed anew in one transaction.

Which data keys are due is asked of the rows, so that whoever stops can go on. Facts do not change:
a version keeps its ids and its intervals, and says what it said; only the bytes are others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from asyncpg import Record
from sqlalchemy.dialects import postgresql as pg

from hub.errors import StoreUnavailableError
from hub.sealing.datakeys import DataKeys, WrappedKey
from hub.sealing.seals import Resealer, resealer
from hub.store.data_keys import store
from hub.store.database import Connection
from hub.store.intake import INTAKE_CELL, intake_owner
from hub.store.sealed_places import OF_ROW, SealedTable, sealed_tables
from hub.store.sources import alone, nobody_writes
from hub.store.tables import all_tables
from schema.catalogue import Catalogue

CHUNK: Final = 2_000
"""Rows that are in memory at once."""
Place = tuple[str, UUID]
"""Cell and identity, or household."""
BEFORE_ALL: Final[Place] = (INTAKE_CELL, UUID(int=2**128 - 1))
"""A place before every identity's, and behind every intake's."""
_DUE: Final = """
    from data_key where department = $1
      and ($2::timestamptz is null or made_at < $2) and ($3::int is null or suite <> $3)
"""
_THEIR: Final = " and cell = $4 and identity_id = any($5::uuid[])"
_KEYS: Final = "select cell, identity_id, key_version, wrapped, commitment"
_NEXT: Final = " and (cell, identity_id) > ($4, $5) order by cell, identity_id limit $6 for update"
_INTAKE: Final = " and cell = $4 for update"
_BEGUN: Final = """
insert into key_renewal (department, made_before) values ($1, clock_timestamp())
on conflict (department) do update set made_before = excluded.made_before where $2
returning made_before
"""
_BEGAN: Final = "select made_before from key_renewal where department = $1"
_ENDED: Final = "delete from key_renewal where department = $1"
_AGO: Final = "select now() - make_interval(days => $1)"
_NO_VERSION: Final = UUID(int=0)
_DIALECT: Final = pg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which data keys of a department are replaced; what is None does not restrict."""

    department: str
    made_before: datetime | None = None
    not_of_suite: int | None = None
    of: tuple[str, Sequence[UUID]] | None = None
    """A cell, and the identities there."""

    @property
    def conditions(self) -> tuple[str, datetime | None, int | None]:
        """The parameters $1 to $3 of a statement."""
        return self.department, self.made_before, self.not_of_suite


class Done(NamedTuple):
    """What one transaction did."""

    keys: int
    values: int


class _Anew(NamedTuple):
    """A data key as it is and as it will be, raw."""

    old: bytes
    new: bytes


@dataclass(frozen=True, slots=True)
class _Statements:
    """How the sealed values of one table are read and put back.

    A row is its key, what else its values are bound to, and its sealed columns.
    """

    sealed: SealedTable
    names: tuple[str, ...]
    """The columns of a row that are not sealed."""
    read: str
    """$1 cells, $2 ids, where there are any; then the department, where the row names it."""
    write: str
    still_there: str


class Resealing:
    """The statements that reach every sealed value; lives as long as a command."""

    def __init__(self, catalogue: Catalogue, keys: DataKeys) -> None:
        """Compose them; `keys` should remember none, for none is opened twice."""
        tables = all_tables(catalogue).tables
        self._all = [
            _composed(sealed, tables[sealed.table])
            for sealed in sealed_tables(catalogue)
            if sealed.columns
        ]
        self._keys = keys

    async def next(
        self, connection: Connection, wanted: Wanted, after: Place, limit: int
    ) -> tuple[Done, Place | None]:
        """Replace the next data keys behind `after`, and return the last place; None: no more.

        In the caller's transaction. Nobody who writes goes on until it ends; who asks does.

        Raises:
            KeysUnavailableError: A key version of the department is not at hand.
            SealBrokenError: A stored key or value does not authenticate; roll back.
        """
        await nobody_writes(connection)
        if wanted.of is None:
            given = (*wanted.conditions, *after, limit)
            rows = await connection.fetch(_KEYS + _DUE + _NEXT, *given)
        else:
            query = _KEYS + _DUE + _THEIR + " for update"
            rows = await connection.fetch(query, *wanted.conditions, *wanted.of)
        if not rows:
            return Done(0, 0), None
        values = await self._seal(connection, wanted, rows, of_intake=False)
        more = wanted.of is None
        return Done(len(rows), values), (
            rows[-1]["cell"],
            rows[-1]["identity_id"],
        ) if more else None

    async def skipped(self, connection: Connection, wanted: Wanted, after: Place) -> Place | None:
        """Return the next place behind `after` that is due, which is left as it is."""
        row = await connection.fetchrow(_KEYS + _DUE + _NEXT, *wanted.conditions, *after, 1)
        return None if row is None else (row["cell"], row["identity_id"])

    async def intake(self, connection: Connection, wanted: Wanted) -> Done:
        """Replace the data key of the department's intake, if it is due; raises as `next`.

        Only who takes records in waits for it: there may be many that wait in quarantine.
        """
        await alone(connection)
        rows = await connection.fetch(_KEYS + _DUE + _INTAKE, *wanted.conditions, INTAKE_CELL)
        if not rows:
            return Done(0, 0)
        return Done(len(rows), await self._seal(connection, wanted, rows, of_intake=True))

    async def _seal(
        self, connection: Connection, wanted: Wanted, rows: Sequence[Record], *, of_intake: bool
    ) -> int:
        department, anew, wrapped = wanted.department, dict[UUID, _Anew](), list[WrappedKey]()
        for row in rows:
            old = self._keys.open(department, row["key_version"], row["wrapped"], row["commitment"])
            new, kept = self._keys.new(department)
            anew[row["identity_id"]] = _Anew(old, new)
            wrapped.append(kept)
        cells = sorted({row["cell"] for row in rows})
        count = 0
        for each in self._all:
            if (each.sealed.identity is None) is not of_intake:
                continue
            if each.sealed.owner in (OF_ROW, department):
                given = () if of_intake else (cells, list(anew))
                count += await _reseal(connection, each, department, given, anew)
        made = wanted.made_before or await connection.fetchval("select now()")
        await store(connection, department, rows, wrapped, made)
        return count


async def _reseal(
    connection: Connection,
    each: _Statements,
    department: str,
    given: tuple[object, ...],
    anew: Mapping[UUID, _Anew],
) -> int:
    """Seal the values of one table anew, some thousand rows at a time; return how many."""
    named = (department,) if each.sealed.owner is OF_ROW else ()
    rows, sealing = await connection.cursor(each.read, *given, *named), _Sealing(each, department)
    count = 0
    while chunk := await rows.fetch(CHUNK):
        columns = [list(column) for column in zip(*sealing.of(chunk, anew), strict=True)]
        done = await connection.execute(each.write, *columns)
        if done != f"UPDATE {len(chunk)}":
            await _check_gone(connection, each, columns, int(done.rpartition(" ")[2]))
        count += sum(
            value is not None for row in chunk for value in row[-len(each.sealed.columns) :]
        )
    return count


async def _check_gone(
    connection: Connection, each: _Statements, columns: list[list[object]], written: int
) -> None:
    """Let it pass that rows were deleted meanwhile, and nothing else.

    Raises:
        StoreUnavailableError: There is a row that was not written; nothing may be stored.
    """
    keys = columns[: len(each.sealed.key)]
    if await connection.fetchval(each.still_there, *keys) != written:
        raise StoreUnavailableError("A value was changed while it was sealed anew; try again.")


class _Sealing:
    """Seals rows of one table anew."""

    def __init__(self, each: _Statements, department: str) -> None:
        sealed, names = each.sealed, each.names
        self._sealed = sealed
        self._department = department
        self._start = len(names)
        self._identity = None if sealed.identity is None else names.index(sealed.identity)
        self._version = None if sealed.version is None else names.index(sealed.version)
        self._dataset = names.index("dataset") if sealed.dataset is OF_ROW else None
        self._intake = intake_owner(department)
        self._columns: dict[tuple[str, str], Resealer] = {}

    def of(
        self, rows: Sequence[Record], anew: Mapping[UUID, _Anew]
    ) -> Iterator[tuple[object, ...]]:
        """Go through the rows: their key, then their sealed columns."""
        width, groups = len(self._sealed.key), tuple(self._sealed.columns.values())
        for row in rows:
            identity = self._intake if self._identity is None else row[self._identity]
            version = _NO_VERSION if self._version is None else row[self._version]
            dataset = self._sealed.dataset if self._dataset is None else row[self._dataset]
            place = (*anew[identity], identity.bytes, version.bytes)
            values = zip(groups, row[self._start :], strict=True)
            sealed = (
                None if value is None else self._resealed(dataset, group)(*place, value)
                for group, value in values
            )
            yield (*row[:width], *sealed)

    def _resealed(self, dataset: str, group: str) -> Resealer:
        found = self._columns.get((dataset, group))
        if found is None:
            found = resealer(self._department, dataset, group)
            self._columns[dataset, group] = found
        return found


def _composed(sealed: SealedTable, table: sa.Table) -> _Statements:
    where, place = [f"num_nonnulls({', '.join(sealed.columns)}) > 0"], 1
    if sealed.identity is not None:
        where += [f"cell = any(${place})", f"{sealed.identity} = any(${place + 1}::uuid[])"]
        place += 2
    if sealed.owner is OF_ROW:
        where.append(f"department = ${place}")
    bound = [sealed.identity, sealed.version, "dataset" if sealed.dataset is OF_ROW else None]
    names = (*sealed.key, *(b for b in bound if b is not None and b not in sealed.key))
    written = [*sealed.key, *sealed.columns]
    arrays = [
        f"${place}::{table.c[name].type.compile(_DIALECT)}[]"
        for place, name in enumerate(written, start=1)
    ]
    keys = arrays[: len(sealed.key)]
    same = " and ".join(f"t.{name} = n.{name}" for name in sealed.key)
    sets = ", ".join(f"{name} = n.{name}" for name in sealed.columns)
    return _Statements(
        sealed,
        names,
        f"select {', '.join((*names, *sealed.columns))} from {table.name} "  # noqa: S608 - declared names
        f"where {' and '.join(where)}",
        f"update {table.name} t set {sets} "  # noqa: S608 - declared names
        f"from unnest({', '.join(arrays)}) as n ({', '.join(written)}) where {same}",
        f"select count(*) from {table.name} t "  # noqa: S608 - declared names
        f"join unnest({', '.join(keys)}) as n ({', '.join(sealed.key)}) on {same}",
    )


async def count_due(connection: Connection, wanted: Wanted) -> int:
    """Return how many data keys are due."""
    given: tuple[object, ...] = wanted.conditions
    query = "select count(*)" + _DUE
    if wanted.of is not None:
        given, query = (*given, *wanted.of), query + _THEIR
    found: int = await connection.fetchval(query, *given)
    return found


async def begin_renewal(
    connection: Connection, department: str, *, anew: bool
) -> tuple[datetime, bool]:
    """Note that every data key of a department is replaced; go on with one that was begun.

    Return before which moment those were made that are due, and whether it was begun now; `anew`
    begins another one all the same.
    """
    began = await connection.fetchval(_BEGUN, department, anew)
    if began is not None:
        return began, True
    return await connection.fetchval(_BEGAN, department), False


async def end_renewal(connection: Connection, department: str) -> None:
    """Note that every data key of a department was replaced."""
    await connection.execute(_ENDED, department)


async def days_ago(connection: Connection, days: int) -> datetime:
    """Return the moment so many days ago, by the clock that data keys are dated by."""
    found: datetime = await connection.fetchval(_AGO, days)
    return found
