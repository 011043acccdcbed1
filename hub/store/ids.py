"""Ids of what the hub stores: random, of version 4, in the form that the driver itself uses.

Ids of one batch that are looked up together are made side by side (`SideBySide`): then those of a
household lie on one page of an index and not on one page each, however large the district is. They
are opaque all the same: a batch begins anywhere, and the end of each is random.

A database's row brings ids of this form too. Making and storing one takes half the time of the
standard library's.
"""

import secrets
from typing import Final
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as STORED

_SHARED: Final = 8
_COUNT: Final = 3
_OWN: Final = 5
_VARIANT: Final = 0x80_00_00
_MOST: Final = 0x3F_FF_FF


def fresh_id() -> UUID:
    """Return an id that nothing else has."""
    return id_from(secrets.token_bytes(16))


def id_from(sixteen: bytes) -> UUID:
    """Return the id of version 4 that these bytes make.

    Spec: RFC 9562 §5.4, the bits of version and variant.
    """
    made = bytearray(sixteen)
    made[6] = made[6] & 0x0F | 0x40
    made[8] = made[8] & 0x3F | 0x80
    stored: UUID = STORED(bytes(made))
    return stored


class SideBySide:
    """Makes the ids of one batch: they rise, and nothing else has them. Of version 8.

    Shared by the batch 60 random bits, then a count of 22, then 40 random bits of each id's own.

    Spec: RFC 9562 §5.8.
    """

    def __init__(self) -> None:
        """Begin at a random place."""
        begin = bytearray(secrets.token_bytes(_SHARED))
        begin[6] = begin[6] & 0x0F | 0x80
        self._begin = bytes(begin)
        self._count = 0

    def __call__(self) -> UUID:
        """Return the next id.

        Raises:
            OverflowError: There are four million already.
        """
        count = self._count
        if count > _MOST:
            raise OverflowError("a batch has too many ids")
        self._count = count + 1
        placed = (_VARIANT | count).to_bytes(_COUNT, "big")
        stored: UUID = STORED(self._begin + placed + secrets.token_bytes(_OWN))
        return stored
