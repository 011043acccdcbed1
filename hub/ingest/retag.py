"""Every stored tag is computed anew under the next version of the tag key, from what is sealed.

A source's words hold the numbers, the household's number and the record's key; each is known for
what it is by its old tag. So nothing is guessed: what the old tag does not agree with is left
where it is and counted. A record whose words no mapping reads as they were read then gets a content
tag of nothing: when it comes again it is taken in once more, as after any change of a mapping.

A batch is one transaction, in which nobody takes anything in or decides. It can be stopped at any
moment; the rows say how far it is.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import orjson
from asyncpg import Record

from connectors.mapping import DatasetMapping
from connectors.protocol import SourceRecord
from connectors.shape import BEIJING
from hub.clock import Clock
from hub.ingest.prepared import said, unreadable_content, unreadable_key, who
from hub.ingest.waiting import moment_of, record_of, words_of
from hub.sealing.broken import Reason, broken
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import opener
from hub.sealing.tags import Tagger, TagKey
from hub.store.database import Connection, Database
from hub.store.intake import made_intake_key
from hub.store.sources import nobody_writes
from hub.store.tags import (
    Moved,
    left_under,
    move_empty,
    move_known,
    sources_under,
    store_moved,
    waiting_under,
)

BATCH: Final = 500
"""Rows of one transaction: about a fifth of a second, in which nothing is taken in."""
Told = Callable[[int, int], None]
"""Hears how many rows are done, and of how many."""
_TAG: Final = 32


@dataclass(slots=True)
class _Work:
    """What one batch comes to."""

    tags: TagKey
    known: dict[bytes, bytes] = field(default_factory=dict)
    """New tags of numbers and households, by their old ones."""
    rows: list[Moved] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Retagger:
    """Moves stored tags to the version that is stored under now."""

    database: Database
    keys: DataKeys
    tagger: Tagger
    mappings: Mapping[str, DatasetMapping]
    departments: Sequence[str]
    clock: Clock

    async def left(self) -> dict[str, int]:
        """Return by table how many living tags are under an older version."""
        async with self.database.connection() as connection:
            return await left_under(connection, self.tagger.version, self.clock())

    async def move(self, told: Told) -> dict[str, int]:
        """Move everything that can be moved; return by table how many tags are left.

        Raises:
            SealBrokenError: Stored words do not authenticate; batches before it are moved.
            KeysUnavailableError: A version of the tag key, or a department's key, is not at hand.
            StoreUnavailableError: The database broke; run again, it goes on.
        """
        left = await self.left()
        total = left["source_record"] + left["quarantine"]
        done = 0
        for batch in (self._sources, self._waiting):
            after: UUID | None = UUID(int=0)
            while after is not None:
                async with self.database.transaction() as connection:
                    await nobody_writes(connection)
                    after, count = await batch(connection, after)
                done += count
                told(done, max(total, done))
        async with self.database.transaction() as connection:
            await nobody_writes(connection)
            await move_empty(connection, self.tagger.version)
        return await self.left()

    async def _sources(self, connection: Connection, after: UUID) -> tuple[UUID | None, int]:
        work = _Work(self.tagger.looked()[0])
        rows = await sources_under(connection, work.tags.version, after, BATCH)
        for row in rows:
            self._source(row, work)
        await self._store(connection, "source_record", work)
        return (rows[-1]["source_record_id"] if len(rows) == BATCH else None), len(rows)

    def _source(self, row: Record, work: _Work) -> None:
        former = self.tagger.under(row["tag_version"])
        department, dataset = row["department"], row["dataset"]
        if row["wrapped"] is None:
            raise broken(department, dataset, Reason.NO_KEY, "A source record has no data key.")
        raw = self.keys.open(department, row["key_version"], row["wrapped"], row["commitment"])
        place = row["identity_id"].bytes, row["source_record_id"].bytes
        sealed, stamp, *more = opener(department, dataset, "words")(raw, *place, row["words"])
        words, when = words_of(sealed), moment_of(stamp)
        kept = [word for word in more if isinstance(word, str)]
        key = _key_among([*kept, *words.values()], dataset, row["key_tag"], former)
        if key is None:
            return
        source = SourceRecord(department, dataset, key, words, "", when, deleted=False)
        self._who(source, former, work)
        content = self._content(source, row["content_tag"], former, work.tags)
        work.rows.append(Moved(row["source_record_id"], work.tags.record(dataset, key), content))

    async def _waiting(self, connection: Connection, after: UUID) -> tuple[UUID | None, int]:
        work = _Work(self.tagger.looked()[0])
        rows = await waiting_under(connection, work.tags.version, after, BATCH)
        keys = {name: await made_intake_key(connection, self.keys, name) for name in _owners(rows)}
        for row in rows:
            former, dataset = self.tagger.under(row["tag_version"]), row["dataset"]
            if row["words"] is None:
                work.rows.append(_unreadable(row, former, work.tags))
            else:
                source = record_of(row, keys[row["department"]])
                self._who(source, former, work)
                content = self._content(source, row["content_tag"], former, work.tags)
                tag = work.tags.record(dataset, source.key)
                work.rows.append(Moved(row["quarantine_id"], tag, content))
        await self._store(connection, "quarantine", work)
        return (rows[-1]["quarantine_id"] if len(rows) == BATCH else None), len(rows)

    async def _store(self, connection: Connection, table: str, work: _Work) -> None:
        await move_known(connection, work.known, work.tags.version, self.departments)
        await store_moved(connection, table, work.rows, work.tags.version)

    def _who(self, source: SourceRecord, former: TagKey, work: _Work) -> None:
        mapping = self.mappings.get(source.dataset)
        if mapping is None:
            return
        number, household = who(
            source, mapping, mapping.apply(source, today=self.clock().astimezone(BEIJING).date())
        )
        if number:
            work.known[former.person(number)] = work.tags.person(number)
        if household:
            work.known[former.household(household)] = work.tags.household(household)

    def _content(self, source: SourceRecord, stored: bytes, former: TagKey, tags: TagKey) -> bytes:
        mapping = self.mappings.get(source.dataset)
        for deleted in (source.deleted, not source.deleted):
            if mapping is not None:
                words = said(source, mapping, deleted=deleted)
                if former.content(source.dataset, words) == stored:
                    return tags.content(source.dataset, words)
        return secrets.token_bytes(_TAG)


def _key_among(
    words: Sequence[str | None], dataset: str, stored: bytes, former: TagKey
) -> str | None:
    """Return the word that is the record's key: the one whose tag is stored.

    What was taken in before keys were sealed beside the words has its key among them.
    """
    for word in words:
        key = (word or "").strip()
        if key and former.record(dataset, key) == stored:
            return key
    return None


def _owners(rows: Sequence[Record]) -> list[str]:
    return sorted({row["department"] for row in rows if row["words"] is not None})


def _unreadable(row: Record, former: TagKey, tags: TagKey) -> Moved:
    """Return the tags of a piece that is no record: its place and what is wrong are in clear."""
    dataset, (reason, *_) = row["dataset"], orjson.loads(row["reasons"])
    key, content = (
        unreadable_key(row["location"]),
        unreadable_content(reason["code"], reason["detail"]),
    )
    is_same = former.content(dataset, content) == row["content_tag"]
    return Moved(
        row["quarantine_id"],
        tags.record(dataset, key),
        tags.content(dataset, content) if is_same else secrets.token_bytes(_TAG),
    )
