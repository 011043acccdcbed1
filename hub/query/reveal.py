"""Opens what the plan grants, and nothing else: no plan, no key, no plaintext."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hub.errors import CorruptError
from hub.query.fetch import Columns, Sealed
from hub.query.model import Level, LevelKind, Plan
from hub.query.sql_parts import KEY_COLUMNS
from hub.sealing.seals import Json, Opener, opener

OpenerMaker = Callable[[str, str, str], Opener]
Opened = Sequence[Sequence[Json]]
"""The values of one sealed group, row by row."""


class Keys(Protocol):
    """Opens data keys; `hub.sealing.datakeys.DataKeys` is one."""

    def open(self, department: str, key_version: int, wrapped: bytes, commitment: bytes) -> bytes:
        """Return the raw data key."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """The rows of one level with what was opened of them, by group."""

    columns: Columns
    opened: dict[str, Opened]


@dataclass(frozen=True, slots=True)
class GroupOpener:
    """One sealed column of a plan, with the function that opens it bound."""

    level: int
    group: str
    department: str
    open: Opener


def openers_of(plan: Plan, make: OpenerMaker = opener) -> tuple[GroupOpener, ...]:
    """Return an opener for each sealed group that `plan` grants."""
    return tuple(
        GroupOpener(
            level.index,
            group,
            level.dataset.department,
            make(level.dataset.department, level.dataset.name, group),
        )
        for level in plan.levels
        if level.dataset is not None
        for group in level.groups
    )


@dataclass(frozen=True, slots=True)
class Revealer:
    """Opens sealed rows with the departments' keys."""

    keys: Keys

    def reveal(
        self, plan: Plan, openers: Sequence[GroupOpener], sealed: Sealed
    ) -> tuple[Revealed, ...]:
        """Return the rows of every level with the granted groups opened.

        Raises:
            SealBrokenError: A value or a key does not authenticate; nothing may be sent.
            CorruptError: A sealed row has no data key.
            KeysUnavailableError: A department's key is not at hand.
        """
        revealed = tuple(Revealed(columns, {}) for columns in sealed.levels)
        places: dict[int, tuple[list[bytes], Sequence[bytes], list[bytes]]] = {}
        for one in openers:
            columns, n = sealed.levels[one.level], one.level
            if n not in places:
                ids = columns.get("identity") or [i.bytes for i in columns["identity_id"]]
                versions = [version.bytes for version in columns["version_id"]]
                places[n] = self._keys(plan.levels[n], columns, sealed), ids, versions
            opened = list(map(one.open, *places[n], columns[f"sealed_{one.group}"]))
            revealed[n].opened[one.group] = opened
        return revealed

    def _keys(self, level: Level, columns: Columns, sealed: Sealed) -> list[bytes]:
        """Return the opened data key of each row, those of a person's records from the links."""
        assert level.dataset is not None  # noqa: S101 - only records are sealed
        wrapped: Iterable[Sequence[Any]]
        if level.kind is LevelKind.RECORDS_OF_PERSON:
            assert level.parent is not None  # noqa: S101 - the people are the level above
            links = sealed.links[level.parent]
            wrapped = (links[identity][1:] for identity in columns["identity"])
        else:
            wrapped = zip(*(columns[name] for name in KEY_COLUMNS), strict=True)
        department, open_key = level.dataset.department, self.keys.open
        found: list[bytes] = []
        for row in wrapped:
            if row[1] is None:
                raise CorruptError(f"A record of {level.dataset.name} has no data key.")
            found.append(open_key(department, *row))
        return found
