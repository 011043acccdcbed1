"""Tells an auditor what was read of one person, day by day: by whom, for what, and which fields."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from audit.entry import EntryKind
from audit.facets import Facet
from audit.search import Match, count, matches
from hub.query.access_facets import COUNTED_ENTRIES, MOST, counted, ranked
from hub.query.bind import day_of
from hub.query.logbook import Logbook
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.query.words import Words

_VALUES: Final = 50


@dataclass(slots=True)
class _Day:
    """What was counted of one day."""

    count: int = 0
    denials: int = 0
    departments: Counter[str] = field(default_factory=Counter)
    purposes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Timeline:
    """What was counted so far, newest first."""

    words: Words
    total: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    days: dict[date, _Day] = field(default_factory=dict)
    values: dict[Facet, Counter[str]] = field(
        default_factory=lambda: {
            facet: Counter()
            for facet in (
                Facet.DEPARTMENT, Facet.PURPOSE, Facet.ACTOR, Facet.FIELD, Facet.KIND,
            )
        }
    )  # fmt: skip

    def add(self, match: Match) -> None:
        """Count one entry."""
        record, at = match.record, match.row["at"]
        self.total += 1
        self.first_at = at if self.first_at is None else min(at, self.first_at)
        self.last_at = at if self.last_at is None else max(at, self.last_at)
        day = self.days.setdefault(day_of(at), _Day())
        day.count += 1
        day.denials += bool(record.get("denied")) or match.kind is EntryKind.DENIAL
        department, purpose = match.row["department"], record.get("purpose")
        reader = record.get("actor") or record.get("client")
        if isinstance(department, str):
            day.departments[department] += 1
            self.values[Facet.DEPARTMENT][department] += 1
        if isinstance(purpose, str):
            day.purposes[purpose] += 1
            self.values[Facet.PURPOSE][purpose] += 1
        if isinstance(reader, str):
            self.values[Facet.ACTOR][reader] += 1
        self.values[Facet.KIND][match.kind.value] += 1
        self.values[Facet.FIELD].update(match.fields)

    def told(self, *, is_exact: bool) -> Tree:
        """Return what was counted, by the names of its fields."""

        def ranking(facet: Facet, values: Counter[str]) -> list[Tree]:
            return [
                counted(self.words, facet, value, times, is_exact=is_exact)
                for value, times in ranked(values, _VALUES)
            ]

        return {
            "firstAt": _iso(self.first_at),
            "lastAt": _iso(self.last_at),
            "days": [
                {
                    "day": day.isoformat(),
                    "count": each.count,
                    "denials": each.denials,
                    "departments": ranking(Facet.DEPARTMENT, each.departments),
                    "purposes": ranking(Facet.PURPOSE, each.purposes),
                }
                for day, each in sorted(self.days.items(), reverse=True)
            ],
            "departments": ranking(Facet.DEPARTMENT, self.values[Facet.DEPARTMENT]),
            "purposes": ranking(Facet.PURPOSE, self.values[Facet.PURPOSE]),
            "readers": ranking(Facet.ACTOR, self.values[Facet.ACTOR]),
            "fields": ranking(Facet.FIELD, self.values[Facet.FIELD]),
            "kinds": ranking(Facet.KIND, self.values[Facet.KIND]),
        }


@dataclass(frozen=True, slots=True)
class AccessTimeline:
    """Counts what is about one person."""

    book: Logbook
    words: Words

    async def find(self, bound: BoundRoot) -> Found:
        """Return the counts over the newest entries about the person.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        made = _Timeline(self.words)
        async with self.book.opened(bound) as opened:
            wanted, known = opened.filter(COUNTED_ENTRIES), self.book.definitions
            if opened.is_known:
                async for match in matches(opened.connection, wanted, known):
                    made.add(match)
            total = made.total
            if total == COUNTED_ENTRIES:
                total = await count(opened.connection, wanted, MOST, known)
        is_exact = total == made.total
        told = made.told(is_exact=is_exact) | {"total": total, "isExact": total < MOST}
        return Found(opened.policy, (told,), (), opened.record(total), tags=opened.own)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()
