"""Reads a change feed over HTTP: pages behind a cursor, bounded in time, size and attempts.

The answer is `{"items": [...], "next": cursor, "more": bool}`.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpx2
import msgspec

from connectors.asking import Asking, Patience, Question
from connectors.errors import SourceFormatError
from connectors.items import read_items
from connectors.protocol import Page
from connectors.shape import Shape

__all__ = ["Patience", "RestFeed"]


class _Answer(msgspec.Struct):
    items: list[msgspec.Raw]
    next: str
    more: bool


_ANSWER: Final = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class RestFeed:
    """The connector of a department that offers a change feed over HTTP."""

    shape: Shape
    url: str
    token: str = field(repr=False)
    limit: int = 1000
    patience: Patience = field(default_factory=Patience)

    @property
    def department(self) -> str:
        """The department whose words these are."""
        return self.shape.department

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the changes behind `cursor`; see `Connector.pull`."""
        asking = Asking(self.department, self.token, self.patience)
        async with asking.client() as client:
            after, more = cursor or "", True
            while more:
                answer = await self._ask(asking, client, after)
                if answer.more and answer.next == after:
                    raise self._malformed(after, "promises more behind the same cursor")
                records, unreadable = read_items(self.shape, answer.items, self._place(after))
                page = Page(records, unreadable, answer.next)
                after, more = answer.next, answer.more
                if page.records or page.unreadable or after != (cursor or ""):
                    yield page

    async def _ask(self, asking: Asking, client: httpx2.AsyncClient, after: str) -> _Answer:
        params: dict[str, str | int] = {"after": after, "limit": self.limit}
        _, body = await asking.ask(client, Question("GET", self.url, self._place(after), params))
        try:
            return _ANSWER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._malformed(after, "is not a page of items, next and more") from None

    def _malformed(self, after: str, reason: str) -> SourceFormatError:
        return SourceFormatError(self.department, self._place(after), reason)

    def _place(self, after: str) -> str:
        """Name the page; the cursor is the feed's own counter and says nothing of a person."""
        return f"{httpx2.URL(self.url).path} after={after or 'the beginning'}"
