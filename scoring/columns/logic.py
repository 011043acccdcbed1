"""Three-valued columns: 1 is yes, 0 no, -1 unknown; and sums that stay integers."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.columns.table import Truths, Whole

Truth = NDArray[np.int8]
"""A column of 1, 0 and -1."""
UNKNOWN: Final = -1


def truth(holds: Truths, known: Truths) -> Truth:
    """Return whether something holds, unknown where it is not known."""
    return np.where(known, holds.astype(np.int8), np.int8(UNKNOWN)).astype(np.int8)


def either(*truths: Truth) -> Truth:
    """Return whether one holds: yes once one does, whatever is unknown."""
    stacked = np.stack(truths)
    some, unsure = (stacked == 1).any(axis=0), (stacked == UNKNOWN).any(axis=0)
    return truth(some, some | ~unsure)


def both(*truths: Truth) -> Truth:
    """Return whether all hold: no once one does not, whatever is unknown."""
    return negation(either(*map(negation, truths)))


def negation(of: Truth) -> Truth:
    """Return the opposite; unknown stays unknown."""
    return np.where(of == UNKNOWN, of, 1 - of).astype(np.int8)


def total(owner: Whole, values: Whole, owners: int) -> Whole:
    """Return the sum of each owner's values; `owner` is in order."""
    running = np.concatenate((np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)))
    edges = np.searchsorted(owner, np.arange(owners + 1))
    return running[edges[1:]] - running[edges[:-1]]


def count(owner: Whole, chosen: Truths, owners: int) -> Whole:
    """Return how many of each owner's are chosen."""
    return np.bincount(owner[chosen], minlength=owners).astype(np.int64)


def some(owner: Whole, owners: int) -> Truths:
    """Return which owners there are."""
    found = np.zeros(owners, np.bool_)
    found[owner] = True
    return found


def largest(owner: Whole, values: Whole, owners: int, default: int) -> Whole:
    """Return the largest of each owner's values."""
    found = np.full(owners, default, np.int64)
    np.maximum.at(found, owner, values)
    return found
