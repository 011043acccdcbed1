"""The receiver's memory: which events came, in which order, and what was answered.

It is a SQLite file, so that an event that is sent again after a restart gets the answer
that it got before. Taking an event and remembering the answer is one transaction.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from hub.demo.systems.recognition_form import Acknowledgement, Received, RecognitionEvent

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS inbox (
  sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, digest BLOB NOT NULL,
  change TEXT NOT NULL, category TEXT NOT NULL, region TEXT NOT NULL, answer BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """The event cannot be taken now; this one is expected."""

    detail: str
    expected_sequence: int


class Inbox:
    """The received events; owns its connection. One process uses one file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(_TABLE)

    def known(self, event: RecognitionEvent, digest: bytes) -> Acknowledgement | OutOfOrder | None:
        """Return the earlier answer, why the event is out of order, or None if it is next."""
        row = self._connection.execute(
            "SELECT digest, answer FROM inbox WHERE event_id = ?", (event.id,)
        ).fetchone()
        if row is not None and row[0] == digest:
            return _answer(row[1])
        expected = self._expected()
        if row is not None:
            return OutOfOrder("the event id was used for another event", expected)
        if event.data.sequence < expected:
            return OutOfOrder("the place in the sequence is taken", expected)
        if event.data.sequence > expected:
            return OutOfOrder("an event before this one is missing", expected)
        return None

    def keep(self, event: RecognitionEvent, digest: bytes, answer: Acknowledgement) -> None:
        """Remember the next event and its answer."""
        self._connection.execute(
            "INSERT INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                event.data.sequence,
                event.id,
                digest,
                event.data.change,
                event.data.category,
                event.data.region,
                msgspec.json.encode(answer),
            ),
        )

    def received(self) -> list[Received]:
        """Return all received events in their order, without names and numbers."""
        rows = self._connection.execute(
            "SELECT sequence, event_id, change, category, region, answer FROM inbox ORDER BY 1"
        )
        return [
            Received(sequence, event_id, change, category, region, _answer(answer).status)
            for sequence, event_id, change, category, region, answer in rows
        ]

    def _expected(self) -> int:
        (last,) = self._connection.execute("SELECT max(sequence) FROM inbox").fetchone()
        return int(last or 0) + 1


def _answer(stored: bytes) -> Acknowledgement:
    return msgspec.json.decode(stored, type=Acknowledgement)
