"""Reads and opens the sealed vectors of some thousands of households at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final

from asyncpg import Record

from hub.sealing.datakeys import DataKeys
from hub.store.database import Connection
from hub.store.score_inputs import OWNER, SealedVector
from hub.store.unscored import HouseholdKey
from scoring.facts import is_usable
from scoring.inputs import LEFT_DAYS

_NEXT: Final = """
SELECT h.cell, h.household_id, h.log_alias, i.version_id, i.sealed,
       k.key_version, k.wrapped, k.commitment
FROM household h
LEFT JOIN score_input i ON i.cell = h.cell AND i.household_id = h.household_id
LEFT JOIN data_key k ON k.cell = h.cell AND k.identity_id = h.household_id AND k.department = $4
WHERE (h.cell, h.household_id) > ($1, $2)
ORDER BY h.cell, h.household_id LIMIT $3
"""
_ALIASES: Final = """
SELECT p.log_alias
FROM membership m JOIN person p ON p.cell = m.cell AND p.person_id = m.person_id
WHERE (m.cell, m.household_id) > ($1, $2) AND (m.cell, m.household_id) <= ($3, $4)
  AND m.known_to = 'infinity' AND m.valid_from <= $5 AND m.valid_to > $6
"""


@dataclass(frozen=True)
class OpenedChunk:
    """Households in the order of their keys, with their opened vectors."""

    keys: Sequence[HouseholdKey]
    vectors: Sequence[bytes] = field(repr=False)
    unread: Sequence[HouseholdKey]
    """Those whose vector is missing, overtaken by the day, or of another layout or other fields."""
    aliases: Sequence[bytes] = field(repr=False)
    """By which the log knows the households, and everybody whose facts are in their vectors."""
    last: HouseholdKey

    @property
    def households(self) -> int:
        """How many there are."""
        return len(self.keys) + len(self.unread)

    @cached_property
    def place_of(self) -> dict[HouseholdKey, int]:
        """Where each household's vector is."""
        return {key: place for place, key in enumerate(self.keys)}


@dataclass(frozen=True, slots=True)
class VectorsReader:
    """Opens vectors with civil affairs' keys."""

    keys: DataKeys
    fields: int
    """The number of the fields that the profile reads; a vector of others is read anew."""

    async def next(
        self, connection: Connection, after: HouseholdKey, limit: int, today: date
    ) -> OpenedChunk | None:
        """Return the next households behind `after`; None when there are no more.

        Raises:
            KeysUnavailableError: A key version of civil affairs is not at hand.
            SealBrokenError: A stored value does not authenticate.
        """
        rows = await connection.fetch(_NEXT, *after, limit, OWNER)
        if not rows:
            return None
        keys, vectors, unread = [], [], []
        for row in rows:
            key, data = (row["cell"], row["household_id"]), self._opened(row)
            if is_usable(data, today.toordinal(), self.fields):
                keys.append(key)
                vectors.append(data)
            else:
                unread.append(key)
        last = (rows[-1]["cell"], rows[-1]["household_id"])
        lately = today - timedelta(days=LEFT_DAYS)
        people = await connection.fetch(_ALIASES, *after, *last, today, lately)
        aliases = [row["log_alias"] for row in (*rows, *people)]
        return OpenedChunk(keys, vectors, unread, aliases, last)

    def _opened(self, row: Record) -> bytes:
        """Return a household's vector, or nothing where it has none."""
        if row["sealed"] is None or row["wrapped"] is None:
            return b""
        key = self.keys.open(OWNER, row["key_version"], row["wrapped"], row["commitment"])
        return SealedVector(row["household_id"], row["version_id"], row["sealed"]).opened(key)
