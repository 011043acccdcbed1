"""Give each set of field names a number, so that an entry can say what was read in four bytes.

The log explains itself: a set is defined by an entry of its own before the first entry that uses
it. The id follows from the names, so two processes give the same set the same id.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

import msgspec

from audit.entry import FIELD_SET_SIZE, SubjectAccess, field_sets_of
from audit.errors import LogInconsistentError

_IDS: Final = 1 << 8 * FIELD_SET_SIZE

Fields = tuple[str, ...]
"""Field names, sorted, each once."""


class Definition(msgspec.Struct, frozen=True):
    """What the record of a dictionary entry states."""

    field_set: int
    fields: Fields


_DECODER: Final = msgspec.json.Decoder(Definition)


def definition_in(record: bytes) -> Definition:
    """Return the definition that the record of a dictionary entry states.

    Raises:
        LogInconsistentError: It states none.
    """
    try:
        return _DECODER.decode(record)
    except msgspec.MsgspecError:
        raise LogInconsistentError("a dictionary entry defines nothing") from None


class Dictionary:
    """The field sets that are defined on record so far."""

    __slots__ = ("_fields_by_id", "ids")

    def __init__(self) -> None:
        self.ids: dict[Fields, int] = {}
        """The id of each set; only `add` adds to it."""
        self._fields_by_id: dict[int, Fields] = {}

    def free_id(self, fields: Fields) -> int:
        """Return the id to define `fields` under: from their hash, or the next that is free.

        A reader could look for two selections with the same hash, so that the log would not say
        which of them was read; the second gets another id.
        """
        candidate = int.from_bytes(sha256("\n".join(fields).encode()).digest()[:FIELD_SET_SIZE])
        while candidate in self._fields_by_id:
            candidate = (candidate + 1) % _IDS
        return candidate

    def add(self, field_set: int, fields: Fields) -> bool:
        """Take note of a definition; False when the id stands for another set already."""
        if self._fields_by_id.setdefault(field_set, fields) != fields:
            return False
        self.ids.setdefault(fields, field_set)
        return True

    def learn(self, records: Iterable[bytes]) -> None:
        """Take note of definitions from the log, in its order; the first use of an id counts.

        Raises:
            LogInconsistentError: A record is no definition.
        """
        for record in records:
            definition = definition_in(record)
            self.add(definition.field_set, definition.fields)

    def check(self, subjects: Iterable[SubjectAccess]) -> None:
        """Check that every field set in use is defined.

        Raises:
            ValueError: One is not; `Log.define` it first.
        """
        used, known = field_sets_of(subjects), self._fields_by_id
        if not used <= known.keys():
            raise ValueError(f"{len(used - known.keys())} field sets are not defined on record")

    def fields_of(self, field_set: int) -> Fields | None:
        """Return the names that an id stands for."""
        return self._fields_by_id.get(field_set)
