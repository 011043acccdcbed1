"""What is kept of a department before it has an owner is sealed: one data key a department.

Records in quarantine and the place up to which a source was read hold numbers and names, and
belong to no identity. The key lies beside those of identities, under an id made from the
department's name, in a cell that is no county's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import Json, aad_prefix, opener, seal
from hub.store.database import Connection
from hub.store.people import add_key, keys_of

INTAKE_CELL: Final = "000000"


@dataclass(frozen=True, slots=True)
class IntakeKey:
    """The opened key of a department's intake."""

    department: str
    raw: bytes = field(repr=False)

    def seal(self, dataset: str, group: str, version: UUID, values: Sequence[object]) -> bytes:
        """Return `values` sealed for one place."""
        prefix = aad_prefix(self.department, dataset, group)
        owner = _owner(self.department)
        return seal(self.raw, prefix, owner.bytes, version.bytes, values)

    def open(self, dataset: str, group: str, version: UUID, sealed: bytes) -> list[Json]:
        """Return what was sealed for this place.

        Raises:
            SealBrokenError: It was changed, moved or sealed otherwise.
        """
        opened = opener(self.department, dataset, group)
        return opened(self.raw, _owner(self.department).bytes, version.bytes, sealed)


def _owner(department: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"hub:intake:{department}")


async def intake_key(connection: Connection, keys: DataKeys, department: str) -> IntakeKey | None:
    """Return the key of a department's intake; None before anything was kept of it.

    Raises:
        KeysUnavailableError: The department's key is not at hand.
        SealBrokenError: The stored key does not authenticate.
    """
    owner = _owner(department)
    found = await keys_of(connection, keys, department, [INTAKE_CELL], [owner])
    return IntakeKey(department, found[owner]) if owner in found else None


async def made_intake_key(connection: Connection, keys: DataKeys, department: str) -> IntakeKey:
    """Return the key of a department's intake, stored now if it was not; raises as `intake_key`.

    Call it while no other batch can come in: two of them must not make one each.
    """
    found = await intake_key(connection, keys, department)
    if found is not None:
        return found
    raw = await add_key(connection, keys, department, INTAKE_CELL, _owner(department))
    return IntakeKey(department, raw)
