"""What the pages are told of the log: its verifier keys, and what each witness last said.

Who trusts nobody takes the keys from elsewhere; the pages say which ones they check with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.clock import Clock
from hub.http.health import WitnessedWithin
from hub.store.database import Connections
from hub.store.log_tree import newest
from hub.store.witnessed import Seen, last_seen


@dataclass(frozen=True, slots=True)
class LogTold:
    """Looks up the witnesses' last words."""

    database: Connections
    vkeys: Callable[[], Sequence[str]]
    expected: WitnessedWithin | None
    """None: the log has no witness."""
    clock: Clock

    async def told(self) -> dict[str, object]:
        """Return keys and witnesses; times in ISO 8601.

        Raises:
            StoreUnavailableError: The database cannot be reached.
        """
        async with self.database.connection() as connection:
            seen = {each.witness: each for each in await last_seen(connection)}
            head = await newest(connection)
        keys = {key.partition("+")[0]: key for key in self.expected.vkeys} if self.expected else {}
        return {
            "size": head.size if head else 0,
            "vkeys": list(self.vkeys()),
            "witnesses": [self._witness(name, key, seen.get(name)) for name, key in keys.items()],
            "formerWitnesses": sorted(seen.keys() - keys.keys()),
            "lateAfterS": int(self.expected.late.total_seconds()) if self.expected else None,
            "at": self.clock().isoformat(),
        }

    def _witness(self, name: str, vkey: str, seen: Seen | None) -> dict[str, object]:
        late = self.expected.late if self.expected else None
        is_late = seen is None or (late is not None and self.clock() - seen.at > late)
        return {
            "name": name,
            "vkey": vkey,
            "size": seen.size if seen else None,
            "at": seen.at.isoformat() if seen else None,
            "isLate": is_late,
        }
