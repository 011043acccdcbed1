"""Who lives in which household, and where households live: bitemporal, one timeline each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Generic, TypeVar
from uuid import UUID

from asyncpg import Record

from hub.store.bulk import add_rows
from hub.store.database import Connection
from hub.store.facts import STILL_KNOWN
from hub.store.ids import fresh_id
from hub.store.timeline import Span, cut, joined, splice

_OF_PEOPLE: Final = """
SELECT cell, household_id, version_id, person_id, relation, source_record_id, valid_from, valid_to
FROM membership WHERE cell = any($1) AND person_id = any($2::uuid[]) AND known_to = 'infinity'
"""
_OF_HOUSEHOLDS: Final = """
SELECT cell, household_id, version_id, region, valid_from, valid_to
FROM household_place
WHERE cell = any($1) AND household_id = any($2::uuid[]) AND known_to = 'infinity'
"""
_CLOSE_MEMBERSHIP: Final = """
UPDATE membership SET known_to = $3
WHERE cell = any($1) AND version_id = any($2::uuid[]) AND household_id = any($4::uuid[])
"""
_CLOSE_PLACE: Final = """
UPDATE household_place SET known_to = $3
WHERE cell = any($1) AND version_id = any($2::uuid[]) AND household_id = any($4::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in a household; `version_id` is None until it is stored."""

    cell: str
    household_id: UUID
    person_id: UUID
    relation: str | None
    source_record_id: UUID
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A household's region; `version_id` is None until it is stored."""

    cell: str
    household_id: UUID
    region: str
    version_id: UUID | None = None


H = TypeVar("H", Membership, Place)


@dataclass(frozen=True, slots=True)
class _Change(Generic[H]):
    """Stored versions that are no longer known so, and what is known instead."""

    closed: list[H] = field(default_factory=list)
    added: list[Span[H]] = field(default_factory=list)

    def all(self) -> list[H]:
        """Return every value that changes."""
        values = list(self.closed)
        values.extend(span.value for span in self.added)
        return values


class Moves:
    """What a transaction says about who lives where, in the order in which it was said."""

    def __init__(self) -> None:
        """Nobody moves yet."""
        self._people: dict[tuple[str, UUID], list[Span[Membership | None]]] = defaultdict(list)
        self._households: dict[tuple[str, UUID], list[Span[Place]]] = defaultdict(list)

    def live(self, cell: str, person_id: UUID, span: Span[Membership | None]) -> None:
        """Let a person live in a household over some days; None is in no household."""
        self._people[cell, person_id].append(span)

    def lie(self, span: Span[Place]) -> None:
        """Let a household lie in a region over some days."""
        self._households[span.value.cell, span.value.household_id].append(span)

    async def write(self, connection: Connection, known: datetime) -> set[tuple[str, UUID]]:
        """Store what changes and return the households, with cell, that it touches."""
        members = await self._memberships(connection)
        places = await self._places(connection)
        await _store(connection, _CLOSE_MEMBERSHIP, "membership", members, known)
        await _store(connection, _CLOSE_PLACE, "household_place", places, known)
        moved = {(m.cell, m.household_id) for m in members.all()}
        return moved | {(p.cell, p.household_id) for p in places.all()}

    async def _memberships(self, connection: Connection) -> "_Change[Membership]":
        rows = await connection.fetch(_OF_PEOPLE, *_keys(self._people))
        stored: dict[UUID, list[Span[Membership]]] = defaultdict(list)
        for r in rows:
            value = Membership(
                r["cell"],
                r["household_id"],
                r["person_id"],
                r["relation"],
                r["source_record_id"],
                r["version_id"],
            )
            stored[value.person_id].append(_span(r, value))
        change: _Change[Membership] = _Change()
        for (_, person_id), said in self._people.items():
            timeline = stored[person_id]
            for span in said:
                timeline = _after(timeline, span)
            _change(stored[person_id], joined(timeline, _same_home), change)
        return change

    async def _places(self, connection: Connection) -> "_Change[Place]":
        rows = await connection.fetch(_OF_HOUSEHOLDS, *_keys(self._households))
        stored: dict[UUID, list[Span[Place]]] = defaultdict(list)
        for r in rows:
            value = Place(r["cell"], r["household_id"], r["region"], r["version_id"])
            stored[value.household_id].append(_span(r, value))
        change: _Change[Place] = _Change()
        for (_, household_id), said in self._households.items():
            timeline = stored[household_id]
            for span in said:
                timeline = splice(timeline, _until_next(timeline, span))
            _change(stored[household_id], joined(timeline, _same_region), change)
        return change


def _keys(by: Mapping[tuple[str, UUID], object]) -> tuple[list[str], list[UUID]]:
    return sorted({cell for cell, _ in by}), [key for _, key in by]


def _span(row: Record, value: H) -> Span[H]:
    return Span(row["valid_from"], row["valid_to"], value)


def _after(
    timeline: list[Span[Membership]], said: Span[Membership | None]
) -> list[Span[Membership]]:
    if said.value is None:
        return cut(timeline, said.valid_from, said.valid_to)
    return splice(timeline, Span(said.valid_from, said.valid_to, said.value))


def _until_next(timeline: list[Span[Place]], said: Span[Place]) -> Span[Place]:
    """Return `said` up to the next stored statement: an earlier day does not overrule a later."""
    later = [s.valid_from for s in timeline if s.valid_from > said.valid_from]
    return replace(said, valid_to=min([*later, said.valid_to]))


def _same_home(one: Membership, other: Membership) -> bool:
    return (one.household_id, one.relation) == (other.household_id, other.relation)


def _same_region(one: Place, other: Place) -> bool:
    return one.region == other.region


def _change(stored: list[Span[H]], wanted: list[Span[H]], into: "_Change[H]") -> None:
    """Note which stored spans end and which are added, so that `wanted` is known."""
    days = {(s.valid_from, s.valid_to, s.value.version_id) for s in wanted}
    kept = {
        s.value.version_id for s in stored if (s.valid_from, s.valid_to, s.value.version_id) in days
    }
    into.closed.extend(s.value for s in stored if s.value.version_id not in kept)
    into.added.extend(
        s for s in wanted if s.value.version_id is None or s.value.version_id not in kept
    )


async def _store(
    connection: Connection, close: str, table: str, change: "_Change[H]", known: datetime
) -> None:
    closed = change.closed
    if closed:
        await connection.execute(
            close,
            sorted({h.cell for h in closed}),
            [h.version_id for h in closed],
            known,
            [h.household_id for h in closed],
        )
    columns = _COLUMNS[table]
    rows = [_row(span, columns, known) for span in change.added]
    await add_rows(connection, table, columns, rows)


def _row(span: Span[H], columns: Sequence[str], known: datetime) -> tuple[object, ...]:
    own: dict[str, object] = {
        "version_id": fresh_id(),
        "valid_from": span.valid_from,
        "valid_to": span.valid_to,
        "known_from": known,
        "known_to": STILL_KNOWN,
    }
    return tuple(own[n] if n in own else getattr(span.value, n) for n in columns)


_INTERVALS: Final = ("valid_from", "valid_to", "known_from", "known_to")
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "membership": (
        *("cell", "household_id", "version_id", "person_id", "relation", "source_record_id"),
        *_INTERVALS,
    ),
    "household_place": ("cell", "household_id", "version_id", "region", *_INTERVALS),
}
