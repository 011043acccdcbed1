"""New versions of facts: what a batch says of each record, spliced into what is known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast
from uuid import UUID

from connectors.mapping import Record
from hub.sealing.seals import seal_groups
from hub.store.database import Connection
from hub.store.facts import Facts, Stored, Version, resealed
from hub.store.ids import fresh_id
from hub.store.people import Identity
from hub.store.timeline import FOREVER, Span, cut, splice
from schema.catalogue import Dataset, Values


@dataclass(frozen=True, slots=True)
class Fresh:
    """What a record says, not stored yet."""

    identity: Identity
    record: Record
    source_record_id: UUID


@dataclass(frozen=True, slots=True)
class Said:
    """One statement about a record: its fresh words from a day on, or that it is gone."""

    valid_from: date
    fresh: Fresh | None
    owner: UUID
    """The identity that the record belongs to from now on."""


@dataclass(slots=True)
class _Record:
    cell: str
    is_stored: bool
    said: list[Said] = field(default_factory=list)


Timeline = list[Span[Version | Fresh]]


class Changes:
    """What a batch says of each record, in order; `write` splices it in and stores it."""

    def __init__(self, facts: Facts, keys: Mapping[UUID, Identity]) -> None:
        """`keys` finds the identity of what is stored, by id."""
        self._facts = facts
        self._identities = keys
        self._records: dict[str, dict[UUID, _Record]] = defaultdict(dict)
        self.corrected: set[UUID] = set()
        """Identities of which something known was taken back or said anew from its first day."""

    def say(self, dataset: str, record_id: UUID, cell: str, said: Said, *, is_stored: bool) -> None:
        """Add a statement; `is_stored` says whether versions of the record may be stored."""
        records = self._records[dataset]
        records.setdefault(record_id, _Record(cell, is_stored)).said.append(said)

    async def write(self, connection: Connection, known: datetime) -> None:
        """Store new versions and end the known time of superseded ones."""
        for name, records in self._records.items():
            dataset = self._facts.catalogue.by_name[name]
            stored = {key: r for key, r in records.items() if r.is_stored}
            existing = await self._facts.of_records(
                connection, dataset, (r.cell for r in stored.values()), stored
            )
            closed: list[Version] = []
            added: list[Stored] = []
            for record_id, record in records.items():
                before = existing.get(record_id, [])
                after = _spliced(before, record.said)
                closed += self._closed(before, after)
                added += self._added(dataset, record_id, before, after)
            await self._facts.write(connection, dataset, closed, added, known)

    def _closed(self, before: list[Stored], after: Timeline) -> list[Version]:
        days = {(s.value.version_id, s.valid_from, s.valid_to) for s in _kept(after)}
        starts = {(s.value.version_id, s.valid_from) for s in _kept(after)}
        closed = []
        for span in before:
            version = span.value
            if (version.version_id, span.valid_from, span.valid_to) not in days:
                closed.append(version)
                if (version.version_id, span.valid_from) not in starts:
                    self.corrected.add(version.identity_id)
        return closed

    def _added(
        self, dataset: Dataset, record_id: UUID, before: list[Stored], after: Timeline
    ) -> list[Stored]:
        intact = {(s.value.version_id, s.valid_from, s.valid_to) for s in before}
        added: list[Stored] = []
        for span in after:
            value = span.value
            if isinstance(value, Fresh):
                added.append(_sealed(dataset, record_id, span, value))
            elif (value.version_id, span.valid_from, span.valid_to) not in intact:
                key = self._identities[value.identity_id].key
                days = (span.valid_from, span.valid_to)
                added.append(resealed(dataset, Span(*days, value), key, days))
        return added


def _kept(timeline: Timeline) -> Iterable[Stored]:
    for span in timeline:
        if isinstance(span.value, Version):
            yield cast("Stored", span)


def _spliced(before: list[Stored], said: Iterable[Said]) -> Timeline:
    timeline: Timeline = [Span(s.valid_from, s.valid_to, s.value) for s in before]
    for one in said:
        # A record that changes hands leaves nothing with the one who had it by mistake.
        timeline = [span for span in timeline if _owner(span.value) == one.owner]
        if one.fresh is None:
            timeline = cut(timeline, one.valid_from, FOREVER)
        else:
            timeline = splice(timeline, Span(one.valid_from, FOREVER, one.fresh))
    return timeline


def _owner(value: Version | Fresh) -> UUID:
    return value.identity.identity_id if isinstance(value, Fresh) else value.identity_id


def _sealed(dataset: Dataset, record_id: UUID, span: Span[Version | Fresh], fresh: Fresh) -> Stored:
    identity, version_id = fresh.identity, fresh_id()
    values: Values = dataset.derive(fresh.record.values)
    columns: dict[str, object] = {f.name: values[f.name] for f in dataset.clear}
    columns.update(seal_groups(dataset, values, identity.key, identity.identity_id, version_id))
    version = Version(
        identity.person.cell,
        identity.identity_id,
        version_id,
        record_id,
        fresh.source_record_id,
        dataset.source_time_grain.of(fresh.record.source_time),
        columns,
    )
    return Span(span.valid_from, span.valid_to, version)
