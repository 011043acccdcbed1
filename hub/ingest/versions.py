"""Which of two versions of a record is newer, where the stored time of change is coarse.

The stored time of change of some records is told by month only, because the day would tell a
sealed one. The exact time is sealed with the source's words. It is opened here only where a
record has come again, otherwise than before, with a time of change in the very month that is
stored.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from connectors.mapping import Record
from hub.ingest.prepared import Prepared
from hub.sealing.seals import opener
from hub.store.database import Connection
from hub.store.people import Identity
from hub.store.sources import StoredSource
from schema.catalogue import Catalogue, Grain

_WORDS: Final = """
SELECT source_record_id, department, dataset, identity_id, words
FROM source_record WHERE source_record_id = any($1::uuid[])
"""


async def with_exact_times(
    connection: Connection,
    catalogue: Catalogue,
    records: Iterable[Prepared],
    sources: Mapping[bytes, StoredSource],
    identities: Mapping[UUID, Identity],
) -> None:
    """Put the exact time of change in place of the coarse one wherever the order depends on it.

    Raises:
        SealBrokenError: Stored words do not authenticate.
    """
    unsure = {
        stored.source_record_id: stored
        for record in records
        if (stored := sources.get(record.key_tag)) and _is_unsure(catalogue, record, stored)
    }
    if not unsure:
        return
    for row in await connection.fetch(_WORDS, list(unsure)):
        opened = opener(row["department"], row["dataset"], "words")(
            identities[row["identity_id"]].key,
            row["identity_id"].bytes,
            row["source_record_id"].bytes,
            row["words"],
        )
        if len(opened) > 1 and isinstance(opened[1], str):
            unsure[row["source_record_id"]].source_time = datetime.fromisoformat(opened[1])


def _is_unsure(catalogue: Catalogue, record: Prepared, stored: StoredSource) -> bool:
    """Whether a record has come otherwise than before, in the very month that is stored."""
    if not isinstance(record.mapped, Record) or record.content_tag in stored.contents:
        return False
    grain = catalogue.by_name[record.source.dataset].source_time_grain
    return grain is not Grain.EXACT and grain.of(record.mapped.source_time) == stored.source_time
