"""Ids of what the hub stores: random, of version 4, in the form that the driver itself uses.

A database's row brings ids of this form too. Making and storing one takes half the time of the
standard library's.
"""

import secrets
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as STORED


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
