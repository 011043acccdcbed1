"""Count what a selection of the log holds: how often each value of each facet occurs."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import asyncpg

from audit.defined import Definitions
from audit.facets import COUNTED, Facet, values_of
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
    async for match in matches(connection, wanted, definitions):
        made.entries += 1
        for facet, value in set(values_of(match.kind, match.record, match.fields)):
            if facet in made.values:
                made.values[facet][value] += 1
    return made
