"""Shows an auditor one entry whole: in words, and with what proves that it is in the log.

The proof opens the commitment to the record and leaves the subjects closed: their root and their
number are told, never a tag, and never the entry's secret.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from audit.entry import CODE_BY_KIND, FIELD_SET_SIZE, SUBJECT_SIZE, TAG_SIZE, entry_salt
from audit.facets import Facet
from audit.proving import inclusion
from audit.search import Filter, Match, matches
from audit.subjects import subjects_root
from hub.query.accesslog import entry_told
from hub.query.logbook import Logbook
from hub.query.model import BoundRoot
from hub.query.registers import Found
from hub.query.shape import Tree
from hub.query.words import Words
from hub.store.database import Connection
from hub.store.log_tree import newest, proof
from hub.store.witnessed import newest_witnessed

_SUBJECTS: Final = 200
_TOLD: Final = frozenset(
    {"at", "request", "department", "role", "actor", "client", "purpose", "case", "operation"}
    | {"document", "channel", "outcome", "policy", "known", "encryption", "reason", "denied"}
    | {"fields", "subjects"}
)
"""Keys of a record that have fields of their own."""


@dataclass(frozen=True, slots=True)
class AccessEntryDetail:
    """Reads one entry."""

    book: Logbook
    words: Words
    vkeys: Callable[[], Sequence[str]]
    """The log's verifier keys."""

    async def find(self, bound: BoundRoot) -> Found:
        """Return the entry, or nothing where the log has none at that place.

        Raises:
            StoreUnavailableError: The database gave up.
            CorruptError: A tile of the log is missing.
        """
        index: int = bound.parameters["index"]  # type: ignore[assignment]  # bound from an argument
        wanted = Filter(after=index - 1, before=index + 1, limit=1)
        async with self.book.opened(bound) as opened:
            known = self.book.definitions
            found = [m async for m in matches(opened.connection, wanted, known)]
            told = [
                self._told(match) | {"proof": await self._proof(opened.connection, match)}
                for match in found
            ]
        return Found(opened.policy, tuple(told), (), opened.record(len(told)))

    def _told(self, match: Match) -> Tree:
        told, words, record = entry_told(match), self.words, match.record
        encryption = record.get("encryption")
        named: Tree = {}
        for name, facet in (
            ("kind", Facet.KIND),
            ("department", Facet.DEPARTMENT),
            ("purpose", Facet.PURPOSE),
        ):
            zh, en = words.of(facet, str(told[name]))
            named |= {f"{name}Name": en, f"{name}NameZh": zh}
        return {
            **told,
            **named,
            "knownAt": _text(record.get("known")),
            "encryption": _text(encryption),
            "datasets": list(self._datasets(match.fields)),
            "denied": list(self._denied(record)),
            "subjects": list(self._subjects(match)),
            "told": [
                {"key": key, "value": value}
                for name in sorted(record.keys() - _TOLD)
                for key, value in _flat(name, record[name])
            ],
        }

    def _datasets(self, fields: Sequence[str]) -> Iterator[Tree]:
        by_type: dict[str, list[str]] = {}
        for path in fields:
            by_type.setdefault(path.partition(".")[0], []).append(path)
        for name, paths in by_type.items():
            dataset = self.words.catalogue.by_type.get(name)
            yield {
                "type": name,
                **self._named(name),
                "source": None if dataset is None else dataset.department,
                "fields": [
                    {
                        "path": path,
                        **self._named(path),
                        "classification": self.words.classification(path),
                    }
                    for path in paths
                ],
            }

    def _denied(self, record: Mapping[str, Any]) -> Iterator[Tree]:
        denied = record.get("denied")
        for each in denied if isinstance(denied, list) else ():
            path, _, reason = str(each).partition(" ")
            yield {"path": path, **self._named(path), "reason": reason or None}

    def _named(self, value: str) -> Tree:
        zh, en = self.words.field(value)
        return {"name": en, "nameZh": zh}

    def _subjects(self, match: Match) -> Iterator[Tree]:
        packed: bytes = match.row["subjects"]
        for place in range(min(len(packed) // SUBJECT_SIZE, _SUBJECTS)):
            at = place * SUBJECT_SIZE + TAG_SIZE
            field_set = int.from_bytes(packed[at : at + FIELD_SET_SIZE], "big")
            yield {"place": place, "fields": list(self.book.definitions.of_set(field_set))}

    async def _proof(self, connection: Connection, match: Match) -> Tree | None:
        """Return what proves the entry: under a witnessed checkpoint, if one reaches it."""
        row, index = match.row, match.row["seq"]
        head = await newest_witnessed(connection)
        if head is None or index >= head.size:
            head = await newest(connection)
        if head is None or index >= head.size:
            return None
        path = await proof(connection, inclusion(index, head.size), head.size)
        packed = row["subjects"]
        return {
            "record": row["record"].decode(),
            "kindByte": CODE_BY_KIND[match.kind],
            "salt": entry_salt(row["secret"]).hex(),
            "subjectsRoot": subjects_root(row["secret"], packed).hex(),
            "subjectCount": len(packed) // SUBJECT_SIZE,
            "commitment": row["commitment"].hex(),
            "treeSize": head.size,
            "path": [each.hex() for each in path],
            "checkpoint": head.note,
            "vkeys": list(self.vkeys()),
        }


def _flat(key: str, value: object) -> Iterator[tuple[str, str | None]]:
    """Give what stands at and below a place of a record, each with its place."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from _flat(f"{key}.{name}", held)
    elif isinstance(value, list) and any(isinstance(each, dict | list) for each in value):
        for place, held in enumerate(value):
            yield from _flat(f"{key}.{place}", held)
    else:
        yield key, _text(value)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()
