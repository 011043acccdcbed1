"""Many rows into one table, in one statement that row-level security covers.

PostgreSQL refuses COPY into a table that has row-level security, also to its owner when it is
forced (`hub/store/wall.py`); an array for each column is nearly as fast.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.store.database import Connection
from hub.store.tables import metadata

_DIALECT: Final = pg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it
_REMEMBERED: Final = 64


def insert_of(table: sa.Table, columns: Sequence[str]) -> str:
    """Return the statement that stores rows given as an array for each of `columns`."""
    kinds = (table.c[name].type.compile(_DIALECT) for name in columns)
    arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=1))
    names = ", ".join(f'"{name}"' for name in columns)
    return f'insert into "{table.name}" ({names}) select * from unnest({arrays})'  # noqa: S608 - declared names


@lru_cache(_REMEMBERED)
def _fixed(table: str, columns: tuple[str, ...]) -> str:
    return insert_of(metadata.tables[table], columns)


async def inserted(
    connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Store `rows`, in the order of the columns of `statement`, which is of `insert_of`."""
    if rows:
        await connection.execute(statement, *map(list, zip(*rows, strict=True)))


async def add_rows(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Store `rows` in one of the fixed tables; nothing happens when there are none."""
    await inserted(connection, _fixed(table, tuple(columns)), rows)
