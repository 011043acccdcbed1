"""A statement as asyncpg is given it, and how the one row that it gives is read.

Which column of the row belongs where is worked out once a statement: for each row that it gives,
columns are only taken from where they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from hub.errors import CorruptError
from hub.query.row_ids import ID_COLUMNS, unpacked_ids

_Columns = dict[str, Sequence[Any]]


class Part(StrEnum):
    """What an array of the one row belongs to."""

    LEVEL = "level"
    SEARCH = "search"
    """What exists of what a root searched for, visible or not."""
    COVERED = "covered"
    """People of the level above whose authorisation covers a level of records."""
    LINKS = "links"
    """Identities of a level of people, with their data keys."""


class Place(NamedTuple):
    """Which column of the one row an array is."""

    source: int
    """The level, or the root whose search it is."""
    column: str
    part: Part


class Linked(NamedTuple):
    """A level whose rows name identities: whose they are, the links of the level above tell."""

    level: int
    parent: int


class Renamed(NamedTuple):
    """A column that has a second name: it says what a row is and whose it is."""

    level: int
    name: str
    column: str


@dataclass(frozen=True)
class Statement:
    """SQL for asyncpg, the names of its parameters in order, and what each column is.

    What follows from it is worked out once and kept with it, which slots would not allow.
    """

    text: str
    parameters: tuple[str, ...]
    places: tuple[Place, ...]
    constants: Mapping[str, object]
    """Values of parameters that are the same for every request."""
    linked: tuple[Linked, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    newest: tuple[int, ...] = ()
    """Levels whose rows come newest first, and of which an owner shows only the first."""
    checks_case: bool = False
    """Whether the third column says how the named case stands."""

    @cached_property
    def reading(self) -> "Reading":
        """How its arrays are read."""
        return Reading(self.places, self.renamed)


@dataclass(slots=True)
class Arrays:
    """The arrays of one row, each where it belongs."""

    levels: tuple[_Columns, ...]
    searches: dict[int, _Columns]
    links: dict[int, _Columns]
    covered: dict[int, _Columns]


_Taken = tuple[int, tuple[str, ...], Callable[[Sequence[Any]], tuple[Any, ...]]]
"""A set of rows: its level or root, the names of its columns, and what takes them."""


class Reading:
    """Which array of a statement's row belongs where."""

    def __init__(self, places: Sequence[Place], renamed: Sequence[Renamed]) -> None:
        """Work it out."""
        found: dict[Part, dict[int, dict[str, int]]] = {part: {} for part in Part}
        for at, place in enumerate(places):
            found[place.part].setdefault(place.source, {})[place.column] = at
        for one in renamed:
            columns = found[Part.LEVEL][one.level]
            columns[one.name] = columns[one.column]
        levels = found[Part.LEVEL]
        self._levels = [_taken(n, levels[n]) for n in range(len(levels))]
        self._searches, self._links, self._covered = (
            [_taken(source, columns) for source, columns in found[part].items()]
            for part in (Part.SEARCH, Part.LINKS, Part.COVERED)
        )
        self._ids = [at for at, place in enumerate(places) if place.column in ID_COLUMNS]
        # A column of a level is as long as the first of its level, any other as itself.
        self._as_long_as = [
            min(levels[place.source].values()) if place.part is Part.LEVEL else at
            for at, place in enumerate(places)
        ]

    def read(self, arrays: Sequence[Any]) -> Arrays:
        """Return the arrays where they belong.

        Raises:
            CorruptError: A row has no id.
        """
        columns = [values or () for values in arrays]
        for at in self._ids:
            columns[at] = unpacked_ids(arrays[at])
        lengths = list(map(len, columns))
        if lengths != [lengths[at] for at in self._as_long_as]:
            raise CorruptError("A row has no id.")
        return Arrays(
            tuple(
                [dict(zip(names, take(columns), strict=True)) for _, names, take in self._levels]
            ),
            {n: dict(zip(names, take(columns), strict=True)) for n, names, take in self._searches},
            {n: dict(zip(names, take(columns), strict=True)) for n, names, take in self._links},
            {n: dict(zip(names, take(columns), strict=True)) for n, names, take in self._covered},
        )


def _taken(source: int, columns: Mapping[str, int]) -> _Taken:
    """Return what takes the columns of one set of rows, each from its place."""
    places = tuple(columns.values())
    if len(places) == 1:
        (only,) = places
        return source, tuple(columns), lambda found: (found[only],)
    return source, tuple(columns), itemgetter(*places)
