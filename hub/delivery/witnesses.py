"""Show the audit log to its witnesses and keep what they answer.

The log waits for none of this: a checkpoint that is already durable is read, sent, and the
cosignature stored beside the log. A witness that does not answer, refuses, or has seen more than
the log has is said so in the log lines and in the hub's state; entries are written all the same.

Spec: C2SP tlog-witness (5ba5ee8).
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx2
import structlog

from audit.cosignature import CosignatureVerifier
from audit.errors import InvalidNoteError
from audit.notes import split_note
from audit.proving import consistency
from audit.witness import MAX_BODY, SIZE_TYPE, AddCheckpoint
from hub.clock import Clock
from hub.errors import HubError, SetupError
from hub.store.database import Connections
from hub.store.log_tree import Newest, newest, proof
from hub.store.witnessed import Cosignature, Seen, keep, last_seen, thin_out

log = structlog.get_logger(__name__)
_SIZE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\n")
_TIMEOUT_S: Final = 10.0
_PAUSES_S: Final = (1.0, 4.0)
"""Before each further attempt at a witness that did not answer."""
_CONFLICTS: Final = 2
"""How often in one round a witness may say that it knows another size."""
_FUTURE: Final = timedelta(hours=1)
_THIN_EVERY: Final = timedelta(hours=6)
_OK, _CONFLICT, _BROKEN = 200, 409, 500


@dataclass(frozen=True, slots=True)
class Place:
    """One witness: its key, and where it takes checkpoints."""

    verifier: CosignatureVerifier
    url: str

    @property
    def name(self) -> str:
        """The witness's name."""
        return self.verifier.name


def places_of(witnesses: Mapping[str, str]) -> tuple[Place, ...]:
    """Return the witnesses of the settings: address by verifier key.

    Raises:
        SetupError: A key is none, or two have one name.
    """
    try:
        places = tuple(
            Place(CosignatureVerifier.from_vkey(vkey), url.rstrip("/"))
            for vkey, url in witnesses.items()
        )
    except InvalidNoteError as problem:
        raise SetupError(f"The setting `witnesses` has a wrong key: {problem}.") from None
    if len({place.name for place in places}) != len(places):
        raise SetupError("The setting `witnesses` has two witnesses of one name.")
    return places


class RefusedError(Exception):
    """A witness answered, and not with a cosignature that can be believed."""


@dataclass(slots=True)
class Witnesses:
    """Asks each witness in turn, all of them at once."""

    database: Connections
    places: Sequence[Place]
    clock: Clock
    every: timedelta = timedelta(seconds=60)
    late: timedelta = timedelta(seconds=900)
    pauses_s: Sequence[float] = _PAUSES_S
    timeout_s: float = _TIMEOUT_S
    _began: datetime | None = field(default=None, init=False)
    _thinned: datetime | None = field(default=None, init=False)

    async def run(self) -> None:
        """Ask at most once in `every`, for as long as we lead; return at once without witnesses."""
        while self.places:
            try:
                await self.round()
            except HubError as problem:
                log.warning("log.witness.waits", code=problem.code)
            await asyncio.sleep(self.every.total_seconds())

    async def round(self) -> None:
        """Show the newest checkpoint to every witness that has not seen it, and raise alarms.

        Raises:
            HubError: The database does not answer.
        """
        async with self.database.connection() as connection:
            head = await newest(connection)
            seen = {each.witness: each for each in await last_seen(connection)}
            if self._thinned is None or self.clock() - self._thinned > _THIN_EVERY:
                await thin_out(connection, self.clock())
                self._thinned = self.clock()
        self._began = self._began or self.clock()
        if head is None:
            return
        http = httpx2.AsyncClient(timeout=self.timeout_s, trust_env=False)
        async with http as client, asyncio.TaskGroup() as group:
            for place in self.places:
                if self._is_due(head, seen.get(place.name)):
                    group.create_task(self._show(client, place, head, seen.get(place.name)))
        await self._alarm()

    def _is_due(self, head: Newest, seen: Seen | None) -> bool:
        """Say whether a witness has something new to see, or its word is half as old as allowed."""
        return seen is None or seen.size != head.size or self.clock() - seen.at > self.late / 2

    async def _show(
        self, client: httpx2.AsyncClient, place: Place, head: Newest, seen: Seen | None
    ) -> None:
        try:
            given = await self._cosigned(client, place, head, 0 if seen is None else seen.size)
            async with self.database.connection() as connection:
                await keep(connection, given)
        except RefusedError as refused:
            why = str(refused)
            log.error("log.witness.refuses", witness=place.name, why=why)  # noqa: TRY400 - no trace
        except httpx2.HTTPError as problem:
            log.warning("log.witness.unreachable", witness=place.name, why=type(problem).__name__)
        except HubError as problem:
            log.warning("log.witness.waits", witness=place.name, code=problem.code)

    async def _cosigned(
        self, client: httpx2.AsyncClient, place: Place, head: Newest, old: int
    ) -> Cosignature:
        """Return the witness's cosignature of the head.

        Raises:
            RefusedError: It does not cosign, or what it answers does not verify.
            HTTPError: It does not answer.
            HubError: The proof cannot be read.
        """
        for _ in range(1 + _CONFLICTS):
            if old > head.size:
                raise RefusedError(
                    f"it has cosigned {old} entries and the log has {head.size}: the log was cut "
                    "or the database is an old one"
                )
            status, kind, text = await self._patiently(client, place, await self._asked(head, old))
            if status == _OK:
                return self._believed(place, head, text)
            found = _SIZE.fullmatch(text)
            if status != _CONFLICT or kind != SIZE_TYPE or found is None:
                raise RefusedError(f"it answers {status}")
            old = int(found[1])
        raise RefusedError("it names another size each time")

    async def _asked(self, head: Newest, old: int) -> bytes:
        path: tuple[bytes, ...] = ()
        if 0 < old < head.size:
            async with self.database.connection() as connection:
                path = await proof(connection, consistency(old, head.size), head.size)
        return AddCheckpoint(old, path, head.note).encode()

    async def _patiently(
        self, client: httpx2.AsyncClient, place: Place, body: bytes
    ) -> tuple[int, str, str]:
        """Send, and again where it fails in passing; return status, content type and text."""
        for pause in self.pauses_s:
            with suppress(httpx2.TransportError):
                answer = await _send(client, place.url, body)
                if answer[0] < _BROKEN:
                    return answer
            await asyncio.sleep(pause)
        return await _send(client, place.url, body)

    def _believed(self, place: Place, head: Newest, text: str) -> Cosignature:
        try:
            found = place.verifier.find(split_note(head.note)[0], text)
        except InvalidNoteError as problem:
            raise RefusedError(str(problem)) from None
        if found is None:
            raise RefusedError("its answer has no cosignature of the known key")
        try:
            at = datetime.fromtimestamp(found.at, UTC)
        except (ValueError, OverflowError, OSError):
            at = datetime.max.replace(tzinfo=UTC)
        if at > self.clock() + _FUTURE:
            raise RefusedError("its cosignature is dated more than an hour ahead")
        return Cosignature(place.name, at, head.size, head.note, found.line)

    async def _alarm(self) -> None:
        async with self.database.connection() as connection:
            seen = {each.witness: each for each in await last_seen(connection)}
        began = self._began or self.clock()
        for place in self.places:
            last = seen.get(place.name)
            since = began if last is None else last.at
            if self.clock() - since > self.late:
                told = None if last is None else last.at.isoformat()
                log.error("log.witness.late", witness=place.name, last=told)


async def _send(client: httpx2.AsyncClient, url: str, body: bytes) -> tuple[int, str, str]:
    headers = {"content-type": "text/plain; charset=utf-8"}
    asked = client.stream("POST", f"{url}/add-checkpoint", content=body, headers=headers)
    async with asked as reply:
        content = b""
        async for part in reply.aiter_bytes():
            content += part
            if len(content) > MAX_BODY:
                raise RefusedError("it answers more than a cosignature")
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    return reply.status_code, kind, content.decode(errors="replace")
