"""The log's dictionary as a reader of its database remembers it: it only grows."""

from typing import Final

import asyncpg
import orjson

from audit.dictionary import Fields, definition_in
from audit.entry import FIELD_SET_SIZE, SUBJECT_SIZE, TAG_SIZE

# The kind is written out, so that the partial index is used.
_SINCE: Final = "SELECT seq, record FROM audit.record WHERE kind = 9 AND seq > $1 ORDER BY seq"
_KEPT: Final = 1 << 14


class Definitions:
    """What field sets stand for, as far as the log was read."""

    __slots__ = ("_by_sets", "_fields", "_read_to")

    def __init__(self) -> None:
        self._fields: dict[int, Fields] = {}
        self._by_sets: dict[frozenset[int], Fields] = {}
        self._read_to = -1

    async def refresh(self, connection: asyncpg.Connection) -> None:
        """Read what was defined since."""
        for seq, record in await connection.fetch(_SINCE, self._read_to):
            definition = definition_in(record)
            self._fields.setdefault(definition.field_set, definition.fields)
            self._read_to = seq

    def names(self, record: object, subjects: bytes) -> Fields:
        """Return what was read, sorted, by an entry's decoded record and its packed subjects."""
        sets = _sets(record, subjects)
        known = self._by_sets.get(sets)
        if known is None:
            known = tuple(sorted({n for each in sets for n in self._fields.get(each, ())}))
            if sets <= self._fields.keys() and len(self._by_sets) < _KEPT:
                self._by_sets[sets] = known
        return known

    def of_set(self, field_set: int) -> Fields:
        """Return the names that an id stands for; none where it was never defined."""
        return self._fields.get(field_set, ())


def record_of(stored: bytes) -> dict[str, object]:
    """Return the content of a record; nothing where it is no object."""
    record: object = orjson.loads(stored)
    return record if isinstance(record, dict) else {}


def _sets(record: object, subjects: bytes) -> frozenset[int]:
    steps = range(TAG_SIZE, len(subjects), SUBJECT_SIZE)
    packed = {subjects[at : at + FIELD_SET_SIZE] for at in steps}
    sets = {int.from_bytes(each, "big") for each in packed}
    whole = record.get("fields") if isinstance(record, dict) else None
    if type(whole) is int:
        sets.add(whole)
    return frozenset(sets)
