"""What tests of the log share: a key, a clock that ticks, and entries."""

from datetime import UTC, datetime, timedelta

from audit.checkpoint import NoteSigner
from audit.entry import Entry, EntryKind, canonical

SIGNER = NoteSigner("hub.example/log", bytes(range(32)))
START = datetime(2026, 3, 1, tzinfo=UTC)


class Ticking:
    """A clock that goes on by `step` each time it is read."""

    def __init__(self, step=timedelta(milliseconds=10)):
        self.now = START
        self.step = step

    def __call__(self):
        self.now += self.step
        return self.now


def entry(number=0, *subjects, kind=EntryKind.ANSWER, department="civil-affairs"):
    record = canonical({"department": department, "request": f"r{number}"})
    return Entry(kind, record, subjects)
