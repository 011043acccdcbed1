"""Vectors of many households as one array of rows, and where each person's and kind's rows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.facts import Kind
from scoring.facts.vector import ROW_BYTES

Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]

ROW: Final = np.dtype(
    [("kind", "<u2"), ("member", "<u2"), ("a", "<i4"), ("b", "<i4"), ("c", "<i8")]
)
"""A row as `scoring.facts.vector` writes it."""
_MEMBERS: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one kind, in the order of their owners.

    `owner` is a person's index where the kind is about people, a household's where it is not.
    """

    owner: Whole
    a: Whole
    b: Whole
    c: Whole

    def where(self, chosen: Truths) -> "Rows":
        """Return the rows that are chosen."""
        return Rows(self.owner[chosen], self.a[chosen], self.b[chosen], self.c[chosen])

    def of(self, owner: Whole) -> "Rows":
        """Return the rows with other owners."""
        return Rows(owner, self.a, self.b, self.c)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of many households. People are numbered in the order of their households."""

    homes: int
    by_kind: dict[int, NDArray[np.void]]
    homes_of_rows: dict[int, Whole]
    person_home: Whole
    person_key: Whole

    def of_people(self, kind: Kind) -> Rows:
        """Return the rows of a kind that is about people."""
        found, home = self._rows(kind)
        key = home * _MEMBERS + found["member"].astype(np.int64)
        return _rows(found, np.searchsorted(self.person_key, key).astype(np.int64))

    def of_homes(self, kind: Kind) -> Rows:
        """Return the rows of a kind that is about households."""
        found, home = self._rows(kind)
        return _rows(found, home)

    def places(self, kind: Kind) -> Whole:
        """Return the member numbers of a kind's rows: places in the profile, for what is kept."""
        found, _ = self._rows(kind)
        return found["member"].astype(np.int64)

    def _rows(self, kind: Kind) -> tuple[NDArray[np.void], Whole]:
        empty = np.zeros(0, ROW), np.zeros(0, np.int64)
        return self.by_kind.get(kind, empty[0]), self.homes_of_rows.get(kind, empty[1])


def _rows(found: NDArray[np.void], owner: Whole) -> Rows:
    a, b, c = (found[name].astype(np.int64) for name in ("a", "b", "c"))
    return Rows(owner, a, b, c)


def table_of(vectors: Sequence[bytes]) -> Table:
    """Return the rows of `vectors`, each of one household, in their order.

    The bytes have the layout of `scoring.facts.vector`; whoever calls has looked at the first row.
    """
    rows = np.frombuffer(b"".join(vectors), ROW)
    lengths = np.array([len(vector) // ROW_BYTES for vector in vectors], np.int64)
    home = np.repeat(np.arange(len(vectors), dtype=np.int64), lengths)
    order = np.argsort(rows["kind"], kind="stable")
    kinds, starts = np.unique(rows["kind"][order], return_index=True)
    ends = [*starts[1:], len(rows)]
    spans = {int(k): order[s:e] for k, s, e in zip(kinds, starts, ends, strict=True)}
    by_kind = {kind: rows[span] for kind, span in spans.items()}
    homes = {kind: home[span] for kind, span in spans.items()}
    people = by_kind.get(Kind.PERSON, np.zeros(0, ROW))
    person_home = homes.get(Kind.PERSON, np.zeros(0, np.int64))
    key = person_home * _MEMBERS + people["member"].astype(np.int64)
    return Table(len(vectors), by_kind, homes, person_home, key)
