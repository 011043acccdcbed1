"""Writes a long log at once: real entries that `hub-audit` verifies, of made departments.

What the log's own writer does for each entry is done here too (record, secret, subjects,
commitment, leaf, tiles, signed head); only the commits are larger, and the dictionary comes first.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from typing import Final

import asyncpg

from audit.checkpoint import Checkpoint, NoteSigner
from audit.dictionary import Dictionary
from audit.entry import CODE_BY_KIND, EPOCH, EntryKind, canonical, commitment
from audit.merkle import hash_leaf
from audit.tiles import TileTree
from tests.bench.progress import Progress

SIGNER: Final = NoteSigner("bench.example/log", bytes(32))
START: Final = datetime(2025, 1, 1, tzinfo=UTC)
YEAR_S: Final = 365 * 86_400
BATCH: Final = 20_000
FREQUENT, RARE = "civil-affairs", "notary-office"
DEPARTMENTS: Final = (FREQUENT, *(f"department-{n:02}" for n in range(1, 17)), RARE)
PURPOSES: Final = ("VERIFY", "REVIEW", "WARN", "CASE", "PUSH", "CREDIT")
RARE_PURPOSE: Final = "STAT"
READ_ONCE: Final = "Account.balanceOnDay"
ONLY_PURPOSE: Final = ("department-01", "PUSH")
"""A frequent department that asks for one purpose only, which others ask for too."""
NEVER: Final = ("department-01", "VERIFY")
POLICIES: Final = 40
PEOPLE: Final = 240_000
_COLUMNS: Final = (
    "seq", "at", "kind", "department", "record", "secret", "subjects", "commitment",
)  # fmt: skip


@dataclass(slots=True)
class MadeLog:
    """What stands in a log of so many entries, drawn by one seed."""

    entries: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    dictionary: Dictionary = field(default_factory=Dictionary)
    sets: list[int] = field(default_factory=list)
    """Ids of field sets; the last one is used once."""

    def definitions(self) -> Iterator[dict[str, object]]:
        """Give the records of the dictionary: 300 sets of 4 to 30 of 400 names."""
        names = [f"Dataset{n // 20}.field{n % 20}" for n in range(400)]
        for size in range(300):
            chosen = self.chance.sample(names, 4 + size % 27)
            yield self._defined(tuple(sorted(chosen)))
        yield self._defined((READ_ONCE,))

    def _defined(self, fields: tuple[str, ...]) -> dict[str, object]:
        made = self.dictionary.free_id(fields)
        self.dictionary.add(made, fields)
        self.sets.append(made)
        return {"at": _ms(START), "field_set": made, "fields": fields}

    def records(self) -> Iterator[tuple[EntryKind, dict[str, object], bytes]]:
        """Give every entry: kind, record, packed subjects."""
        for definition in self.definitions():
            yield EntryKind.DICTIONARY, definition, b""
        left = self.entries - len(self.sets)
        draw = self.chance.random
        shares = list(accumulate([400, *(round(600 / n) for n in range(1, 17)), 0.02]))
        step = YEAR_S * 1_000 / left
        tags = [sha256(b"%d" % n).digest() for n in range(PEOPLE)]
        last = self.sets[-1].to_bytes(4, "big")
        usual = [(s, s.to_bytes(4, "big")) for s in self.sets[:-1]]
        policies = [sha256(b"policy %d" % n).hexdigest() for n in range(POLICIES)]
        documents = [sha256(b"document %d" % n).hexdigest() for n in range(300)]
        departments = self.chance.choices(DEPARTMENTS, cum_weights=shares, k=left)
        for n in range(left):
            department = departments[n]
            clerk = int(300 * draw() * draw())
            purpose = PURPOSES[int(6 * draw() * draw())]
            if department == ONLY_PURPOSE[0]:
                purpose = ONLY_PURPOSE[1]
            elif department == FREQUENT and not n % 997_001:
                purpose = RARE_PURPOSE
            place = int(299 * draw() * draw())
            field_set, packed_set = usual[place]
            is_denied = draw() < 0.02
            record: dict[str, object] = {
                "actor": f"{department[-6:]}-{clerk}",
                "at": _ms(START) + int(n * step) + int(2_000 * draw()),
                "case": f"case-{n // 3:x}",
                "channel": "graphql" if draw() < 0.97 else "export",
                "client": f"{department}-{clerk % 3}",
                "department": department,
                "document": documents[place],
                "operation": "Look",
                "outcome": "answered",
                "policy": policies[n * POLICIES // left],
                "purpose": purpose,
                "request": f"{n * 0x9E3779B97F4A7C15 & (1 << 128) - 1:032x}",
                "role": "officer",
            }
            if is_denied:
                record |= {"denied": [], "outcome": "refused", "reason": "CASE_REQUIRED"}
                yield EntryKind.DENIAL, record, b""
                continue
            is_once = n == left // 3
            record |= {
                "denied": ["Dataset1.field3 NOT_GRANTED"] if place % 50 == 3 else [],
                "fields": self.sets[-1] if is_once else field_set,
                "known": "2025-01-01T00:00:00+00:00",
                "roots": [{"asOf": "2025-01-01", "found": 1, "name": "person", "unknown": 0}],
                "subjects": 1,
            }
            tag = tags[int(PEOPLE * draw() * draw())]
            yield EntryKind.ANSWER, record, tag + (last if is_once else packed_set)


async def write_log(connection: asyncpg.Connection, made: MadeLog) -> int:
    """Write the log into tables that are there and empty; return how many entries."""
    tree, said = TileTree(), Progress(made.entries, "entries written")
    rows: list[tuple[object, ...]] = []
    for kind, record, subjects in made.records():
        body, secret = canonical(record), os.urandom(32)
        code = CODE_BY_KIND[kind]
        promise = commitment(code, secret, body, subjects)
        at = EPOCH + timedelta(milliseconds=record["at"])  # type: ignore[arg-type]  # an integer
        row = (tree.size, at, code, record.get("department"), body, secret, subjects, promise)
        rows.append(row)
        tree.append(hash_leaf(promise))
        if len(rows) == BATCH:
            await _stored(connection, tree, rows)
            said(tree.size)
    await _stored(connection, tree, rows)
    return tree.size


async def _stored(
    connection: asyncpg.Connection, tree: TileTree, rows: list[tuple[object, ...]]
) -> None:
    frontier = tree.frontier()
    note = SIGNER.sign(Checkpoint(SIGNER.name, tree.size, tree.root()))
    async with connection.transaction():
        await connection.copy_records_to_table(
            "record", schema_name="audit", records=rows, columns=_COLUMNS
        )
        await connection.copy_records_to_table(
            "tile",
            schema_name="audit",
            records=[(t.level, t.n, t.hashes) for t in tree.take_completed()],
            columns=("level", "n", "hashes"),
        )
        await connection.execute(
            "UPDATE audit.head SET size = $1, frontier = $2, note = $3",
            tree.size,
            b"".join(frontier.hashes),
            note,
        )
    rows.clear()


def _ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
