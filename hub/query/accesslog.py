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
from hub.query.disclosure import SubjectTagger
from hub.query.documents import masked
from hub.query.model import (
    BoundRoot,
    Constant,
    Counted,
    Edges,
    EntryShape,
    Given,
    ItemOutput,
    Node,
    Root,
    Told,
)
from hub.query.shape import Tree, page_told
from hub.store.database import Connection, Database

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


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found, and what its own entry says of it."""

    policy_digest: str | None
    entries: tuple[Tree, ...]
    has_more: bool
    tags: tuple[bytes, ...]
    """Subject tags of the person asked about: none if nobody was, or nobody is known."""
    is_known: bool
    """Whether the person asked about is known; the caller sees an empty page either way."""


@dataclass(slots=True)
class AccessLog:
    """Reads the log for auditors; remembers the dictionary, which only grows."""

    database: Database
    tagger: SubjectTagger
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
            wanted = [number.tag for number in bound.numbers if number.tag is not None]
            rows = await connection.fetch(_ALIASES, wanted)
            tags = tuple(self.tagger.subject(alias) for alias, _ in rows)
            own = tuple(self.tagger.subject(alias) for alias, is_own in rows if is_own)
            if not own:
                return Found(policy, (), has_more=False, tags=(), is_known=False)
        given = bound.parameters
        stored = await find(connection, _filter(given, tags, bound.first + 1))
        page = stored[: bound.first]
        await self._learn(connection, page)
        entries = tuple(self._entry(entry) for entry in page)
        return Found(policy, entries, has_more=len(stored) > bound.first, tags=own, is_known=True)

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


def looked_up(bound: BoundRoot, found: Found) -> dict[str, object]:
    """Return what the entry of a look-up says of it: what was asked, and how much was shown."""
    given = bound.parameters
    return {
        "policy": found.policy_digest,
        "found": len(found.entries),
        "isKnown": found.is_known,
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


def shape_entries(root: Root, bound: BoundRoot, found: Found) -> Tree:
    """Return the connection as it was selected."""
    cursors = [str(entry["index"]) for entry in found.entries]
    page = page_told(cursors, has_next=found.has_more, has_previous=bound.has_after)
    answer: Tree = {}
    for output in root.connection:
        if isinstance(output, Constant):
            answer[output.key] = output.value
        elif isinstance(output, Counted):
            answer[output.key] = None  # the log's connection offers no count
        elif isinstance(output, Edges):
            answer[output.key] = [
                _item(output.outputs, {Given.CURSOR: cursor}, entry)
                for cursor, entry in zip(cursors, found.entries, strict=True)
            ]
        else:
            answer[output.key] = _item(output.outputs, page, {})
    return answer


def _item(outputs: Sequence[ItemOutput], told: Mapping[Given, object], entry: Tree) -> Tree:
    item: Tree = {}
    for output in outputs:
        if isinstance(output, Told):
            item[output.key] = told[output.what]
        elif isinstance(output, Node):
            item[output.key] = _shown(output.entry, entry)
        else:
            item[output.key] = output.value
    return item


def _shown(shape: EntryShape | None, entry: Tree) -> Tree:
    parts = shape.parts if shape else ()
    return {key: "AccessEntry" if name is None else entry[name] for key, name in parts}
