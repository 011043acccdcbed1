"""Count what a selection of the log holds: how often each value of each facet occurs."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import asyncpg

from audit.defined import Definitions
from audit.dictionary import Fields
from audit.facets import COUNTED, Facet, field_values, stated_values
from audit.search import Filter, matches


@dataclass(slots=True)
class Tallied:
    """How often each value occurs in `entries` entries; an entry counts once for a value."""

    entries: int = 0
    values: dict[Facet, Counter[str]] = field(default_factory=dict)


async def tallied(
    connection: asyncpg.Connection,
    wanted: Filter,
    definitions: Definitions,
    facets: Collection[Facet] = COUNTED,
) -> Tallied:
    """Return the counts over what `find` would return. Snapshot as for `find`."""
    made = Tallied(0, {facet: Counter() for facet in facets})
    read: Counter[Fields] = Counter()  # few sets of names come again and again
    async for match in matches(connection, wanted, definitions):
        made.entries += 1
        read[match.fields] += 1
        for facet, value in set(stated_values(match.kind, match.record)):
            if facet in made.values:
                made.values[facet][value] += 1
    if (of_fields := made.values.get(Facet.FIELD)) is not None:
        for names, times in read.items():
            for _, value in set(field_values(names)):
                of_fields[value] += times
    return made
