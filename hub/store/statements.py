"""SQL composed from the declared tables, as text and parameter order for asyncpg."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import asyncpg

from hub.store.bulk import insert_of
from hub.store.tables import dataset_table
from schema.catalogue import Dataset

NOW_KNOWN: Final[sa.ColumnElement[Any]] = sa.literal_column("'infinity'")
"""`known_to` of what is known now."""
_DIALECT: Final = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has no types for it


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `arguments` puts named parameters into the order of its places."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """Return the values for $1, $2 and so on."""
        return [given[name] for name in self.names]


def composed(statement: sa.sql.ClauseElement) -> Statement:
    """Return `statement` as asyncpg takes it."""
    compiled = statement.compile(dialect=_DIALECT)
    return Statement(str(compiled), tuple(getattr(compiled, "positiontup", None) or ()))


def any_of(column: "sa.Column[Any]", name: str) -> sa.ColumnElement[bool]:
    """Return the condition that `column` is one of the array parameter `name`."""
    array = sa.bindparam(name, type_=pg.ARRAY(column.type))
    return column == sa.func.any(array)


class DatasetStatements:
    """What ingest asks of one dataset's table, composed once."""

    def __init__(self, dataset: Dataset) -> None:
        """Compose for the table of `dataset`."""
        table = dataset_table(dataset, sa.MetaData())
        self.table = table
        self.columns = tuple(column.name for column in table.columns)
        self.add = insert_of(table, self.columns)
        known = table.c.known_to == NOW_KNOWN
        self.open_of_records = composed(
            sa.select(table).where(
                any_of(table.c.cell, "cells"), any_of(table.c.record_id, "records"), known
            )
        )
        self.open_of_identities = composed(
            sa.select(table).where(
                any_of(table.c.cell, "cells"), any_of(table.c.identity_id, "identities"), known
            )
        )
        self.close = composed(
            sa.update(table)
            .where(
                any_of(table.c.cell, "cells"),
                any_of(table.c.identity_id, "identities"),
                any_of(table.c.version_id, "versions"),
            )
            .values(known_to=sa.bindparam("known", type_=sa.DateTime(timezone=True)))
        )
