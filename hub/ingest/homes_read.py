"""Reads households as the scorer sees them: who lives there, and what departments told of them.

Everything is read set by set, whatever the number of households: who lives where, where it lies,
whose identities there are, and the records of each dataset that the profile names.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from asyncpg import Record

from hub.ingest.scorer_reads import ScorerFields
from hub.sealing.datakeys import DataKeys
from hub.store.database import Connection
from hub.store.facts import Facts, Stored
from hub.store.people import Identity, PersonPlace, identities_of_people
from hub.store.timeline import FOREVER
from hub.store.unscored import HouseholdKey
from schema.catalogue import Dataset
from scoring.facts import FOREVER as OPEN_END
from scoring.facts import Kind, Read, Row, micros, told
from scoring.inputs import LEFT_DAYS

_HOMES: Final = """
SELECT cell, household_id, log_alias FROM household
WHERE cell = any($1) AND household_id = any($2::uuid[])
"""
_PLACES: Final = """
SELECT household_id, region, known_from, valid_from, valid_to FROM household_place
WHERE cell = any($1) AND household_id = any($2::uuid[]) AND known_to = 'infinity'
  AND valid_to > $3
"""
_MEMBERS: Final = """
SELECT m.household_id, m.cell, m.person_id, m.relation, m.valid_from, m.valid_to,
       p.log_alias, p.known_from
FROM membership m JOIN person p ON p.cell = m.cell AND p.person_id = m.person_id
WHERE m.cell = any($1) AND m.household_id = any($2::uuid[]) AND m.known_to = 'infinity'
  AND m.valid_to > $3
"""
_OF_PEOPLE: Final = """
SELECT DISTINCT cell, household_id FROM membership
WHERE cell = any($1) AND person_id = any($2::uuid[]) AND known_to = 'infinity'
  AND valid_from <= $3 AND $4 < valid_to
"""
_LEFT: Final = timedelta(days=LEFT_DAYS)


@dataclass(slots=True)
class Resident:
    """A member, or who left lately."""

    place: PersonPlace
    known_since: datetime
    relation: str | None
    left_on: date | None = None


@dataclass(slots=True)
class Home:
    """One household while it is scored."""

    alias: bytes = field(repr=False)
    today: date
    region: str | None = None
    region_since: datetime | None = None
    people: dict[UUID, Resident] = field(default_factory=dict)
    fresh_until: date = FOREVER
    """First day on which an interval begins or ends: from then on this has to be read anew."""
    reads: dict[UUID, dict[str, list[Read]]] = field(default_factory=dict)

    def turns(self, *days: date) -> None:
        """Note days on which something that was read begins or ends."""
        for day in days:
            if self.today < day < self.fresh_until:
                self.fresh_until = day

    def rows(self) -> tuple[Row, ...]:
        """Return what is told of the household, as rows; people in the order of their ids."""
        rows: list[Row] = []
        if self.region is not None and self.region_since is not None:
            rows.append(Row(Kind.REGION, a=1, c=int(self.region)))
            rows.append(Row(Kind.REGION_SINCE, c=micros(self.region_since)))
        for index, person_id in enumerate(sorted(self.people)):
            rows.append(_person(index, self.people[person_id]))
            rows += told(index, self.reads.get(person_id, {}))
        return tuple(rows)

    def fresh_until_ordinal(self) -> int:
        """Return `fresh_until` as a vector has it."""
        return min(self.fresh_until.toordinal(), OPEN_END)


def _person(index: int, resident: Resident) -> Row:
    relation = resident.relation
    number = int(relation) if relation is not None and relation.isdigit() else -1
    left = resident.left_on.toordinal() if resident.left_on else 0
    return Row(Kind.PERSON, index, left, number, micros(resident.known_since))


async def households_of(
    connection: Connection, people: Iterable[PersonPlace], today: date
) -> set[HouseholdKey]:
    """Return the households in which `people` live, or lived until lately."""
    asked = list(people)
    cells, ids = sorted({p.cell for p in asked}), [p.person_id for p in asked]
    rows = await connection.fetch(_OF_PEOPLE, cells, ids, today, today - _LEFT)
    return {(r["cell"], r["household_id"]) for r in rows}


@dataclass(frozen=True, slots=True)
class HomesReader:
    """Reads households, opened as far as the profile reads."""

    facts: Facts
    keys: DataKeys
    fields: ScorerFields

    async def read(
        self, connection: Connection, asked: Sequence[HouseholdKey], today: date
    ) -> dict[HouseholdKey, Home]:
        """Return what is known of households today.

        Raises:
            SealBrokenError: A stored value does not authenticate.
        """
        homes = await _homes(connection, asked, today)
        people = [r.place for home in homes.values() for r in home.people.values()]
        identities = await identities_of_people(connection, self.keys, people)
        where = _whereabouts(homes.values())
        cells = sorted({cell for cell, _ in asked})
        by_department: dict[str, dict[UUID, Identity]] = defaultdict(dict)
        for identity in identities:
            by_department[identity.department][identity.identity_id] = identity
        for dataset in self.fields.datasets:
            own = by_department.get(dataset.department)
            if own is None:
                continue
            found = await self.facts.of_identities(connection, dataset, cells, own)
            for identity_id, spans in found.items():
                identity = own[identity_id]
                self._take(dataset, identity, spans, where[identity.person.person_id])
        return homes

    def _take(
        self, dataset: Dataset, identity: Identity, spans: Iterable[Stored], homes: list[Home]
    ) -> None:
        today = homes[0].today
        holding = [span for span in spans if span.valid_from <= today < span.valid_to]
        reads = [self.fields.read(dataset, identity, span) for span in holding]
        for home in homes:
            mine = home.reads.setdefault(identity.person.person_id, defaultdict(list))
            if reads:
                mine[dataset.name] += reads
            for span in spans:
                home.turns(span.valid_from, span.valid_to)


async def _homes(
    connection: Connection, asked: Sequence[HouseholdKey], today: date
) -> dict[HouseholdKey, Home]:
    given = sorted({cell for cell, _ in asked}), [key for _, key in asked]
    rows = await connection.fetch(_HOMES, *given)
    homes = {(r["cell"], r["household_id"]): Home(r["log_alias"], today) for r in rows}
    by_id = {household_id: home for (_, household_id), home in homes.items()}
    for r in await connection.fetch(_PLACES, *given, today):
        _place(by_id[r["household_id"]], r)
    members = await connection.fetch(_MEMBERS, *given, today - _LEFT)
    for r in sorted(members, key=lambda r: (r["valid_from"], r["valid_to"])):
        _reside(by_id[r["household_id"]], r)
    return homes


def _place(home: Home, row: Record) -> None:
    home.turns(row["valid_from"], row["valid_to"])
    if row["valid_from"] <= home.today:
        home.region, home.region_since = row["region"], row["known_from"]


def _reside(home: Home, row: Record) -> None:
    """Note a stay in the household; of two stays of one person the later one counts."""
    home.turns(row["valid_from"], row["valid_to"])
    if row["valid_from"] > home.today:
        return
    left = row["valid_to"] if row["valid_to"] <= home.today else None
    place = PersonPlace(row["cell"], row["person_id"], row["log_alias"])
    home.people[place.person_id] = Resident(place, row["known_from"], row["relation"], left)


def _whereabouts(homes: Iterable[Home]) -> Mapping[UUID, list[Home]]:
    """Return the households of each person: one where they live, others that they left."""
    found: dict[UUID, list[Home]] = defaultdict(list)
    for home in homes:
        for person_id in home.people:
            found[person_id].append(home)
    return found


def log_aliases(homes: Iterable[Home]) -> Iterator[bytes]:
    """Return the aliases by which the log knows households and whoever was read of them."""
    for home in homes:
        yield home.alias
        for resident in home.people.values():
            yield resident.place.log_alias
