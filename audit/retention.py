"""How long entries are kept, and what the log itself says of those that are not any more. Pure.

A log is pruned by its *minimum index*: what stands below it may be gone, tiles and checkpoints stay
(C2SP tlog-tiles, "Pruning"). Before anything goes, an entry of kind `retention` says up to where,
by which law, and which entries below are kept all the same. So a verifier tells what was dropped by
rule from what was taken away: a minimum index that no entry announces is forged.

The dictionary and the entries of kind `retention` are kept for ever: they are about nobody.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from audit.entry import CODE_BY_KIND, EntryKind
from audit.errors import LogInconsistentError

RETENTION: Final = CODE_BY_KIND[EntryKind.RETENTION]
ALWAYS_KEPT: Final = (CODE_BY_KIND[EntryKind.DICTIONARY], RETENTION)
"""Kinds, by their byte, whose entries are never dropped."""
MAX_RANGES: Final = 20_000
"""So many stretches may be kept by one purge; its entry names them all."""
PURGE: Final = "purge"
Span = tuple[int, int]
"""Entries from the first number up to, and not with, the second."""


class Period(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when on entries must be kept for so many years, and by which law."""

    start: date = msgspec.field(name="from")
    years: int
    reference: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    period: list[Period]


@dataclass(frozen=True, slots=True)
class Retention:
    """The dated periods, oldest first."""

    periods: tuple[Period, ...]

    def in_force(self, on: date) -> Period:
        """Return the period that holds on a day.

        Raises:
            ValueError: None does yet.
        """
        found = [period for period in self.periods if period.start <= on]
        if not found:
            raise ValueError(f"no period of retention is in force on {on.isoformat()}")
        return found[-1]

    def cut(self, on: date) -> date:
        """Return the day before which entries need not be kept any more, on a day."""
        years = self.in_force(on).years
        try:
            return on.replace(year=on.year - years)
        except ValueError:  # 29 February: what is left is kept a day longer
            return date(on.year - years, 2, 28)


@cache
def packaged_retention() -> Retention:
    """Return the periods of this version."""
    text = (files("audit") / "retention.toml").read_text("utf-8")
    read = msgspec.convert(tomllib.loads(text), _File)
    return Retention(tuple(sorted(read.period, key=lambda period: period.start)))


class Purge(msgspec.Struct, frozen=True):
    """What an entry announces: entries below `minimum` go, but for those that are `kept`."""

    minimum: int
    before: str
    """The day, such as 2026-11-27, before which all that go were recorded."""
    years: int
    kept: list[Span]
    act: str = PURGE


class _Act(msgspec.Struct):
    act: str


_ACT: Final = msgspec.json.Decoder(_Act)
_PURGE: Final = msgspec.json.Decoder(Purge)


def purge_in(record: bytes) -> Purge | None:
    """Return what the record of an entry of kind `retention` announces; None where it is no purge.

    Raises:
        LogInconsistentError: It is not what such a record is.
    """
    try:
        if _ACT.decode(record).act != PURGE:
            return None
        purge = _PURGE.decode(record)
    except msgspec.MsgspecError:
        raise LogInconsistentError("its record is none of retention") from None
    if purge.minimum < 0 or purge.kept != merged(purge.kept):
        raise LogInconsistentError("its purge is malformed")
    return purge


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same entries as spans in order that do not touch; empty ones are left out."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if start >= stop:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found


def overlap(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Return the entries that are in both; each is merged."""
    found: list[Span] = []
    at = 0
    for start, stop in spans:
        while at < len(others) and others[at][1] <= start:
            at += 1
        place = at
        while place < len(others) and others[place][0] < stop:
            found.append((max(start, others[place][0]), min(stop, others[place][1])))
            place += 1
    return found


@dataclass(frozen=True, slots=True)
class Announced:
    """A purge and the entry that announces it."""

    index: int
    purge: Purge


def unannounced(
    minimum: int, absent: Sequence[Span], purges: Sequence[Announced]
) -> list[tuple[str, str]]:
    """Return what is wrong with a pruned log, as place and words.

    1. The minimum index is one that an entry announces, and that entry stands at or above it.
    2. Nothing that this purge keeps is missing: the last entry that announces this minimum counts.
    3. No purge takes back a later minimum of one before it.
    """
    problems: list[tuple[str, str]] = []
    highest = 0
    for each in purges:
        if each.purge.minimum < highest:
            problems.append((f"entry {each.index}", "announces a minimum index that has passed"))
        highest = max(highest, each.purge.minimum)
    if not minimum:
        return problems
    by = [each for each in purges if each.purge.minimum == minimum <= each.index]
    if not by:
        return [*problems, ("minimum index", f"no entry of the log announces {minimum}")]
    for start, _ in overlap(absent, by[-1].purge.kept):
        what = f"is missing, and entry {by[-1].index} says that it is kept"
        problems.append((f"entry {start}", what))
    return problems
