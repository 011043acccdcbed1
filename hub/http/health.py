"""Whether the hub is alive, and whether it can answer: words only, no addresses and no versions."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import asyncpg

from hub.clock import Clock
from hub.errors import HubError
from hub.http.exchange import Incoming, Reply, json_reply
from hub.sealing.keyring import KeyKind, Keyring
from hub.store.database import Connections
from hub.store.witnessed import last_seen

_PATIENCE_S: Final = 2.0
_NEEDED: Final = (KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT, KeyKind.LOG, KeyKind.TOKEN)
_OK: Final = "ok"
_DOWN: Final = "down"
_BROKEN: Final = "broken"
_BREAKS: Final = "SELECT EXISTS (SELECT FROM seal_break)"


@dataclass(frozen=True, slots=True)
class WitnessedWithin:
    """Names of the witnesses that the log should have, and how old their word may be."""

    names: frozenset[str]
    late: timedelta
    clock: Clock
    vkeys: tuple[str, ...] = ()
    """Their verifier keys."""


@dataclass(frozen=True, slots=True)
class Health:
    """Looks at what an answer needs."""

    database: Connections
    log_is_open: Callable[[], bool]
    keyring: Keyring
    witnessed: WitnessedWithin | None = None
    log_database: Connections | None = None
    """Where the log is; None: in the hub's database."""

    async def live(self, incoming: Incoming) -> Reply:
        """Say that this process takes requests."""
        del incoming
        return json_reply({"status": "live"})

    async def ready(self, incoming: Incoming) -> Reply:
        """Say whether a query could be answered now: 200, or 503 with what is missing.

        A seal that was found broken is said, and takes nobody else's answers along.
        """
        del incoming
        is_broken = await self._is_a_seal_broken()
        checks = {
            "database": _word(is_ok=is_broken is not None),
            "log": _word(is_ok=self.log_is_open()),
            "keys": _word(is_ok=self._has_keys()),
        }
        is_ready = set(checks.values()) == {_OK}
        # Answers that meet no broken one are right: it is told, and does not make us unready.
        checks["seals"] = _BROKEN if is_broken else _word(is_ok=is_broken is not None)
        status = "ready" if is_ready else "not ready"
        told = {"status": status, "checks": checks, "witness": await self._witness()}
        return json_reply(told, 200 if is_ready else 503)

    async def _witness(self) -> str:
        """Say how old the word of the witnesses is; a hub that nobody watches still answers."""
        expected = self.witnessed
        if expected is None:
            return "none"
        where = self.log_database or self.database
        try:
            async with asyncio.timeout(_PATIENCE_S), where.connection() as connection:
                seen = await last_seen(connection)
        except (HubError, TimeoutError, asyncpg.PostgresError):
            return "late"
        now = expected.clock()
        fresh = {each.witness for each in seen if now - each.at <= expected.late}
        return _OK if expected.names <= fresh else "late"

    async def _is_a_seal_broken(self) -> bool | None:
        """Return whether a seal was found broken that nobody settled; None: no answer."""
        try:
            async with asyncio.timeout(_PATIENCE_S), self.database.connection() as connection:
                return bool(await connection.fetchval(_BREAKS))
        except (HubError, TimeoutError, asyncpg.PostgresError):
            return None

    def _has_keys(self) -> bool:
        try:
            for kind in _NEEDED:
                self.keyring.primary(kind)
        except HubError:
            return False
        return True


def _word(*, is_ok: bool) -> str:
    return _OK if is_ok else _DOWN
