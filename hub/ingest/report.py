"""What an ingest did, in counts; and how one that failed says so."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import asyncpg

from hub.errors import HubError, UnavailableError
from hub.ingest.rescore import Rescored


class LinkReason(StrEnum):
    """Why a well-formed record cannot be linked; beside `connectors.protocol.ReasonCode`."""

    IDENTITY_CONFLICT = "identity-conflict"
    PERSON_UNKNOWN = "person-unknown"
    COUNTY_CHANGED = "county-changed"
    DATASET_UNKNOWN = "dataset-unknown"


@dataclass(slots=True)
class IngestReport:
    """Counts of one department's ingest. `quarantined` counts records that wait, by reason."""

    department: str
    read: int = 0
    accepted: int = 0
    unchanged: int = 0
    stale: int = 0
    ended: int = 0
    out_of_scope: int = 0
    quarantined: Counter[str] = field(default_factory=Counter)
    resolved: int = 0
    people: int = 0
    """People who became known."""
    households: int = 0
    """Households that were scored again."""
    alerts: Counter[str] = field(default_factory=Counter)
    batches: int = 0
    rereads: int = 0
    seconds: float = 0.0

    def add(self, other: "IngestReport") -> None:
        """Add the counts of a batch."""
        for name in ("read", "accepted", "unchanged", "stale", "ended", "out_of_scope"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("resolved", "people", "households", "batches"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.quarantined.update(other.quarantined)
        self.alerts.update(other.alerts)

    def scored(self, rescored: Rescored) -> None:
        """Add what was scored."""
        self.households += rescored.households
        self.alerts.update(rescored.alerts)


Progress = Callable[[IngestReport], None]
"""Told of the counts so far after each batch."""


class IngestFailedError(UnavailableError):
    """A batch failed and nothing of it is stored; the cursor stays, so it will be read again."""

    code = "INGEST_FAILED"

    def __init__(self, department: str, place: str, why: str) -> None:
        """Say whose batch failed, behind which cursor or at which place, and why."""
        super().__init__(f"{department}: {place}: {why}; nothing of this batch is stored.")
        self.department = department
        self.place = place


@contextmanager
def failing(department: str, place: str) -> Iterator[None]:
    """Let whatever fails in here fail as this department's ingest at `place`.

    Raises:
        IngestFailedError: It failed; the reason holds no value of a record.
    """
    try:
        yield
    except IngestFailedError:
        raise
    except HubError as problem:
        raise IngestFailedError(department, place, str(problem)) from problem
    except (asyncpg.PostgresError, asyncpg.InterfaceError, KeyError) as problem:
        raise IngestFailedError(department, place, type(problem).__name__) from problem
