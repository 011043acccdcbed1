"""Opens what the plan grants, and nothing else: no plan, no key, no plaintext."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from hub.errors import CorruptError
from hub.query.fetch import Columns, Sealed
from hub.query.model import Level, LevelKind, Plan
from hub.query.sql_parts import KEY_COLUMNS
from hub.sealing.seals import ColumnOpener, Json, column_opener

OpenerMaker = Callable[[str, str, str], ColumnOpener]
Opened = Sequence[Sequence[Json]]
"""The values of one sealed group, row by row."""


class Keys(Protocol):
    """Opens data keys; `hub.sealing.datakeys.DataKeys` is one."""

    def open_all(self, department: str, stored: Iterable[tuple[int, bytes, bytes]]) -> list[bytes]:
        """Return the raw data key of each version, wrapped form and commitment."""


_NOBODY: Final[frozenset[bytes]] = frozenset()


@dataclass(slots=True)
class Revealed:
    """The rows of one level with what was opened of them, by group.

    Nobody changes it: not frozen for the reason that is told in `hub.query.answer`.
    """

    columns: Columns
    opened: dict[str, Opened]
    covered: frozenset[bytes] = _NOBODY
    """Of records that need consent: the people whose authorisation covers them."""


@dataclass(frozen=True, slots=True)
class GroupOpener:
    """One sealed column of a plan, with the function that opens it bound."""

    level: int
    group: str
    department: str
    open: ColumnOpener


def openers_of(plan: Plan, make: OpenerMaker = column_opener) -> tuple[GroupOpener, ...]:
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
        covered = sealed.covered
        revealed = tuple(
            [
                Revealed(columns, {}, covered.get(n, _NOBODY) if covered else _NOBODY)
                for n, columns in enumerate(sealed.levels)
            ]
        )
        places: dict[int, tuple[list[bytes], Sequence[bytes], Sequence[bytes]]] = {}
        for one in openers:
            columns, n = sealed.levels[one.level], one.level
            if n not in places:
                keys = self._keys(plan.levels[n], columns, sealed)
                places[n] = keys, columns["identity_id"], columns["version_id"]
            revealed[n].opened[one.group] = one.open(*places[n], columns[f"sealed_{one.group}"])
        return revealed

    def _keys(self, level: Level, columns: Columns, sealed: Sealed) -> list[bytes]:
        """Return the opened data key of each row, those of a person's records from the links."""
        assert level.dataset is not None  # noqa: S101 - only records are sealed
        if level.kind is LevelKind.RECORDS_OF_PERSON:
            assert level.parent is not None  # noqa: S101 - the people are the level above
            links = sealed.links[level.parent]
            stored = [links[identity][1] for identity in columns["identity_id"]]
        else:
            stored = list(zip(*(columns[name] for name in KEY_COLUMNS), strict=True))
        for _, wrapped, _ in stored:
            if wrapped is None:
                raise CorruptError(f"A record of {level.dataset.name} has no data key.")
        return self.keys.open_all(level.dataset.department, stored)
