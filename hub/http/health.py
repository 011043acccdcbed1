"""Whether the hub is alive, and whether it can answer: words only, no addresses and no versions."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import asyncpg

from hub.errors import HubError
from hub.http.exchange import Incoming, Reply, json_reply
from hub.sealing.keyring import KeyKind, Keyring
from hub.store.database import Database

_PATIENCE_S: Final = 2.0
_NEEDED: Final = (KeyKind.TAG, KeyKind.SUBJECT, KeyKind.LOG, KeyKind.TOKEN)
_OK: Final = "ok"
_DOWN: Final = "down"


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at what an answer needs."""

    database: Database
    log_is_open: Callable[[], bool]
    keyring: Keyring

    async def live(self, incoming: Incoming) -> Reply:
        """Say that this process takes requests."""
        del incoming
        return json_reply({"status": "live"})

    async def ready(self, incoming: Incoming) -> Reply:
        """Say whether a query could be answered now: 200, or 503 with what is missing."""
        del incoming
        checks = {
            "database": _word(is_ok=await self._database_answers()),
            "log": _word(is_ok=self.log_is_open()),
            "keys": _word(is_ok=self._has_keys()),
        }
        is_ready = set(checks.values()) == {_OK}
        status = "ready" if is_ready else "not ready"
        return json_reply({"status": status, "checks": checks}, 200 if is_ready else 503)

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE_S), self.database.connection() as connection:
                return bool(await connection.fetchval("SELECT 1") == 1)
        except (HubError, TimeoutError, asyncpg.PostgresError):
            return False

    def _has_keys(self) -> bool:
        try:
            for kind in _NEEDED:
                self.keyring.primary(kind)
        except HubError:
            return False
        return True


def _word(*, is_ok: bool) -> str:
    return _OK if is_ok else _DOWN
