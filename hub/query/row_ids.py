"""The ids of rows as a query reads them: 16 bytes each, a whole column in one value.

The driver makes an object for each id of an array, which takes ten times as long as to cut it from
a text of bytes, and what it makes is hashed and collected for as long as the answer is under way.
"""

from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from asyncpg.pgproto.pgproto import UUID as STORED

ID_COLUMNS: Final = frozenset(
    {"identity_id", "version_id", "person_id", "household_id", "parent", "record_id"}
)
"""The columns of a level that are ids; every row has them."""
_SIZE: Final = 16
_AT_ONCE: Final = 256
_NOTHING: Final["sa.ColumnElement[bytes]"] = sa.literal_column("''::bytea")


def packed_ids(column: "sa.ColumnElement[UUID]") -> "sa.ColumnElement[bytes]":
    """Return the aggregate of a column of ids, one behind the other; null where there are none."""
    return sa.func.string_agg(sa.func.uuid_send(column), _NOTHING)


@lru_cache(maxsize=_AT_ONCE + 1)
def _cut(count: int) -> Struct:
    return Struct(f"{_SIZE}s" * count)


def unpacked_ids(packed: bytes | None) -> tuple[bytes, ...]:
    """Return the ids of a column, in order.

    Raises:
        struct.error: It is cut short.
    """
    if packed is None:
        return ()
    if len(packed) == _SIZE:
        return (packed,)
    count = len(packed) // _SIZE
    if count <= _AT_ONCE:
        return _cut(count).unpack(packed)
    whole = count - count % _AT_ONCE
    at = whole * _SIZE
    first = chain.from_iterable(_cut(_AT_ONCE).iter_unpack(packed[:at]))
    return (*first, *_cut(count - whole).unpack(packed[at:]))


def id_text(sixteen: bytes) -> str:
    """Return an id as people and programs are told it: RFC 9562 §4."""
    return str(STORED(sixteen))
