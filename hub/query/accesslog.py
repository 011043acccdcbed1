"""Shows an auditor the log: entries newest first, each as its record states it.

Who asks about a person gets what was read of that person and of their households: a household's
score is about everybody in it.

The look-up is on record before its answer leaves, about the subject if one was named. An entry's
field sets are spelled out from the log's own dictionary.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import asyncpg
import orjson

from audit.dictionary import definition_in
from audit.entry import EntryKind
from audit.search import Filter, StoredEntry, find
from hub.errors import StoreUnavailableError
from hub.query.documents import masked
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Connections

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
_DEFINITIONS_AT_A_TIME: Final = 5_000


@dataclass(slots=True)
class AccessLog:
    """Reads the log for auditors; remembers the dictionary, which only grows."""

    database: Connections
    tagger: Tagger
    _fields: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _read_to: int = -1

    async def find(self, bound: BoundRoot) -> Found:
        """Return a page of entries.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        try:
            # One snapshot, so that the policy is the one in force when the entries were read.
            async with (
                self.database.connection() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await self._found(connection, bound)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the look-up.") from problem

    async def _found(self, connection: Connection, bound: BoundRoot) -> Found:
        policy = await connection.fetchval(_POLICY)
        tags: tuple[bytes, ...] = ()
        own: tuple[bytes, ...] = ()
        if bound.numbers:
            wanted = [tag for number in bound.numbers for tag in number.tags]
            rows = await connection.fetch(_ALIASES, wanted)
            tags = tuple(tag for alias, _ in rows for tag in self.tagger.subjects(alias))
            own = tuple(self.tagger.subject(alias) for alias, is_own in rows if is_own)
            if not own:
                return Found(policy, (), (), _record_of(bound, 0, is_known=False))
        given = bound.parameters
        stored = await find(connection, _filter(given, tags, bound.first + 1))
        page = stored[: bound.first]
        await self._learn(connection, page)
        entries = tuple(self._entry(entry) for entry in page)
        cursors = tuple(str(entry.index) for entry in page)
        record = _record_of(bound, len(entries), is_known=True)
        return Found(policy, entries, cursors, record, len(stored) > bound.first, own)

    async def _learn(self, connection: Connection, page: Sequence[StoredEntry]) -> None:
        """Read the definitions of field sets that this process has not met yet."""
        used = {s.field_set for entry in page for s in entry.subjects}
        used |= {f for entry in page if isinstance(f := _record(entry).get("fields"), int)}
        while used - self._fields.keys():
            wanted = Filter(
                kinds=[EntryKind.DICTIONARY], after=self._read_to, limit=_DEFINITIONS_AT_A_TIME
            )
            definitions = await find(connection, wanted)
            if not definitions:
                return
            for entry in definitions:
                definition = definition_in(entry.record)
                self._fields.setdefault(definition.field_set, definition.fields)
            self._read_to = definitions[-1].index

    def _entry(self, stored: StoredEntry) -> Tree:
        record = _record(stored)
        sets = {subject.field_set for subject in stored.subjects}
        whole = record.get("fields")
        if isinstance(whole, int):
            sets.add(whole)
        names = sorted({name for each in sets for name in self._fields.get(each, ())})
        denied = record.get("denied")
        return {
            "index": stored.index,
            "at": stored.at.astimezone(UTC).isoformat(),
            "kind": str(stored.kind),
            "department": stored.department,
            **{name: _text(record.get(name)) for name in _TEXTS},
            "fields": names,
            "denied": [str(each) for each in denied] if isinstance(denied, list) else [],
            "subjectCount": len({subject.tag for subject in stored.subjects}),
        }


_TEXTS: Final = ("role", "actor", "purpose", "case", "outcome")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _record(stored: StoredEntry) -> Mapping[str, object]:
    record: object = orjson.loads(stored.record)
    return record if isinstance(record, dict) else {}


def _filter(given: Mapping[str, object], tags: Sequence[bytes], limit: int) -> Filter:
    return Filter(
        tags=tags,
        department=given["department"],  # type: ignore[arg-type]  # bound from a typed argument
        since=given["since"],  # type: ignore[arg-type]  # the same
        until=given["until"],  # type: ignore[arg-type]  # the same
        before=given["before"],  # type: ignore[arg-type]  # the same
        newest_first=True,
        limit=limit,
    )


def _record_of(bound: BoundRoot, found: int, *, is_known: bool) -> dict[str, object]:
    given = bound.parameters
    return {
        "found": found,
        "isKnown": is_known,
        "filter": {
            "department": _masked(given["department"]),
            "since": _iso(given["since"]),
            "until": _iso(given["until"]),
            "before": given["before"],
            "hasSubject": bool(bound.numbers),
        },
    }


def _masked(text: object) -> str | None:
    return masked(text) if isinstance(text, str) else None


def _iso(moment: object) -> str | None:
    return moment.isoformat() if isinstance(moment, datetime) else None
