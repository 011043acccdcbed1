"""A seal was found broken: one line of the log at once, and whoever listens hears it.

Every SealBrokenError about stored data is made by `broken`, so that none goes uncounted. What is
said names a department, a dataset and what was wrong: never a person, a row or a value.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, NamedTuple

import structlog

from hub.errors import SealBrokenError

EVENT: Final = "seal.broken"
"""The event of the log's line; its level is `error`."""
DATA_KEY: Final = "data_key"
"""Stands for the dataset where a data key does not open: all that it sealed is concerned."""
UNKNOWN: Final = "unknown"


class Reason(StrEnum):
    """What was found."""

    VALUE = "value"
    """It does not authenticate: changed, cut off, moved here, or sealed by another key."""
    SUITE = "suite"
    """An unknown format or suite, or another suite than its data key's."""
    KEY = "key"
    """The wrapped data key does not open."""
    COMMITMENT = "commitment"
    """The wrapped data key opens to another key than was committed to."""
    NO_KEY = "no key"
    """There is no data key for what is sealed."""


class Break(NamedTuple):
    """Where a seal was broken."""

    department: str
    dataset: str
    reason: Reason


Listener = Callable[[Break], None]
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.seals")
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let `listener` hear of each broken seal, in whichever thread it is found."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def broken(department: str, dataset: str, reason: Reason, message: str) -> SealBrokenError:
    """Return the error to raise; it is in the log, and was told to whoever listens."""
    found = Break(department, dataset, reason)
    _log.error(EVENT, department=department, dataset=dataset, reason=str(reason))
    for listener in _listeners:
        listener(found)
    return SealBrokenError(message)
