"""From the JSON items of a page to source records: one wrong item costs that item."""

from collections.abc import Sequence
from typing import Final

import msgspec

from connectors.protocol import ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape

_ITEM: Final = msgspec.json.Decoder(dict[str, str | int | bool | None])
_FLAGS: Final = {True: "true", False: "false"}


def read_items(
    shape: Shape, items: Sequence[msgspec.Raw], place: str
) -> tuple[tuple[SourceRecord, ...], tuple[Unreadable, ...]]:
    """Return the records of a page and what is none, each with its place below `place`."""
    records: list[SourceRecord] = []
    unreadable: list[Unreadable] = []
    for index, item in enumerate(items, start=1):
        found = _record(shape, item, f"{place} item {index}")
        if isinstance(found, SourceRecord):
            records.append(found)
        else:
            unreadable.append(found)
    return tuple(records), tuple(unreadable)


def _record(shape: Shape, item: msgspec.Raw, location: str) -> SourceRecord | Unreadable:
    try:
        values = _ITEM.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return shape.unreadable(
            location,
            ReasonCode.ROW_UNREADABLE,
            "the item is not an object of texts, whole numbers, flags and nulls",
        )
    return shape.record({column: _word(value) for column, value in values.items()}, location)


def _word(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _FLAGS[value] if isinstance(value, bool) else str(value)
