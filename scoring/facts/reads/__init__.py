"""How each dataset's records become rows: one reader a dataset, one module a kind of department.

A reader gets the records of one person that hold on the day, oldest first, with the fields that the
profile names; a field that was not granted is absent. What it returns must not depend on the day.
To let another department feed the score: give its dataset a number (`scoring.facts.rows.Source`),
and add its reader to one of the modules here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scoring.facts.reads import assistance, health, housing, learning, register, work
from scoring.facts.reads.reading import Read, Reader, newest_first
from scoring.facts.rows import DATASETS, Kind, Row, micros

READERS: Final[Mapping[str, tuple[int, Reader]]] = {
    DATASETS[source].name: (source, reader)
    for module in (register, health, work, learning, assistance, housing)
    for source, reader in module.READERS.items()
}
"""Dataset name to its number and its reader."""

__all__ = ["READERS", "Read", "told"]


def told(member: int, records: Mapping[str, Sequence[Read]]) -> Iterator[Row]:
    """Return what one person's records say, by dataset; a dataset of no reader says nothing."""
    for name, found in records.items():
        if not found or name not in READERS:
            continue
        source, reader = READERS[name]
        ordered = newest_first(found)[::-1]
        newest = max(read.source_time for read in found)
        yield Row(Kind.WORD, member, source, 0, micros(newest))
        for row in reader(ordered):
            yield row._replace(member=member)
