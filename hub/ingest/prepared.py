"""One source record, tagged and mapped: everything that can be said of it without the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import orjson

from connectors.convert import Fault
from connectors.mapping import DatasetMapping, Quarantined, Record
from connectors.protocol import Page, SourceRecord, Unreadable
from hub.sealing.tags import Tagger
from schema.ids import CitizenNumber, parse_citizen_number


@dataclass(frozen=True, slots=True)
class Prepared:
    """A source record with its tags, and what the mapping makes of it."""

    source: SourceRecord
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
    cursor: str = field(repr=False)
    """It continues behind the page."""

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
    return Papers(
        [_prepared(source, mappings[source.dataset], tagger, today) for source in page.records],
        [_unreadable(piece, tagger) for piece in page.unreadable],
        page.cursor,
    )


def _prepared(
    source: SourceRecord, mapping: DatasetMapping, tagger: Tagger, today: date
) -> Prepared:
    content = tagger.content(source.dataset, _said(source, mapping))
    mapped = mapping.apply(source, today=today)
    number, household = _who(source, mapping, mapped)
    return Prepared(
        source,
        tagger.record(source.dataset, source.key),
        content,
        mapped,
        tagger.person(number) if number else None,
        tagger.household(household) if household else None,
    )


def _said(source: SourceRecord, mapping: DatasetMapping) -> str:
    """Return what a record says to us: a change in a column that nobody maps is no change."""
    words = {item.column: source.words.get(item.column) for item in mapping.fields}
    return orjson.dumps(
        [words, source.source_time, source.deleted], option=orjson.OPT_SORT_KEYS
    ).decode()


def _who(
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


def _unreadable(piece: Unreadable, tagger: Tagger) -> PreparedUnreadable:
    """Return an unreadable piece with tags of its place and of what is wrong there."""
    return PreparedUnreadable(
        piece,
        tagger.record(piece.dataset, f"unreadable {piece.location}"),
        tagger.content(piece.dataset, f"{piece.reason} {piece.detail}"),
    )
