"""One batch on its way into the store: everything it adds, and whom it touches."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID

from connectors.mapping import DatasetMapping, Record
from connectors.protocol import SourceRecord
from hub.ingest.changes import Changes, Fresh, Said
from hub.ingest.judge import Accepted, Ended, Held, Stale
from hub.ingest.known import Known, Registered
from hub.ingest.prepared import Prepared, PreparedUnreadable
from hub.ingest.renumbered import kept_identity
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import aad_prefix, seal
from hub.store.bulk import add_rows
from hub.store.database import Connection
from hub.store.facts import STILL_KNOWN, Facts
from hub.store.homes import Membership, Moves, Place
from hub.store.ids import fresh_id
from hub.store.intake import IntakeKey
from hub.store.people import Identity, NewPeople, PersonPlace
from hub.store.sources import (
    REPLACED,
    SUPERSEDED,
    StoredSource,
    Waiting,
    add_to_scope,
    close_sources,
    resolve,
    scope_revision,
)
from hub.store.timeline import ALWAYS, FOREVER, Span
from schema.codes import PERSON_STATUS

_LEFT: Final = frozenset({"migrated", "deceased", "cancelled"})
"""Statuses of a registration whose person no longer lives in the household."""
_CELL_DIGITS: Final = 6
_ALIAS_BYTES: Final = 16
_SOURCE_COLUMNS: Final = (
    *("source_record_id", "department", "dataset", "key_tag", "content_tag", "cell"),
    *("identity_id", "words", "source_time", "known_from", "tag_version", "known_to"),
)
_QUARANTINE_COLUMNS: Final = (
    *("quarantine_id", "department", "dataset", "key_tag", "content_tag", "location"),
    *("reasons", "words", "arrived_at", "person_tag", "tag_version"),
)


@dataclass(frozen=True, slots=True)
class Desk:
    """What a batch is worked with."""

    department: str
    mappings: Mapping[str, DatasetMapping]
    facts: Facts
    keys: DataKeys

    @property
    def tells_of_the_known(self) -> bool:
        """Whether some of its records are about people whom another record made known.

        Its silence about them says something, and it is read again once they are known. Who
        only says who people are and where they live is silent about nobody.
        """
        return any(m.household is None for m in self.mappings.values())


@dataclass(slots=True)
class Touched:
    """Whom a batch is about: people by id, and those of them whose past was corrected."""

    people: dict[UUID, PersonPlace] = field(default_factory=dict)
    corrected: set[UUID] = field(default_factory=set)
    households: set[tuple[str, UUID]] = field(default_factory=set)
    new_people: int = 0
    resolved: int = 0


@dataclass(slots=True)
class _SourceRow:
    values: tuple[object, ...]
    known_to: datetime


class Batch:
    """Collects what a transaction will store; `write` stores it. Belongs to one transaction."""

    def __init__(self, desk: Desk, known: Known, at: datetime, key: IntakeKey) -> None:
        """Everything is known from `at` on; `known` is kept up to date with what is added."""
        self._version = known.tag_version
        self._desk = desk
        self._known = known
        self._at = at
        self._intake = key
        self._new = NewPeople(desk.keys, known.tag_version, at)
        self._moves = Moves()
        self._owners = known.identities_by_id
        self._changes = Changes(desk.facts, self._owners)
        self._sources: dict[UUID, _SourceRow] = {}
        self._closed_sources: list[UUID] = []
        self._quarantine: list[tuple[object, ...]] = []
        self._resolved: dict[str, list[UUID]] = {SUPERSEDED: [], REPLACED: []}
        self._scope: dict[str, set[bytes]] = {"household": set(), "member": set()}
        self.touched = Touched()

    # -- what becomes of a record ------------------------------------------------------------

    def hold(self, prepared: Prepared | PreparedUnreadable, verdict: Held) -> None:
        """Let a record wait in quarantine, in place of an earlier version that waits."""
        if not verdict.is_new:
            return
        quarantine_id = fresh_id()
        if isinstance(prepared, Prepared):
            source = prepared.source
            department, dataset, location = source.department, source.dataset, source.location
            words: bytes | None = self._sealed_intake(source, quarantine_id)
            person = prepared.number_tag
        else:
            piece = prepared.piece
            department, dataset, location = piece.department, piece.dataset, piece.location
            words = person = None
        self._settle(prepared.key_tag, REPLACED)
        self._quarantine.append(
            (
                *(quarantine_id, department, dataset, prepared.key_tag, prepared.content_tag),
                *(location, verdict.reasons, words, self._at, person, self._version),
            )
        )
        waiting = Waiting(quarantine_id, prepared.content_tag, verdict.reasons, resolved=False)
        self._known.quarantine.setdefault(prepared.key_tag, []).append(waiting)

    def keep_stale(self, prepared: Prepared, verdict: Stale) -> None:
        """Keep an outdated record's words; facts do not change."""
        stored = verdict.stored
        if stored.identity_id is None:
            return
        identity = self._owners[stored.identity_id]
        self._source(prepared, identity, known_to=self._at)
        stored.contents.add(prepared.content_tag)

    def end(self, prepared: Prepared, verdict: Ended) -> None:
        """End a record that the department takes back, from the day it says."""
        stored = verdict.stored
        if stored.identity_id is None:
            return
        identity = self._owners[stored.identity_id]
        self._supersede(prepared, identity, stored)
        record_id = prepared.record_id
        said = Said(verdict.record.valid_from, None, identity.identity_id)
        dataset = prepared.source.dataset
        self._changes.say(dataset, record_id, identity.person.cell, said, is_stored=True)
        self._settle(prepared.key_tag, SUPERSEDED)
        self._touch(identity)
        if self._homes(dataset):
            self._leave(identity.person, verdict.record.valid_from)

    def accept(self, prepared: Prepared, verdict: Accepted) -> None:
        """Take a record in: link it, and say what it says from its day on."""
        record, stored = verdict.record, verdict.stored
        identity = self._identity(prepared, record)
        self._disown(prepared, identity, stored)
        source_id = self._supersede(prepared, identity, stored)
        record_id = prepared.record_id
        fresh = Fresh(identity, record, source_id)
        said = Said(record.valid_from, fresh, identity.identity_id)
        cell = identity.person.cell
        self._changes.say(record.dataset, record_id, cell, said, is_stored=stored is not None)
        self._settle(prepared.key_tag, SUPERSEDED)
        self._touch(identity)
        if self._homes(record.dataset):
            said_now = Registered(record.name, record.birth_date, record_id)
            for tag in {identity.person_tag, prepared.number_tag or identity.person_tag}:
                self._known.registered[tag] = said_now
            self._house(prepared, record, identity, source_id)

    # -- whose record it is ------------------------------------------------------------------

    def _identity(self, prepared: Prepared, record: Record) -> Identity:
        tag = prepared.number_tag or b""
        is_register = self._homes(record.dataset)
        kept = kept_identity(prepared, record, self._known, from_register=is_register)
        if kept is not None:
            self._alias(tag, kept.person)
            return kept
        identity = self._known.identities.get(tag)
        if identity is None:
            person = self._known.people.get(tag) or self._person(prepared, record)
            identity = self._new.identity(self._desk.department, tag, person)
            self._known.identities[tag] = identity
            self._owners[identity.identity_id] = identity
        return identity

    def _alias(self, tag: bytes, person: PersonPlace) -> None:
        """Let a person be found by a number that was issued anew."""
        if tag not in self._known.people:
            self._new.alias(tag, person)
            self._known.people[tag] = person
            self._scope["member"].add(tag)

    def _person(self, prepared: Prepared, record: Record) -> PersonPlace:
        home = self._known.households.get(prepared.household_tag or b"")
        cell = home.cell if home else (record.region or "")[:_CELL_DIGITS]
        tag = prepared.number_tag or b""
        person = self._new.person(cell, tag, secrets.token_bytes(_ALIAS_BYTES))
        self._known.people[tag] = person
        self._scope["member"].add(tag)
        self.touched.new_people += 1
        return person

    def _disown(self, prepared: Prepared, identity: Identity, stored: StoredSource | None) -> None:
        """Let go of the person whom an earlier version of the record named by mistake."""
        if stored is None or stored.identity_id is None:
            return
        if stored.identity_id == identity.identity_id:
            return
        former = self._owners[stored.identity_id]
        self._touch(former)
        if self._homes(prepared.source.dataset):
            self._leave(former.person, ALWAYS)

    def _touch(self, identity: Identity) -> None:
        self.touched.people[identity.person.person_id] = identity.person

    # -- where people live -------------------------------------------------------------------

    def _homes(self, dataset: str) -> bool:
        return self._desk.mappings[dataset].household is not None

    def _leave(self, person: PersonPlace, day: date) -> None:
        self._moves.live(person.cell, person.person_id, Span(day, FOREVER, None))

    def _house(
        self, prepared: Prepared, record: Record, identity: Identity, source_id: UUID
    ) -> None:
        person, tag = identity.person, prepared.household_tag
        dataset = self._desk.facts.catalogue.by_name[record.dataset]
        gone = any(
            f.codes is PERSON_STATUS and record.values.get(f.name) in _LEFT for f in dataset.fields
        )
        if tag is None or gone:
            self._leave(person, record.valid_from)
            return
        home = self._known.households.get(tag)
        if home is None:
            home = self._new.household(person.cell, tag, secrets.token_bytes(_ALIAS_BYTES))
            self._known.households[tag] = home
        if tag not in self._known.scope:
            self._scope["household"].add(tag)
        member = Membership(
            person.cell, home.household_id, person.person_id, record.relation, source_id
        )
        self._moves.live(person.cell, person.person_id, Span(record.valid_from, FOREVER, member))
        if record.region:
            place = Place(home.cell, home.household_id, record.region)
            self._moves.lie(Span(record.valid_from, FOREVER, place))

    # -- the source's words ------------------------------------------------------------------

    def _supersede(
        self, prepared: Prepared, identity: Identity, stored: StoredSource | None
    ) -> UUID:
        source_id = self._source(prepared, identity, known_to=STILL_KNOWN)
        if stored is not None and stored.source_record_id is not None:
            earlier = self._sources.get(stored.source_record_id)
            if earlier is None:
                self._closed_sources.append(stored.source_record_id)
            else:
                earlier.known_to = self._at
        self._known.sources[prepared.key_tag] = StoredSource(
            identity.identity_id,
            identity.person.cell,
            source_id,
            prepared.source.source_time,
            {prepared.content_tag, *(stored.contents if stored else ())},
        )
        return source_id

    def _source(self, prepared: Prepared, identity: Identity, *, known_to: datetime) -> UUID:
        source, source_id = prepared.source, fresh_id()
        words = seal(
            identity.key,
            aad_prefix(source.department, source.dataset, "words"),
            identity.identity_id.bytes,
            source_id.bytes,
            [dict(source.words), source.source_time, source.key, source.deleted],
        )
        grain = self._desk.facts.catalogue.by_name[source.dataset].source_time_grain
        row = (
            *(source_id, source.department, source.dataset, prepared.key_tag),
            *(prepared.content_tag, identity.person.cell, identity.identity_id),
            *(words, grain.of(source.source_time) if source.source_time else None, self._at),
            self._version,
        )
        self._sources[source_id] = _SourceRow(row, known_to)
        return source_id

    def _sealed_intake(self, source: SourceRecord, quarantine_id: UUID) -> bytes:
        said = [source.key, dict(source.words), source.source_time, source.deleted]
        return self._intake.seal(source.dataset, "intake", quarantine_id, said)

    def _settle(self, key_tag: bytes, resolution: str) -> None:
        """Resolve whatever waits of a record."""
        rows = self._known.quarantine.get(key_tag, [])
        waiting = [row for row in rows if not row.resolved]
        if not waiting:
            return
        self._resolved[resolution] += [row.quarantine_id for row in waiting]
        self._known.quarantine[key_tag] = [
            Waiting(row.quarantine_id, row.content_tag, row.reasons, resolved=True) for row in rows
        ]

    # -- into the store ----------------------------------------------------------------------

    async def write(self, connection: Connection) -> Touched:
        """Store what was collected, in the transaction of `connection`; return whom it touches."""
        await self._new.write(connection)
        await close_sources(connection, self._closed_sources, self._at)
        sources = [(*row.values, row.known_to) for row in self._sources.values()]
        await add_rows(connection, "source_record", _SOURCE_COLUMNS, sources)
        await add_rows(connection, "quarantine", _QUARANTINE_COLUMNS, self._quarantine)
        for resolution, ids in self._resolved.items():
            await resolve(connection, ids, self._at, resolution)
        await self._changes.write(connection, self._at)
        touched = self.touched
        touched.households |= await self._moves.write(connection, self._at)
        touched.resolved = len(self._resolved[SUPERSEDED])
        for owner in self._changes.corrected:
            if owner in self._owners:
                touched.corrected.add(self._owners[owner].person.person_id)
        await self._widen_scope(connection)
        return touched

    async def _widen_scope(self, connection: Connection) -> None:
        if not any(self._scope.values()):
            return
        revision = await scope_revision(connection, with_members=True) + 1
        for kind, tags in self._scope.items():
            await add_to_scope(connection, tags, (kind, revision, self._version))
