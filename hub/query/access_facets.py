"""Tells an auditor how often each value of each facet occurs in what a look-up selects."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from audit.facets import Facet
from audit.search import count
from audit.tallies import Tallied, tallied
from hub.query.logbook import Logbook
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.query.words import Words

COUNTED_ENTRIES: Final = 10_000
"""Of a larger selection the newest so many are counted: then a count says "more than"."""
MOST: Final = 20_000_000
"""A selection of more is not counted to its end."""


@dataclass(frozen=True, slots=True)
class AccessFacets:
    """Counts what is selected."""

    book: Logbook
    words: Words

    async def find(self, bound: BoundRoot) -> Found:
        """Return the counts.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        facets: tuple[Facet, ...] = bound.parameters["counted"]  # type: ignore[assignment]  # bound
        async with self.book.opened(bound) as opened:
            made, total = Tallied(0, {facet: Counter() for facet in facets}), 0
            if opened.is_known:
                wanted, known = opened.filter(COUNTED_ENTRIES), self.book.definitions
                made = await tallied(opened.connection, wanted, known, facets)
                total = made.entries
                if total == COUNTED_ENTRIES:
                    total = await count(opened.connection, wanted, MOST, known)
        told = self._told(made, bound, is_exact=total == made.entries)
        told |= {"total": min(total, MOST), "isExact": total < MOST, "counted": made.entries}
        return Found(opened.policy, (told,), (), opened.record(total), tags=opened.own)

    def _told(self, made: Tallied, bound: BoundRoot, *, is_exact: bool) -> Tree:
        most = bound.parameters["values"]
        assert isinstance(most, int)  # noqa: S101 - bound from a typed argument
        return {
            "facets": [
                {
                    "facet": facet.value,
                    "values": [
                        counted(self.words, facet, value, times, is_exact=is_exact)
                        for value, times in ranked(values, most)
                    ],
                }
                for facet, values in made.values.items()
            ]
        }


def ranked(values: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """Return the most frequent values, those of one count by name."""
    return sorted(values.items(), key=lambda each: (-each[1], each[0]))[:most]


def counted(words: Words, facet: Facet, value: str, times: int, *, is_exact: bool = True) -> Tree:
    """Return a value with how often it occurs, by the names of its fields."""
    zh, en = words.of(facet, value)
    return {"value": value, "name": en, "nameZh": zh, "count": times, "isExact": is_exact}
