"""Reads a change feed over HTTP: pages behind a cursor, bounded in time, size and attempts.

The answer is `{"items": [...], "next": cursor, "more": bool}`. A page that does not come
whole is asked for again, so nothing of a broken answer is ever used.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpx2
import msgspec
import stamina

from connectors.errors import SourceFormatError, SourceRefusedError, SourceUnavailableError
from connectors.protocol import Page, ReasonCode, SourceRecord, Unreadable
from connectors.shape import Shape

_REFUSED: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class _Answer(msgspec.Struct):
    items: list[msgspec.Raw]
    next: str
    more: bool


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_ITEM: Final = msgspec.json.Decoder(dict[str, str | int | None])


class _PassingError(Exception):
    """One attempt failed in a way that another may not; `str()` says how."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a source is asked, and how much it may answer."""

    timeout_s: float = 30.0
    attempts: int = 4
    wait_initial_s: float = 0.2
    wait_max_s: float = 5.0
    max_page_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RestFeed:
    """The connector of a department that offers a change feed over HTTP."""

    shape: Shape
    url: str
    token: str = field(repr=False)
    limit: int = 500
    patience: Patience = field(default_factory=Patience)

    @property
    def department(self) -> str:
        """The department whose words these are."""
        return self.shape.department

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the changes behind `cursor`; see `Connector.pull`."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        async with httpx2.AsyncClient(
            headers=headers, timeout=self.patience.timeout_s, trust_env=False
        ) as client:
            after, more = cursor or "", True
            while more:
                answer = await self._ask(client, after)
                if answer.more and answer.next == after:
                    raise self._malformed(after, "promises more behind the same cursor")
                page = self._page(answer, after)
                after, more = answer.next, answer.more
                if page.records or page.unreadable or after != (cursor or ""):
                    yield page

    async def _ask(self, client: httpx2.AsyncClient, after: str) -> _Answer:
        try:
            async for attempt in stamina.retry_context(
                on=_PassingError,
                attempts=self.patience.attempts,
                timeout=None,
                wait_initial=self.patience.wait_initial_s,
                wait_max=self.patience.wait_max_s,
                wait_jitter=self.patience.wait_initial_s,
            ):
                with attempt:
                    return await self._attempt(client, after)
        except _PassingError as error:
            raise SourceUnavailableError(
                self.department,
                self._place(after),
                f"{error} ({self.patience.attempts} attempts)",
            ) from None
        raise AssertionError("the attempts end in an answer or an error")

    async def _attempt(self, client: httpx2.AsyncClient, after: str) -> _Answer:
        try:
            async with (
                asyncio.timeout(self.patience.timeout_s),
                client.stream(
                    "GET", self.url, params={"after": after, "limit": self.limit}
                ) as response,
            ):
                self._judge(response.status_code, after)
                body = await self._body(response, after)
        except (httpx2.TimeoutException, TimeoutError):
            raise _PassingError(
                f"did not answer whole within {self.patience.timeout_s:g} s"
            ) from None
        except httpx2.TransportError as error:
            raise _PassingError(f"broke off ({type(error).__name__})") from None
        try:
            return _ANSWER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._malformed(after, "is not a page of items, next and more") from None

    def _judge(self, status: int, after: str) -> None:
        if status in _REFUSED:
            raise SourceRefusedError(
                self.department, self._place(after), f"answered {status} to our credential"
            )
        if status in _PASSING:
            raise _PassingError(f"answered {status}")
        if status != httpx2.codes.OK:
            raise self._malformed(after, f"answered {status}")

    async def _body(self, response: httpx2.Response, after: str) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self.patience.max_page_bytes:
                raise self._malformed(after, f"is longer than {self.patience.max_page_bytes} bytes")
        return bytes(body)

    def _page(self, answer: _Answer, after: str) -> Page:
        records: list[SourceRecord] = []
        unreadable: list[Unreadable] = []
        place = self._place(after)
        for index, item in enumerate(answer.items, start=1):
            found = self._record(item, f"{place} item {index}")
            if isinstance(found, SourceRecord):
                records.append(found)
            else:
                unreadable.append(found)
        return Page(tuple(records), tuple(unreadable), answer.next)

    def _record(self, item: msgspec.Raw, location: str) -> SourceRecord | Unreadable:
        try:
            values = _ITEM.decode(item)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self.shape.unreadable(
                location,
                ReasonCode.ROW_UNREADABLE,
                "the item is not an object of texts, whole numbers and nulls",
            )
        words = {
            column: value if value is None or isinstance(value, str) else str(value)
            for column, value in values.items()
        }
        return self.shape.record(words, location)

    def _malformed(self, after: str, reason: str) -> SourceFormatError:
        return SourceFormatError(self.department, self._place(after), reason)

    def _place(self, after: str) -> str:
        """Name the page; the cursor is the feed's own counter and says nothing of a person."""
        return f"{httpx2.URL(self.url).path} after={after or 'the beginning'}"
