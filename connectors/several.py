"""Joins several sources of one department into one connector, read one after the other.

The cursor holds the cursor of each part by its name, so that a part can be added later and a
part that is gone is forgotten. Every page moves one part on and keeps the others.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from connectors.errors import SourceFormatError
from connectors.protocol import Connector, Page

_CURSOR: Final = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Several:
    """The connector of a department that has more than one source."""

    department: str
    parts: Mapping[str, Connector]
    """By a name that never changes: cursors are kept under it."""

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield the pages of every part behind `cursor`; see `Connector.pull`."""
        known = self._parsed(cursor)
        done = {name: known[name] for name in self.parts if name in known}
        for name, part in self.parts.items():
            async for page in part.pull(done.get(name)):
                done[name] = page.cursor
                yield Page(page.records, page.unreadable, _written(done))

    def _parsed(self, cursor: str | None) -> dict[str, str]:
        try:
            return _CURSOR.decode(cursor) if cursor else {}
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SourceFormatError(self.department, "cursor", "is not one of ours") from None


def _written(done: Mapping[str, str]) -> str:
    return msgspec.json.encode(dict(done), order="sorted").decode()
