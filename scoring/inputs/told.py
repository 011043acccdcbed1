"""A household's rows by person and kind, and who vouches for what they say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, NamedTuple

from scoring.facts import Kind, Row, Source, moment
from scoring.household import Evidence

REGISTER: Final = Source.POPULATION.department
LEFT_DAYS: Final = 97
"""For so many days the death of a person who left still concerns the household: the ninety days
of a trigger, and a week in which the register learns of it."""


class Silence(NamedTuple):
    """A source was read to its end at `read_at`; it covers people known by `whole_from`."""

    read_at: datetime
    whole_from: datetime


DEPARTMENT_OF: Final = {source: source.department for source in Source}
Silences = Mapping[str, Silence]
"""Department to what its silence means; one that was never read to its end is absent."""


@dataclass(slots=True)
class Person:
    """What is told of one person."""

    silences: Silences = field(repr=False)
    known_since: datetime
    left_on: int
    """Ordinal of the day on which the person left; 0 for a member."""
    relation: int
    words: dict[int, datetime] = field(default_factory=dict)
    rows: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def was_read(self, department: str) -> bool:
        """Whether a department's source was read to its end since the person became known."""
        silence = self.silences.get(department)
        return silence is not None and self.known_since <= silence.whole_from

    def evidence(self, *sources: Source) -> Evidence | None:
        """Return the newest record of `sources`, or the newest silence; None where unknown."""
        told = [(s, self.words[s]) for s in sources if s in self.words]
        if told:
            return newest([Evidence(DEPARTMENT_OF[s], when) for s, when in told])
        silent = {DEPARTMENT_OF[s]: None for s in sources}
        return newest([Evidence(d, self.silences[d].read_at) for d in silent if self.was_read(d)])

    def of(self, kind: Kind) -> list[Row]:
        """Return the person's rows of one kind."""
        return self.rows.get(kind, [])

    def covered(self, day: int) -> bool:
        """Whether a spell of insured work covers a day."""
        return any(row.a <= day <= row.b for row in self.of(Kind.SPELL))


@dataclass(slots=True)
class Family:
    """A household's rows on a day, by person."""

    as_of: date
    region: str | None
    region_since: datetime | None
    members: list[Person]
    former: list[Person]
    """Who left it lately."""

    @property
    def day(self) -> int:
        """The day as an ordinal."""
        return self.as_of.toordinal()

    def was_read(self, department: str) -> bool:
        """Whether a department was read to its end for every member."""
        return all(person.was_read(department) for person in self.members)


def newest(evidence: Iterable[Evidence]) -> Evidence | None:
    """Return the newest piece of evidence; of equals, the first department by name."""
    pieces = list(evidence)
    if len(pieces) > 1:
        pieces.sort(key=lambda e: e.department)
        return max(pieces, key=lambda e: e.source_time)
    return pieces[0] if pieces else None


def family(rows: Iterable[Row], as_of: date, silences: Silences) -> Family:
    """Return the rows of a household by person, as they are on a day."""
    everyone: dict[int, Person] = {}
    rest: list[Row] = []
    region = since = None
    for row in rows:
        if row.kind == Kind.PERSON:
            everyone[row.member] = Person(silences, moment(row.c), row.a, row.b)
        elif row.kind == Kind.REGION:
            region = f"{row.c:012}" if row.a else None
        elif row.kind == Kind.REGION_SINCE:
            since = moment(row.c)
        else:
            rest.append(row)
    for row in rest:
        person = everyone.get(row.member)
        if person is None:
            continue  # of the outcome that was stored, which belongs to nobody
        if row.kind == Kind.WORD:
            person.words[row.a] = moment(row.c)
        else:
            person.rows[row.kind].append(row)
    ordered = [everyone[index] for index in sorted(everyone)]
    members = [p for p in ordered if not p.left_on]
    return Family(as_of, region, since, members, [p for p in ordered if p.left_on])
