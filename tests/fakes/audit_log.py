"""A log in memory that can hold an entry back, or break before or after it is stored."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import orjson

from audit.entry import Entry
from audit.errors import LogStalledError
from audit.log import Receipt


class Break(StrEnum):
    BEFORE = "before"
    AFTER = "after"


class FakeLog:
    """Keeps entries in a list; `breaks` says how the next appends fail."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.sets: dict[tuple[str, ...], int] = {}
        self.breaks: Break | None = None

    async def append(self, entry: Entry) -> Receipt:
        if self.breaks is Break.BEFORE:
            raise LogStalledError("broken before")
        self.entries.append(entry)
        if self.breaks is Break.AFTER:
            raise LogStalledError("broken after")
        size = len(self.entries)
        return Receipt(size - 1, size, b"\0" * 32, "note", "hub.test/log")

    @property
    def field_sets(self) -> Mapping[tuple[str, ...], int]:
        return self.sets

    async def define(self, names: Sequence[str]) -> int:
        return self.sets.setdefault(tuple(sorted(set(names))), len(self.sets) + 1)

    def record(self, index: int = -1) -> dict:
        return orjson.loads(self.entries[index].record)

    def fields_of(self, field_set: int) -> tuple[str, ...]:
        return next(names for names, known in self.sets.items() if known == field_set)
