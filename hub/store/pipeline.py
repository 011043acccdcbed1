"""Short statements that are asked at the same time travel together (PostgreSQL's pipeline mode).

Those who wait for the same statement (`hub.store.convoy`) go in one message over one connection:
each has a snapshot, a result and a failure of its own, as if it had been sent alone, but the
switches between two processes, the reading and the writing are paid once.

What takes long is not sent this way: the last of a message would wait for all before it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import asyncpg

from hub.store.convoy import Convoys
from hub.store.database import Database

_MOST: Final = 4
"""Requests in a message. With more, the hub has nothing to do while the database works, and the
other way round."""

Row = asyncpg.Record


class _Asking(NamedTuple):
    text: str
    role: str


class Pipelines:
    """Sends short statements; lives as long as the database, on one event loop."""

    def __init__(self, database: Database) -> None:
        """Send nothing yet."""
        self.database = database
        self.convoys: Convoys[_Asking, Sequence[object], Row | None] = Convoys(self._rows, _MOST)

    async def row(self, text: str, values: Sequence[object], role: str) -> Row | None:
        """Return the one row of a statement, together with others that ask the same text.

        A text belongs to one role. Raises what `Database.connection` and the statement raise.
        """
        return await self.convoys.join(text, _Asking(text, role), values)

    async def _rows(
        self, asking: _Asking, values: Sequence[Sequence[object]]
    ) -> Sequence[Row | None]:
        text, role = asking
        async with self.database.connection(role, requests=len(values)) as connection:
            if len(values) == 1:
                return [await connection.fetchrow(text, *values[0])]
            rows: list[Row] = await connection.fetchmany(text, values)
            return rows
