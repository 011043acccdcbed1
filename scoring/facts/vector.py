"""The vector: a household's rows as bytes, to be sealed as one value.

    vector = row, row, ...      each of 20 bytes, little-endian
    row    = kind(2) || member(2) || a(4, signed) || b(4, signed) || c(8, signed)

The first row has kind 0 and names the layout. It is this page's: a reader refuses a layout that it
does not know, and a vector that was refused is written anew from the facts, which are what counts.
Rule of evolution: a new kind or source takes a new number and leaves the layout as it is; whatever
changes the meaning of a number that was written, or the form of a row, takes a new layout.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from scoring.facts.rows import Kind, Row

LAYOUT: Final = 1
_ROW: Final = struct.Struct("<HHiiq")
ROW_BYTES: Final = _ROW.size
_FILL: Final = 16
"""A vector has a multiple of so many rows."""
_COUNTED: Final = 1 << 32
"""The first row's c is the number of rows, and that of the fields so many times."""
_KEPT: Final = frozenset({Kind.POINTS, Kind.FIRED, Kind.PROFILE})


class FactsError(Exception):
    """Bytes are no vector of the layout that this version reads."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A household's rows, and the days over which they hold, as ordinals.

    On `fresh_until` a record's interval begins or ends: from then on the facts are read anew.
    """

    written_on: int
    fresh_until: int
    rows: tuple[Row, ...]
    fields: int = 0
    """Which fields were read, as `fields_number` has it: of others, no row says nothing."""

    @property
    def outcome(self) -> tuple[Row, ...]:
        """What was stored last, in order: points, triggers and profile."""
        return tuple(sorted(row for row in self.rows if row.kind in _KEPT))

    @property
    def facts(self) -> tuple[Row, ...]:
        """Everything else, in order."""
        return tuple(sorted(row for row in self.rows if row.kind not in _KEPT))


def encoded(vector: Vector) -> bytes:
    """Return a vector as bytes; rows in order, so that equal vectors have equal bytes."""
    head = Row(Kind.LAYOUT, LAYOUT, vector.written_on, vector.fresh_until, _counted(vector))
    rows = [head, *sorted(vector.rows)]
    rows += [Row(Kind.BLANK)] * (-len(rows) % _FILL)
    return b"".join(_ROW.pack(*row) for row in rows)


def decoded(data: bytes) -> Vector:
    """Return the vector that bytes hold.

    Raises:
        FactsError: They are none, or of a layout that this version does not know.
    """
    if not data or len(data) % _ROW.size:
        raise FactsError("a vector is made of whole rows")
    head, *rest = _rows(_ROW.iter_unpack(data))
    if head.kind != Kind.LAYOUT or head.member != LAYOUT:
        raise FactsError(f"the vector's layout is {head.member}, this version reads {LAYOUT}")
    rows = tuple(row for row in rest if row.kind != Kind.BLANK)
    fields, count = divmod(head.c, _COUNTED)
    if len(rows) != count:
        raise FactsError(f"the vector has {len(rows)} rows and says {count}")
    return Vector(head.a, head.b, rows, fields)


def _counted(vector: Vector) -> int:
    return vector.fields * _COUNTED + len(vector.rows)


def fields_number(fields: Iterable[str]) -> int:
    """Return 31 bits that stand for a set of catalogue fields."""
    digest = hashlib.sha256("\n".join(sorted(fields)).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def is_usable(data: bytes, day: int, fields: int) -> bool:
    """Whether a vector holds on a day, and was read from just these fields."""
    if len(data) < ROW_BYTES or len(data) % ROW_BYTES:
        return False
    head = Row._make(_ROW.unpack_from(data))
    is_known = (head.kind, head.member) == (Kind.LAYOUT, LAYOUT)
    return is_known and day < head.b and head.c // _COUNTED == fields


def _rows(unpacked: Iterable[tuple[int, ...]]) -> Iterator[Row]:
    return (Row._make(numbers) for numbers in unpacked)
