"""The pieces of a statement: which columns a level returns, their order, how they are packed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from hub.query.model import Level, LevelKind, RootKind
from schema.catalogue import Dataset
from scoring.alert_life import UNVISITED

_NO_TOTAL: Final = -1
"""Stands for a total that is not known, which sorts last."""
KEY_COLUMNS: Final = ("key_version", "wrapped", "commitment")
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


class Place(NamedTuple):
    """Which column of the one row an array is in."""

    source: int
    """The level, or the root whose search it is."""
    column: str
    is_lookup: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL for asyncpg, the names of its parameters in order, and what each column is."""

    text: str
    parameters: tuple[str, ...]
    places: tuple[Place, ...]
    constants: Mapping[str, object]
    """Values of parameters that are the same for every request."""


def level_columns(level: Level) -> tuple[str, ...]:
    """Return the columns that a level returns, in order."""
    fixed: tuple[str, ...] = _FIXED[level.kind]
    groups = tuple(f"sealed_{group}" for group in level.groups)
    keys = KEY_COLUMNS if groups else ()
    order = ("key",) if level.choice is not None else ()
    wanted = [*fixed, *level.columns, *groups, *keys, *order]
    return tuple(dict.fromkeys(wanted))


_RECORD: Final = ("parent", "identity_id", "version_id")
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
    LevelKind.HOUSEHOLD_OF_RECORD: ("parent", "household_id", "log_alias"),
    LevelKind.RECORDS_OF_PERSON: _RECORD,
    LevelKind.RECORDS_OF_HOUSEHOLD: _RECORD,
}
ORDER: Final = {
    LevelKind.PEOPLE: ("person_id",),
    LevelKind.HOUSEHOLD: ("household_id",),
    LevelKind.HOUSEHOLDS: (),
    LevelKind.WARNINGS: (),
    LevelKind.CREDIT_RECORD: ("record_id",),
    LevelKind.PEOPLE_BY_ID: ("person_id",),
    LevelKind.HOUSEHOLDS_BY_ID: ("household_id",),
    LevelKind.MEMBERS: ("parent", "person_id"),
    LevelKind.HOUSEHOLD_OF_PERSON: ("parent",),
    LevelKind.HOUSEHOLD_OF_RECORD: ("household_id",),
    LevelKind.RECORDS_OF_PERSON: ("parent", "valid_from", "record_id"),
    LevelKind.RECORDS_OF_HOUSEHOLD: ("parent", "valid_from", "record_id"),
}
"""Rows are ordered by opaque ids and days of validity, never by a value that may be denied."""


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


def among(column: Any, keys: Any) -> Any:
    """Whether a value is one of a level's keys; an array is built once, a join is planned anew."""
    return column == sa.any_(sa.func.array(sa.select(keys).scalar_subquery()))


def packed(cte: sa.CTE, names: Sequence[str], order: Sequence[Any], label: str) -> Any:
    """Return one row with an array a column, all in one order."""
    rows = sa.select(*(cte.c[name] for name in names)).order_by(*order).subquery(f"{label}_rows")
    arrays = (sa.func.array_agg(rows.c[name]).label(name) for name in names)
    return sa.select(*arrays).subquery(label)


def crossed(froms: Sequence[Any]) -> Any:
    """Return the one-row tables side by side."""
    joined = froms[0]
    for other in froms[1:]:
        joined = joined.join(other, sa.true())
    return joined
