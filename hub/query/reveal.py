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
        keys: dict[int, list[bytes]] = {}
        for one in openers:
            columns = sealed.levels[one.level]
            if one.level not in keys:
                keys[one.level] = self._keys(plan.levels[one.level], sealed)
            open_one = one.open
            revealed[one.level].opened[one.group] = [
                open_one(key, identity.bytes, version.bytes, value)
                for key, identity, version, value in zip(
                    keys[one.level],
                    columns["identity_id"],
                    columns["version_id"],
                    columns[f"sealed_{one.group}"],
                    strict=True,
                )
            ]
        return revealed

    def _keys(self, level: Level, sealed: Sealed) -> list[bytes]:
        """Return the opened data key of each row, those of a person's records from the links."""
        assert level.dataset is not None  # noqa: S101 - only records are sealed
        columns = sealed.levels[level.index]
        wrapped: Iterable[tuple[Any, ...]]
        if level.kind is LevelKind.RECORDS_OF_PERSON:
            assert level.parent is not None  # noqa: S101 - the people are the level above
            links = sealed.links[level.parent]
            of_links = zip(*(links[name] for name in KEY_COLUMNS), strict=True)
            by_identity = dict(zip(links["identity_id"], of_links, strict=True))
            wrapped = map(by_identity.__getitem__, columns["identity_id"])
        else:
            wrapped = zip(*(columns[name] for name in KEY_COLUMNS), strict=True)
        department, open_key = level.dataset.department, self.keys.open
        found: list[bytes] = []
        for row in wrapped:
            if row[1] is None:
                raise CorruptError(f"A record of {level.dataset.name} has no data key.")
            found.append(open_key(department, *row))
        return found
