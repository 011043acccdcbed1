"""Reads a department's GraphQL server: a connection, page by page, behind a cursor.

The document takes `$first: Int!` and `$after: String`; what it asks for is a connection with
`nodes` and `pageInfo { endCursor hasNextPage }`, under one root field. An answer with errors
is not used, also where it has data: a record that lost a field on the way must not come in.
"""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpx2
import msgspec

from connectors.asking import Asking, Patience, Question
from connectors.items import read_items
from connectors.protocol import Page
from connectors.shape import Shape


class _PageInfo(msgspec.Struct, rename="camel"):
    end_cursor: str | None
    has_next_page: bool


class _Connection(msgspec.Struct, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: _PageInfo


class _Answer(msgspec.Struct):
    data: dict[str, _Connection | None] | None = None
    errors: list[msgspec.Raw] | None = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)
_LONGEST_COUNT: Final = 12
"""Digits of a cursor that counts; a citizen number has more."""


@dataclass(frozen=True, slots=True)
class GraphqlConnection:
    """The connector of a department whose records are a GraphQL connection.

    `document` selects the columns of `shape` by name, aliased where GraphQL's names differ.
    """

    shape: Shape
    url: str
    document: str
    root: str
    token: str = field(repr=False)
    limit: int = 500
    patience: Patience = field(default_factory=Patience)

    @property
    def department(self) -> str:
        """The department whose words these are."""
        return self.shape.department

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the records behind `cursor`; see `Connector.pull`."""
        asking = Asking(self.department, self.token, self.patience)
        async with asking.client() as client:
            after, more = cursor, True
            while more:
                found = await self._ask(asking, client, after)
                last, more = found.page_info.end_cursor, found.page_info.has_next_page
                if last is None or (more and last == after):
                    if found.nodes or more:
                        raise asking.malformed(self._place(after), "gives no cursor to go on from")
                    return
                records, unreadable = read_items(self.shape, found.nodes, self._place(after))
                if found.nodes:
                    yield Page(records, unreadable, last)
                after = last

    async def _ask(
        self, asking: Asking, client: httpx2.AsyncClient, after: str | None
    ) -> _Connection:
        place = self._place(after)
        variables = {"first": self.limit, "after": after}
        content = msgspec.json.encode({"query": self.document, "variables": variables})
        _, body = await asking.ask(client, Question("POST", self.url, place, content=content))
        try:
            answer = _ANSWER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise asking.malformed(place, "is not an answer with the agreed connection") from None
        if answer.errors:
            raise asking.malformed(place, f"answered with {len(answer.errors)} GraphQL errors")
        found = (answer.data or {}).get(self.root)
        if found is None:
            raise asking.malformed(place, f"has no {self.root}")
        return found

    def _place(self, after: str | None) -> str:
        """Name the page; an opaque cursor is not shown, for it can be made of a person's number."""
        if not after:
            return f"{self.root} after=the beginning"
        is_count = after.isascii() and after.isdigit() and len(after) <= _LONGEST_COUNT
        told = after if is_count else f"cursor {hashlib.sha256(after.encode()).hexdigest()[:12]}"
        return f"{self.root} after={told}"
