"""How much the hub holds, dataset by dataset: whole numbers, for those who coarsen them."""

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from hub.store.database import Connection
from hub.store.statements import NOW_KNOWN, composed
from hub.store.tables import dataset_table
from schema.catalogue import Catalogue, Classification, Dataset

_PEOPLE: Final = "select count(*) from person"
_HOUSEHOLDS: Final = "select count(*) from household"
_ALERTS: Final = """
    select band, count(*) from alert
    where known_to = 'infinity' and valid_to = 'infinity' and status <> 'closed' group by band
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Exact counts; they stay inside."""

    people: int
    households: int
    records: dict[str, int]
    """Records known now, by dataset; of none with a field of class X."""
    open_alerts: dict[str, int]
    """By band."""


def is_counted(dataset: Dataset) -> bool:
    """Whether records of a dataset are counted: it is stored, and nothing in it is of class X."""
    classes = {f.classification for f in dataset.fields}
    return dataset.stored and Classification.RESTRICTED not in classes


async def count(connection: Connection, catalogue: Catalogue) -> Counts:
    """Return how much is held now; one statement for each dataset."""
    records: dict[str, int] = {}
    for dataset in catalogue:
        if is_counted(dataset):
            table = dataset_table(dataset, sa.MetaData())
            distinct = sa.func.count(sa.distinct(table.c.record_id))
            statement = composed(sa.select(distinct).where(table.c.known_to == NOW_KNOWN))
            records[dataset.name] = await connection.fetchval(statement.sql)
    return Counts(
        people=await connection.fetchval(_PEOPLE),
        households=await connection.fetchval(_HOUSEHOLDS),
        records=records,
        open_alerts={row[0]: row[1] for row in await connection.fetch(_ALERTS)},
    )
