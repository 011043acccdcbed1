"""What is kept of a department before it has an owner is sealed: one data key a department.

Records in quarantine and the place up to which a source was read hold numbers and names, and
belong to no identity. The key lies beside those of identities, under an id made from the
department's name, in a cell that is no county's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from asyncpg import Record

from hub.sealing.broken import Reason, broken
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import Json, aad_prefix, opener, seal
from hub.store.database import Connection
from hub.store.people import add_key, keys_of

INTAKE_CELL: Final = "000000"
WITH_KEY: Final = f"""
left join data_key k
  on k.cell = '{INTAKE_CELL}' and k.identity_id = $1 and k.department = $2
"""
"""Joined to rows that the intake key seals, so that they and the key are of one moment; $1 is
`intake_owner` of the department $2. Select `KEY` with it, and open by `joined_key`."""
KEY: Final = "k.key_version, k.wrapped, k.commitment"


@dataclass(frozen=True, slots=True)
class IntakeKey:
    """The opened key of a department's intake."""

    department: str
    raw: bytes = field(repr=False)

    def seal(self, dataset: str, group: str, version: UUID, values: Sequence[object]) -> bytes:
        """Return `values` sealed for one place."""
        prefix = aad_prefix(self.department, dataset, group)
        owner = intake_owner(self.department)
        return seal(self.raw, prefix, owner.bytes, version.bytes, values)

    def open(self, dataset: str, group: str, version: UUID, sealed: bytes) -> list[Json]:
        """Return what was sealed for this place.

        Raises:
            SealBrokenError: It was changed, moved or sealed otherwise.
        """
        opened = opener(self.department, dataset, group)
        return opened(self.raw, intake_owner(self.department).bytes, version.bytes, sealed)


def intake_owner(department: str) -> UUID:
    """Return what stands in an identity's place for the intake of a department."""
    return uuid5(NAMESPACE_URL, f"hub:intake:{department}")


def joined_key(row: Record, keys: DataKeys, department: str) -> IntakeKey:
    """Return the key of a department's intake that was read with a row (`WITH_KEY`).

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: There is no such key, or it does not authenticate.
    """
    if row["wrapped"] is None:
        said = f"What is kept of {department} has no key."
        raise broken(department, "intake", Reason.NO_KEY, said)
    raw = keys.open(department, row["key_version"], row["wrapped"], row["commitment"])
    return IntakeKey(department, raw)


async def _intake_key(connection: Connection, keys: DataKeys, department: str) -> IntakeKey | None:
    owner = intake_owner(department)
    found = await keys_of(connection, keys, department, [INTAKE_CELL], [owner])
    return IntakeKey(department, found[owner]) if owner in found else None


async def made_intake_key(connection: Connection, keys: DataKeys, department: str) -> IntakeKey:
    """Return the key of a department's intake, stored now if it was not.

    Call it while no other batch can come in: two of them must not make one each, and it is not
    replaced meanwhile.

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: The stored key does not authenticate.
    """
    found = await _intake_key(connection, keys, department)
    if found is not None:
        return found
    raw = await add_key(connection, keys, department, INTAKE_CELL, intake_owner(department))
    return IntakeKey(department, raw)
