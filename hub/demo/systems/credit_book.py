"""What the credit platform has taken, in a file of its own.

Taking a message, what it does to the commitment, and the answer are one transaction: a message
that is sent again gets the answer that it got before. A withdrawn record is erased.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS message (
  sequence INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
  operation TEXT NOT NULL, code TEXT NOT NULL, status TEXT NOT NULL, receipt TEXT,
  answer BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS commitment (
  code TEXT PRIMARY KEY, state TEXT NOT NULL, record TEXT);
"""
_LISTED: Final = """
SELECT m.sequence, m.message_id, m.operation, m.code, m.status, m.receipt,
       coalesce(c.state, 'none')
FROM message m LEFT JOIN commitment c ON c.code = m.code ORDER BY m.sequence
"""
_ITEM: Final = (
    *("sequence", "messageId", "operation", "commitmentCode"),
    *("status", "receiptNumber", "state"),
)
HELD: Final = "held"
WITHDRAWN: Final = "withdrawn"
_CODE_FIELD: Final = "承诺编码"
Json = dict[str, Any]
Faults = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Gap:
    """The message cannot be taken now; the one with this sequence is expected."""

    detail: str
    expected_sequence: int


class CreditBook:
    """The platform's memory; owns its connection. One process uses one file."""

    def __init__(self, path: Path, check: Callable[[Json], Faults]) -> None:
        """Open or make the file; `check` says what is wrong with a record."""
        self._check = check
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.executescript(_TABLES)

    def take(self, message: Mapping[str, Any], digest: bytes, at: datetime) -> Json | Gap:
        """Take a message in its place and return the answer, or why it cannot be taken.

        1. The same message again gets the same answer.  2. Its place is the next.  3. What it
        says can be applied, or it is rejected.  4. All of it is stored at once.
        """
        data = message["data"]
        row = self._connection.execute(
            "SELECT digest, answer FROM message WHERE message_id = ?", (message["id"],)
        ).fetchone()
        if row is not None and row[0] == digest:  # 1
            return dict(msgspec.json.decode(row[1]))
        gap = self._gap(data["sequence"], is_known=row is not None)  # 2
        if gap is not None:
            return gap
        faults = self._faults(data)  # 3
        receipt = None if faults else f"NCP-{at:%Y%m%d}-{data['sequence']}"
        answer = {
            "messageId": message["id"],
            "status": "REJECTED" if faults else "ACCEPTED",
            "receiptNumber": receipt,
            "faults": faults,
        }
        self._store(message["id"], data, digest, answer)  # 4
        return answer

    def items(self) -> list[Json]:
        """Return what was taken, in order, without names, numbers and contents."""
        rows = self._connection.execute(_LISTED)
        return [dict(zip(_ITEM, row, strict=True)) for row in rows]

    def _gap(self, sequence: int, *, is_known: bool) -> Gap | None:
        (last,) = self._connection.execute("SELECT max(sequence) FROM message").fetchone()
        expected = int(last or 0) + 1
        if is_known:
            return Gap("the message id was used for another message", expected)
        if sequence < expected:
            return Gap("the place in the sequence is taken", expected)
        return (
            Gap("a message before this one is missing", expected) if sequence > expected else None
        )

    def _faults(self, data: Json) -> Faults:
        code, operation = data["commitmentCode"], data["operation"]
        row = self._connection.execute(
            "SELECT state FROM commitment WHERE code = ?", (code,)
        ).fetchone()
        if row is not None and row[0] == WITHDRAWN:
            return [_of_code("withdrawn")]
        if operation == "RECORD" and row is not None:
            return [_of_code("already-recorded")]
        if operation != "RECORD" and row is None:
            return [_of_code("unknown-commitment")]
        if data["record"] is None:
            return []
        faults = self._check(data["record"])
        if not faults and data["record"][_CODE_FIELD] != code:
            return [_of_code("other-code")]
        return faults

    def _store(self, message_id: str, data: Json, digest: bytes, answer: Json) -> None:
        code, record = data["commitmentCode"], data["record"]
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(data["sequence"], message_id, digest, data["operation"], code),
                    *(answer["status"], answer["receiptNumber"], msgspec.json.encode(answer)),
                ),
            )
            if not answer["faults"]:
                state = HELD if record is not None else WITHDRAWN
                text = None if record is None else msgspec.json.encode(record).decode()
                self._connection.execute(
                    "INSERT OR REPLACE INTO commitment VALUES (?, ?, ?)", (code, state, text)
                )


def _of_code(reason: str) -> dict[str, str]:
    return {"field": _CODE_FIELD, "reason": reason}
