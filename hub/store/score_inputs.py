"""The sealed vector of each household: one row, replaced whenever what it holds changes.

It is made from facts, which are never overwritten, and can be made from them again at any time; so
no earlier vector is kept. Its version id is bound into the sealed value, as with every other row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from hub.sealing.seals import aad_prefix, bytes_opener, seal_bytes
from hub.store.database import Connection
from hub.store.ids import fresh_id
from hub.store.unscored import HouseholdKey

OWNER: Final = "civil-affairs"
_TABLE: Final = "score_input"
_GROUP: Final = "vector"
_READ: Final = """
SELECT household_id, version_id, sealed FROM score_input
WHERE cell = any($1) AND household_id = any($2::uuid[])
"""
_WRITE: Final = """
INSERT INTO score_input (cell, household_id, version_id, known_from, sealed)
SELECT cell, household_id, version_id, $5, sealed
FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bytea[])
     AS t (cell, household_id, version_id, sealed)
ON CONFLICT (cell, household_id) DO UPDATE
SET version_id = excluded.version_id, known_from = excluded.known_from, sealed = excluded.sealed
"""
_opened = bytes_opener(OWNER, _TABLE, _GROUP)


@dataclass(frozen=True, slots=True)
class SealedVector:
    """A household's vector as it is stored."""

    household_id: UUID
    version_id: UUID
    sealed: bytes = field(repr=False)

    def opened(self, key: bytes) -> bytes:
        """Return the vector's bytes.

        Raises:
            SealBrokenError: The stored value does not authenticate.
        """
        return _opened(key, self.household_id.bytes, self.version_id.bytes, self.sealed)


def sealed_vector(household_id: UUID, key: bytes, data: bytes) -> SealedVector:
    """Return a vector sealed for its household, as a new version."""
    version_id = fresh_id()
    prefix = aad_prefix(OWNER, _TABLE, _GROUP)
    sealed = seal_bytes(key, prefix + household_id.bytes + version_id.bytes, data)
    return SealedVector(household_id, version_id, sealed)


async def stored_vectors(
    connection: Connection, cells: Iterable[str], households: Iterable[UUID]
) -> dict[UUID, SealedVector]:
    """Return the vectors of those households that have one."""
    rows = await connection.fetch(_READ, sorted(set(cells)), list(households))
    return {r["household_id"]: SealedVector(*r) for r in rows}


async def write_vectors(
    connection: Connection, vectors: Sequence[tuple[HouseholdKey, SealedVector]], known: datetime
) -> None:
    """Store vectors, each in place of its household's earlier one."""
    if vectors:
        await connection.execute(
            _WRITE,
            [cell for (cell, _), _ in vectors],
            [vector.household_id for _, vector in vectors],
            [vector.version_id for _, vector in vectors],
            [vector.sealed for _, vector in vectors],
            known,
        )
