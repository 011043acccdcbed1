"""One source record, tagged and mapped: everything that can be said of it without the store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import orjson

from connectors.convert import Fault
from connectors.mapping import DatasetMapping, Quarantined, Record
from connectors.protocol import Page, SourceRecord, Unreadable
from hub.sealing.tags import Tagger, TagKey
from hub.store.ids import id_from
from schema.ids import CitizenNumber, parse_citizen_number


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source record with its tags, and what the mapping makes of it."""

    source: SourceRecord
    record_id: UUID
    """The record's id: the same in all its versions, under whatever tag key."""
    key_tag: bytes = field(repr=False)
    content_tag: bytes = field(repr=False)
    mapped: Record | Quarantined
    number_tag: bytes | None = field(repr=False)
    """Of the subject's citizen number, where it is readable."""
    household_tag: bytes | None = field(repr=False)

    @property
    def tags(self) -> tuple[bytes, ...]:
        """The tags by which it can be in scope."""
        return tuple(tag for tag in (self.number_tag, self.household_tag) if tag is not None)


@dataclass(frozen=True, slots=True)
class PreparedUnreadable:
    """A piece of a source that is no record, known by its place."""

    piece: Unreadable
    key_tag: bytes = field(repr=False)
    content_tag: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Papers:
    """What is on a page, prepared: records, and pieces that are none."""

    records: Sequence[Prepared]
    pieces: Sequence[PreparedUnreadable]
    page: Page = field(repr=False)
    live: tuple[TagKey, ...] = ()
    """The versions of the tag key that were alive; the tags are under the first one."""
    moves: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    """The page's tags by what they are under the other versions, while there are any."""

    @property
    def cursor(self) -> str:
        """It continues behind the page."""
        return self.page.cursor

    def __len__(self) -> int:
        """How many they are."""
        return len(self.records) + len(self.pieces)


def prepared(
    page: Page, mappings: Mapping[str, DatasetMapping], tagger: Tagger, today: date
) -> Papers:
    """Return a page in its order, each record tagged and mapped; `today` is the day in China.

    A record of a dataset without a mapping cannot come: connectors name their own datasets.

    Raises:
        KeyError: It did.
    """
    live, moves = tagger.live(), dict[bytes, bytes]()
    tags = _Tags(tagger, live, moves)
    return Papers(
        [_prepared(source, mappings[source.dataset], tags, today) for source in page.records],
        [_unreadable(piece, tags) for piece in page.unreadable],
        page,
        live,
        moves,
    )


@dataclass(frozen=True, slots=True)
class _Tags:
    """Computes a page's tags, and beside them what they were under the other living versions."""

    tagger: Tagger
    live: tuple[TagKey, ...]
    moves: dict[bytes, bytes]

    def of(self, make: Callable[[TagKey], bytes]) -> bytes:
        """Return a tag under the version that is stored under."""
        tag = make(self.live[0])
        for other in self.live[1:]:
            self.moves[make(other)] = tag
        return tag


def _prepared(source: SourceRecord, mapping: DatasetMapping, tags: _Tags, today: date) -> Prepared:
    name, key, words = source.dataset, source.key, said(source, mapping, deleted=source.deleted)
    mapped = mapping.apply(source, today=today)
    number, household = who(source, mapping, mapped)
    return Prepared(
        source,
        id_from(tags.tagger.identifier(name, key)[:16]),
        tags.of(lambda tag: tag.record(name, key)),
        tags.of(lambda tag: tag.content(name, words)),
        mapped,
        tags.of(lambda tag: tag.person(number)) if number else None,
        tags.of(lambda tag: tag.household(household)) if household else None,
    )


def said(source: SourceRecord, mapping: DatasetMapping, *, deleted: bool) -> str:
    """Return what a record says to us: a change in a column that nobody maps is no change."""
    words = {item.column: source.words.get(item.column) for item in mapping.fields}
    return orjson.dumps([words, source.source_time, deleted], option=orjson.OPT_SORT_KEYS).decode()


def who(
    source: SourceRecord, mapping: DatasetMapping, mapped: Record | Quarantined
) -> tuple[str | None, str | None]:
    """Return citizen number and household number, also of a record that has other faults."""
    if isinstance(mapped, Record):
        return mapped.subject, mapped.household_key
    number = _word(source, mapping, mapping.number)
    valid = isinstance(parse_citizen_number(number), CitizenNumber)
    home = _word(source, mapping, mapping.household.key) if mapping.household else None
    return number if valid else None, home


def _word(source: SourceRecord, mapping: DatasetMapping, name: str) -> str | None:
    item = next(item for item in mapping.fields if item.field == name)
    value = item.convert(source.words.get(item.column))
    return None if isinstance(value, Fault) or not isinstance(value, str) else value


def _unreadable(piece: Unreadable, tags: _Tags) -> PreparedUnreadable:
    """Return an unreadable piece with tags of its place and of what is wrong there."""
    key = unreadable_key(piece.location)
    content = unreadable_content(piece.reason, piece.detail)
    return PreparedUnreadable(
        piece,
        tags.of(lambda tag: tag.record(piece.dataset, key)),
        tags.of(lambda tag: tag.content(piece.dataset, content)),
    )


def unreadable_key(location: str) -> str:
    """Return what stands for the key of a piece that is no record."""
    return f"unreadable {location}"


def unreadable_content(reason: str, detail: str) -> str:
    """Return what stands for the words of a piece that is no record."""
    return f"{reason} {detail}"
