"""The pieces of a statement: which columns a level returns, and their order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from hub.query.model import Level, LevelKind, Plan, RootKind
from hub.query.statement import Renamed
from schema.catalogue import Dataset
from scoring.alert_life import UNVISITED

_NO_TOTAL: Final = -1
"""Stands for a total that is not known, which sorts last."""
KEY_COLUMNS: Final = ("key_version", "wrapped", "commitment")
LINK_COLUMNS: Final = ("identity_id", "person_id")
LOOKUPS: Final = {
    RootKind.PERSON: ("tag", "person_id"),
    RootKind.PEOPLE: ("tag", "person_id"),
    RootKind.HOUSEHOLD: ("household_id",),
    RootKind.HOUSEHOLDS: ("household_id",),
    RootKind.WARNINGS: ("record_id",),
    RootKind.CREDIT_RECORD: ("record_id",),
    RootKind.PERSON_BY_ID: ("person_id",),
    RootKind.HOUSEHOLD_BY_ID: ("household_id",),
}
"""What the search of a root returns beside its level: what exists, whether visible or not."""


def level_columns(level: Level) -> tuple[str, ...]:
    """Return the columns that a level returns, in order."""
    fixed: tuple[str, ...] = _FIXED[level.kind]
    if level.kind in _RECORDS and not level.groups:
        fixed = tuple(name for name in fixed if name != "version_id")
    groups = tuple(f"sealed_{group}" for group in level.groups)
    # The keys of a person's records come with the links, once for all records of an identity.
    keys = KEY_COLUMNS if groups and level.kind is not LevelKind.RECORDS_OF_PERSON else ()
    order = ("key",) if level.choice is not None else ()
    wanted = [*fixed, *level.columns, *groups, *keys, *order]
    return tuple(dict.fromkeys(wanted))


_RECORD: Final = ("identity_id", "version_id")
_RECORDS: Final = frozenset(
    {
        LevelKind.WARNINGS,
        LevelKind.CREDIT_RECORD,
        LevelKind.RECORDS_OF_PERSON,
        LevelKind.RECORDS_OF_HOUSEHOLD,
    }
)
_FIXED: Final = {
    LevelKind.PEOPLE: ("person_id", "log_alias"),
    LevelKind.HOUSEHOLD: ("household_id", "log_alias"),
    LevelKind.HOUSEHOLDS: ("household_id", "log_alias"),
    LevelKind.WARNINGS: ("identity_id", "version_id", "record_id", "total", "log_alias"),
    LevelKind.CREDIT_RECORD: ("identity_id", "version_id", "record_id", "log_alias"),
    LevelKind.PEOPLE_BY_ID: ("person_id", "log_alias"),
    LevelKind.HOUSEHOLDS_BY_ID: ("household_id", "log_alias"),
    LevelKind.MEMBERS: ("parent", "person_id", "log_alias"),
    LevelKind.HOUSEHOLD_OF_PERSON: ("parent", "household_id", "log_alias"),
    LevelKind.HOUSEHOLD_OF_RECORD: ("household_id", "log_alias"),
    LevelKind.RECORDS_OF_PERSON: _RECORD,
    LevelKind.RECORDS_OF_HOUSEHOLD: _RECORD,
}
_ORDER: Final = {
    LevelKind.PEOPLE: ("person_id",),
    LevelKind.HOUSEHOLD: ("household_id",),
    LevelKind.CREDIT_RECORD: ("record_id",),
    LevelKind.PEOPLE_BY_ID: ("person_id",),
    LevelKind.HOUSEHOLDS_BY_ID: ("household_id",),
    LevelKind.MEMBERS: ("person_id",),
    LevelKind.HOUSEHOLD_OF_PERSON: (),
    LevelKind.HOUSEHOLD_OF_RECORD: (),
    LevelKind.RECORDS_OF_PERSON: ("valid_from", "record_id"),
    LevelKind.RECORDS_OF_HOUSEHOLD: ("valid_from", "record_id"),
}
"""Rows are ordered by opaque ids and days of validity, never by a value that may be denied; those
of one owner keep this order when they are gathered."""
_SECOND_NAMES: Final = {
    LevelKind.WARNINGS: ("household_id", "identity_id"),
    LevelKind.HOUSEHOLD_OF_RECORD: ("parent", "household_id"),
    LevelKind.RECORDS_OF_HOUSEHOLD: ("parent", "identity_id"),
}


def order_of(level: Level, rows: Any) -> list[Any]:
    """Return the order of a level's rows."""
    if level.kind is LevelKind.WARNINGS and level.choice is None:
        return list(worst_first(rows))
    if level.choice is not None:
        return []  # a list brings its own
    if shows_one(level):
        return [rows.c.valid_from.desc(), rows.c.known_from.desc(), rows.c.version_id]
    return [rows.c[name] for name in _ORDER[level.kind]]


def shows_one(level: Level) -> bool:
    """Whether an owner shows only the newest of its records of this level."""
    kinds = {LevelKind.RECORDS_OF_PERSON, LevelKind.RECORDS_OF_HOUSEHOLD}
    return level.kind in kinds and not dataset_of(level).many


def links_of(plan: Plan, level: Level) -> tuple[tuple[str, ...], bool]:
    """Return the departments whose identities of a level's people are asked, and if keys are."""
    asked = [
        below
        for below in plan.levels
        if below.parent == level.index and below.kind is LevelKind.RECORDS_OF_PERSON
    ]
    departments = {dataset_of(below).department for below in asked}
    return tuple(sorted(departments)), any(below.groups for below in asked)


def renamed_of(plan: Plan) -> tuple[Renamed, ...]:
    """Return the columns of a plan's levels that have a second name."""
    return tuple(
        Renamed(level.index, *_SECOND_NAMES[level.kind])
        for level in plan.levels
        if level.kind in _SECOND_NAMES
    )


def dataset_of(level: Level) -> Dataset:
    """Return the dataset of a level of records."""
    assert level.dataset is not None  # noqa: S101 - levels of records name their dataset
    return level.dataset


def extra(table: Any, columns: Sequence[Any], *names: str) -> list[Any]:
    """Return the columns of `names` that are not among `columns` yet."""
    present = {column.name for column in columns}
    return [table.c[name] for name in names if name not in present]


def column_of(table: Any, name: str, as_of: Any) -> Any:
    """Return a column of a dataset's table, or what is computed from its columns for a day."""
    if name in table.c:
        return table.c[name]
    return _COMPUTED[name](table, as_of).label(name)


def _overdue(alert: Any, as_of: Any) -> Any:
    """Whether an alert's day for the visit has passed without one."""
    wants_visit = sa.or_(*(alert.c.status == status.value for status in sorted(UNVISITED)))
    return sa.and_(alert.c.due_on < as_of, wants_visit)


_COMPUTED: Final[Mapping[str, Callable[[Any, Any], Any]]] = {"overdue": _overdue}
"""How each computed field of the catalogue is told."""


def total_of(table: Any) -> Any:
    """Return an alert's total, with a number for one that is not known."""
    return sa.func.coalesce(table.c.total, _NO_TOTAL)


def worst_first(table: Any) -> tuple[Any, Any]:
    """Return the order of the worklist; ties are broken by opaque ids."""
    return total_of(table).desc(), table.c.record_id
