"""Opens the log for a look-up of an auditor: in one snapshot, with the person asked about.

Who asks about a person gets what was read of that person and of their households: a household's
score is about everybody in it. The look-up itself is put on record by whoever answers.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import asyncpg

from audit.defined import Definitions
from audit.facets import Facet, Sought
from audit.search import Filter
from hub.errors import StoreUnavailableError
from hub.query.documents import masked
from hub.query.model import BoundRoot
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Connections, snapshot
from hub.store.log_side import IN_HUB, LogSide

_POLICY: Final = "select digest from policy_revision"
_ALIASES: Final = """
    select p.log_alias, true as is_own from person_tag t join person p using (cell, person_id)
    where t.tag = any($1::bytea[])
    union
    select h.log_alias, false from person_tag t join membership m using (cell, person_id)
    join household h using (cell, household_id)
    where t.tag = any($1::bytea[])
"""
"""A person's own alias, and those of every household that they were ever known to live in."""
_DIGESTS: Final = frozenset({Facet.POLICY, Facet.DOCUMENT})
"""Values that are told in full: a digest is nobody's name."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The log as of one moment, for one look-up."""

    connection: Connection
    """Reads the log."""
    policy: str | None
    bound: BoundRoot
    tags: tuple[bytes, ...]
    """Of the person asked about and of their households, in every epoch."""
    own: tuple[bytes, ...]
    """The person's own, under which the look-up is on record."""

    @property
    def is_known(self) -> bool:
        """Whether there is anything to look for: nobody was named, or somebody who is known."""
        return bool(self.own) or not self.bound.numbers

    def filter(self, limit: int) -> Filter:
        """Return what was asked for, newest first."""
        given = self.bound.parameters
        return Filter(
            tags=self.tags,
            facets=_sought(given),
            since=_moment(given.get("since")),
            until=_moment(given.get("until")),
            before=given.get("before"),  # type: ignore[arg-type]  # bound from a cursor
            newest_first=True,
            limit=limit,
        )

    def record(self, found: int) -> dict[str, object]:
        """Return what the entry of the look-up says of it; no value of a person."""
        given = self.bound.parameters
        chosen: dict[str, object] = {
            one.facet.value: [_told(one.facet, value) for value in one.values]
            for one in _sought(given)
        }
        return {
            "found": found,
            "isKnown": self.is_known,
            "filter": {
                **chosen,
                "since": _iso(given.get("since")),
                "until": _iso(given.get("until")),
                "before": given.get("before"),
                **({"index": given["index"]} if "index" in given else {}),
                "hasSubject": bool(self.bound.numbers),
            },
        }


@dataclass(slots=True)
class Logbook:
    """Opens the log; remembers its dictionary, which only grows."""

    database: Connections
    tagger: Tagger
    side: LogSide = IN_HUB
    definitions: Definitions = field(default_factory=Definitions, repr=False)

    @asynccontextmanager
    async def opened(self, bound: BoundRoot) -> AsyncIterator[Opened]:
        """Open it for one look-up.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        try:
            # One snapshot, so that the policy is the one in force when the entries were read.
            async with (
                self.database.connection() as connection,
                snapshot(connection),
                self.side.snapshot(connection) as there,
            ):
                policy = await connection.fetchval(_POLICY)
                tags, own = await self._tags(connection, bound)
                yield Opened(there, policy, bound, tags, own)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem

    async def _tags(
        self, connection: Connection, bound: BoundRoot
    ) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
        if not bound.numbers:
            return (), ()
        wanted = [tag for number in bound.numbers for tag in number.tags]
        return await tags_about(connection, self.tagger, wanted)


async def tags_about(
    connection: Connection, tagger: Tagger, numbers: Sequence[bytes]
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the tags of entries about somebody and their households, and their own of today.

    `numbers` are the tags of a citizen number; nobody known: none.
    """
    rows = await connection.fetch(_ALIASES, list(numbers))
    tags = tuple(tag for alias, _ in rows for tag in tagger.subjects(alias))
    return tags, tuple(tagger.subject(alias) for alias, is_own in rows if is_own)


def _sought(given: Mapping[str, object]) -> tuple[Sought, ...]:
    facets = given.get("facets", ())
    assert isinstance(facets, tuple)  # noqa: S101 - bound by `register_binding`
    return facets


def _told(facet: Facet, value: str) -> str | None:
    if facet in _DIGESTS:
        return value
    # A field's two parts are names of their own.
    return ".".join(masked(part) or "" for part in value.split("."))


def _moment(given: object) -> datetime | None:
    return given if isinstance(given, datetime) else None


def _iso(moment: object) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None
