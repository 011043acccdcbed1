"""Tells an auditor what a department does, by day, hour and value, beside its days before."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from audit.facets import Facet
from audit.profile import COMPARED, Periods, Profile, day_number, profiled
from hub.query.documents import masked
from hub.query.logbook import Logbook
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.query.words import Words

_CHINA: Final = timezone(timedelta(hours=8))
_FIRST: Final = date(1970, 1, 1)
_WEEK: Final = 7
_VALUES: Final = 50
_NAMES: Final = {
    Facet.PURPOSE: "purposes",
    Facet.KIND: "kinds",
    Facet.FIELD: "fields",
    Facet.ACTOR: "readers",
    Facet.REASON: "reasons",
    Facet.CHANNEL: "channels",
}
assert _NAMES.keys() == set(COMPARED)  # noqa: S101 - each is told


@dataclass(frozen=True, slots=True)
class AccessProfile:
    """Counts what one department did."""

    book: Logbook
    words: Words

    async def find(self, bound: BoundRoot) -> Found:
        """Return the profile of the days up to one, and of as many before them.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        given = bound.parameters
        department, days = str(given["department"]), given["days"]
        assert isinstance(days, int)  # noqa: S101 - bound from a typed argument
        last = bound.as_of
        starts = [last - timedelta(days=n * days - 1) for n in (2, 1)]
        since, turn, until = map(_midnight, (*starts, last + timedelta(days=1)))
        async with self.book.opened(bound) as opened:
            made = await profiled(
                opened.connection, department, Periods(since, turn, until), self.book.definitions
            )
        told = self._told(department, made, day_number(turn), days)
        record = opened.record(made.days.total())
        told_as = masked(department)
        record["filter"] = {"department": told_as, "day": last.isoformat(), "days": days}
        return Found(opened.policy, (told,), (), record)

    def _told(self, department: str, made: Profile, turn: int, days: int) -> Tree:
        zh, en = self.words.department(department)
        late = range(turn, turn + days)
        usual = _usual(made.days, turn, days)
        total, denials = (sum(each[day] for day in late) for each in (made.days, made.refused))
        return {
            "department": department,
            "name": en,
            "nameZh": zh,
            "since": _day(turn),
            "until": _day(turn + days - 1),
            "total": total,
            "before": made.days.total() - total,
            "denials": denials,
            "denialsBefore": made.refused.total() - denials,
            "isExact": True,
            "days": [
                {
                    "day": _day(day),
                    "count": made.days[day],
                    "denials": made.refused[day],
                    "usual": usual[day % _WEEK],
                }
                for day in late
            ],
            "hours": [
                {"hour": hour, "count": count, "before": made.hours_before[hour]}
                for hour, count in enumerate(made.hours)
            ],
            "weekdays": list(_weekdays(made.days, turn)),
            **{name: self._compared(facet, made) for facet, name in _NAMES.items()},
        }

    def _compared(self, facet: Facet, made: Profile) -> list[Tree]:
        found = [
            (value, late, before)
            for (of, value), (late, before) in made.values.items()
            if of is facet
        ]
        found.sort(key=lambda each: (-each[1], -each[2], each[0]))
        told: list[Tree] = []
        for value, late, before in found[:_VALUES]:
            zh, en = self.words.of(facet, value)
            told.append({"value": value, "name": en, "nameZh": zh, "count": late, "before": before})
        return told


def _usual(counts: Counter[int], turn: int, days: int) -> list[int]:
    """Return the mean of each weekday before, by the day's number modulo seven."""
    sums, times = [0] * _WEEK, [0] * _WEEK
    for day in range(turn - days, turn):
        sums[day % _WEEK] += counts[day]
        times[day % _WEEK] += 1
    return [round(total / (n or 1)) for total, n in zip(sums, times, strict=True)]


def _weekdays(counts: Counter[int], turn: int) -> Iterator[Tree]:
    for weekday in range(_WEEK):
        of_day = {d: n for d, n in counts.items() if _date(d).weekday() == weekday}
        late = sum(n for day, n in of_day.items() if day >= turn)
        yield {"hour": weekday, "count": late, "before": sum(of_day.values()) - late}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _CHINA)


def _date(number: int) -> date:
    return _FIRST + timedelta(days=number)


def _day(number: int) -> str:
    return _date(number).isoformat()
