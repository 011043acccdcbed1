"""Record versions: read what is known, close what is superseded, add what is new.

Nothing is overwritten: a version that no longer holds keeps its row and gets an end of its
known time. Whoever writes takes the known time first; its row lock is held to the commit, so
known times rise in commit order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.sealing.seals import aad_prefix, opener, seal
from hub.store.bulk import inserted
from hub.store.database import Connection
from hub.store.ids import fresh_id
from hub.store.statements import DatasetStatements
from hub.store.timeline import Span
from schema.catalogue import Catalogue, Dataset

STILL_KNOWN: Final = datetime.max.replace(tzinfo=UTC)
"""An open end of known time; PostgreSQL's 'infinity'."""
_OWN: Final = 10
"""Columns that every dataset's table begins with; `hub.store.tables.dataset_table` orders them."""
_TAKE_KNOWN_TIME: Final = """
UPDATE known_time SET at = greatest(clock_timestamp(), at + interval '1 microsecond')
RETURNING at
"""


async def known_now(connection: Connection) -> datetime:
    """Return the known time of this transaction; later than every one that was committed.

    Its row lock is held to the commit: other writers wait, so that known times rise in commit
    order. Call it once in a transaction, before anything that is to be written is read.
    """
    at: datetime = await connection.fetchval(_TAKE_KNOWN_TIME)
    return at


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one record: when it holds, where it comes from, its stored columns."""

    cell: str
    identity_id: UUID
    version_id: UUID
    record_id: UUID
    source_record_id: UUID | None
    source_time: datetime | None
    columns: Mapping[str, object]
    """Clear fields by name, sealed groups as `sealed_<group>`."""


Stored = Span[Version]
"""A version with the days over which it holds."""


class Facts:
    """The tables of all datasets, as ingest writes them."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Compose the statements of every dataset once."""
        self.catalogue = catalogue
        self._statements = {d.name: DatasetStatements(d) for d in catalogue.stored}

    async def of_records(
        self,
        connection: Connection,
        dataset: Dataset,
        cells: Iterable[str],
        records: Iterable[UUID],
    ) -> dict[UUID, list[Stored]]:
        """Return what is known now of each record, in the order of valid time."""
        statement = self._statements[dataset.name].open_of_records
        given = {"cells": sorted(set(cells)), "records": list(records)}
        rows = await connection.fetch(statement.sql, *statement.arguments(given))
        return _by(rows, "record_id")

    async def of_identities(
        self,
        connection: Connection,
        dataset: Dataset,
        cells: Iterable[str],
        identities: Iterable[UUID],
    ) -> dict[UUID, list[Stored]]:
        """Return what is known now of each identity, in the order of valid time."""
        statement = self._statements[dataset.name].open_of_identities
        given = {"cells": sorted(set(cells)), "identities": list(identities)}
        rows = await connection.fetch(statement.sql, *statement.arguments(given))
        return _by(rows, "identity_id")

    async def write(
        self,
        connection: Connection,
        dataset: Dataset,
        closed: Sequence[Version],
        added: Sequence[Stored],
        known: datetime,
    ) -> None:
        """End the known time of `closed` and store `added` as known from `known` on."""
        statements = self._statements[dataset.name]
        if closed:
            given = {
                "cells": sorted({v.cell for v in closed}),
                "identities": [v.identity_id for v in closed],
                "versions": [v.version_id for v in closed],
                "known": known,
            }
            await connection.execute(statements.close.sql, *statements.close.arguments(given))
        if added:
            rows = [_row(span, statements.columns, known) for span in added]
            await inserted(connection, statements.add, rows)


def _by(rows: Sequence[Record], key: str) -> dict[UUID, list[Stored]]:
    found: dict[UUID, list[Stored]] = defaultdict(list)
    names = tuple(rows[0].keys())[_OWN:] if rows else ()
    for row in rows:
        found[row[key]].append(_stored(row, names))
    for spans in found.values():
        if len(spans) > 1:
            spans.sort(key=lambda span: span.valid_from)
    return found


def _stored(row: Record, names: Sequence[str]) -> Stored:
    cell, identity, version_id, record_id, source_id, when, valid_from, valid_to = row[:8]
    values = dict(zip(names, row[_OWN:], strict=True))
    version = Version(cell, identity, version_id, record_id, source_id, when, values)
    return Span(valid_from, valid_to, version)


def _row(span: Stored, columns: Sequence[str], known: datetime) -> tuple[object, ...]:
    v = span.value
    return (
        *(v.cell, v.identity_id, v.version_id, v.record_id, v.source_record_id, v.source_time),
        *(span.valid_from, span.valid_to, known, STILL_KNOWN),
        *map(v.columns.__getitem__, columns[_OWN:]),
    )


def resealed(dataset: Dataset, span: Stored, key: bytes, days: tuple[date, date]) -> Stored:
    """Return a new version that says the same over other days; sealed anew, for its new place.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    old, new_id = span.value, fresh_id()
    columns = dict(old.columns)
    for group in dataset.groups:
        name = f"sealed_{group}"
        sealed = columns[name]
        if not isinstance(sealed, bytes):
            raise TypeError(f"{dataset.name}.{name} holds no bytes")
        values = opener(dataset.department, dataset.name, group)(
            key, old.identity_id.bytes, old.version_id.bytes, sealed
        )
        prefix = aad_prefix(dataset.department, dataset.name, group)
        columns[name] = seal(key, prefix, old.identity_id.bytes, new_id.bytes, values)
    return Span(*days, replace(old, version_id=new_id, columns=columns))
