"""What must be true of a row of a list, as SQL that the database cannot talk itself out of.

A condition that is probed row by row is fenced (OFFSET 0): the planner, which takes every interval
for rare, would otherwise turn it into a join that begins with everybody. A condition over many
records is wrapped, so that it counts as one that half of the rows meet.
"""

from collections.abc import Sequence
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.query.lists import Choice, Clause, Comparison, Condition
from hub.query.model import Level
from hub.query.sql_parts import column_of
from schema.catalogue import Dataset, Kind, Subject

TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: sa.Text,
    Kind.CODE: sa.Text,
    Kind.INTEGER: sa.Integer,
    Kind.DATE: sa.Date,
    Kind.MOMENT: sa.DateTime(timezone=True),
    Kind.FLAG: sa.Boolean,
}
"""What a parameter is that is compared with a field of each kind."""
_TEXTS: Final = pg.ARRAY(sa.Text)
_MOMENT: Final = sa.DateTime(timezone=True)
_PROBED: Final[sa.ColumnElement[int]] = sa.literal_column("0")
_INFINITY: Final[sa.ColumnElement[Any]] = sa.literal_column("'infinity'::timestamptz")
_FEW: Final = 20_000
"""Up to so many records, their households are found at once; of more, each household is probed."""


class Tables(Protocol):
    """What is lent by the whole statement."""

    def table(self, name: str) -> Any:
        """Return a table under a name of its own."""

    def holds(self, level: Level, *tables: Any) -> Any:
        """Whether versions hold on the day asked, as known at the moment asked."""


class Wheres:
    """The conditions of one list."""

    def __init__(self, frame: Tables, level: Level, choice: Choice) -> None:
        """Compose nothing yet."""
        self._frame = frame
        self._level = level
        self._choice = choice
        self._changed: sa.CTE | None = None

    def _bound(self, name: str, kind: Any) -> Any:
        return sa.bindparam(f"r{self._level.root}_{name}", type_=kind)

    @staticmethod
    def probed(found: "sa.Select[Any]") -> Any:
        """Whether there is such a row, looked for each time."""
        return found.offset(_PROBED).exists()

    @staticmethod
    def weighed(condition: Any) -> Any:
        """Return a condition that is taken to be true of half of the rows."""
        return sa.case((condition, sa.true()), else_=sa.false())

    def below(self, place: Any) -> list[Any]:
        """Whether a place lies in the regions that were asked for and are the caller's."""
        return [place.c.region.like(sa.any_(self._bound("below", _TEXTS)))]

    def leads_to(self, area: Any, place: Any) -> Any:
        """Whether a place lies in a range of regions, or is that of a household that changed."""
        if self._choice.watched is not None:
            return sa.and_(place.c.cell == area.c.cell, place.c.household_id == area.c.household_id)
        return sa.and_(place.c.region >= area.c.low, place.c.region <= area.c.high)

    # Records.

    def clauses(self, cell: Any, home: Any, *, but: str | None = None) -> list[Any]:
        """Whether the records exist, or do not, that were asked for; none of the dataset `but`."""
        asked = self._choice.clauses
        return [self._clause(cell, home, c) for c in asked if not self._is_of(c, but)]

    def of_key(self, table: Any, name: str, column: str) -> list[Any]:
        """Whether the one record that a list is ordered by is as it was asked for.

        What is asked of the order's own column is left in sight: it says where the index is read.
        """
        clauses = [c for c in self._choice.clauses if self._is_of(c, name)]
        return self.in_sight(table, [one for c in clauses for one in c.conditions], column)

    def in_sight(self, table: Any, asked: Sequence[Condition], column: str) -> list[Any]:
        """Return conditions, all but those of `column` taken to be true of half of the rows."""
        return [
            self.condition(table, one)
            if one.column == column
            else self.weighed(self.condition(table, one))
            for one in asked
        ]

    @staticmethod
    def _is_of(clause: Clause, name: str | None) -> bool:
        return clause.exists and clause.dataset.name == name

    def _clause(self, cell: Any, home: Any, clause: Clause) -> Any:
        """Look among the households of few records, or for the records of each household."""
        relations = sa.table("pg_class", sa.column("oid"), sa.column("reltuples"))
        name = sa.func.to_regclass(sa.cast(clause.dataset.name, sa.Text))
        size = sa.select(relations.c.reltuples).where(relations.c.oid == name).scalar_subquery()
        owners, _, _ = self._records(clause)
        among = sa.tuple_(cell, home).in_(owners)
        own, own_cell, own_home = self._records(clause)
        one = self.probed(
            own.with_only_columns(sa.literal(1)).where(own_cell == cell, own_home == home)
        )
        held = sa.case((size <= _FEW, among), else_=one)
        return held if clause.exists else ~held

    def _records(self, clause: Clause) -> tuple["sa.Select[Any]", Any, Any]:
        """Return the households that have such records, and where they are named."""
        frame, level = self._frame, self._level
        table = frame.table(clause.dataset.name)
        stated = [self.condition(table, one) for one in clause.conditions]
        held = frame.holds(level, table)
        if clause.dataset.subject is Subject.HOUSEHOLD:
            cell, home = table.c.cell, table.c.identity_id
            return sa.select(cell, home).where(held, *stated), cell, home
        source, member = self._members_of(table)
        cell, home = member.c.cell, member.c.household_id
        return sa.select(cell, home).select_from(source).where(held, *stated), cell, home

    def _members_of(self, table: Any) -> tuple[Any, Any]:
        """Return a dataset's records joined to the members whose they are."""
        frame, level = self._frame, self._level
        member, link = frame.table("membership"), frame.table("link")
        is_linked = sa.and_(
            link.c.cell == member.c.cell,
            link.c.person_id == member.c.person_id,
            frame.holds(level, link, member),
        )
        is_its = sa.and_(table.c.cell == link.c.cell, table.c.identity_id == link.c.identity_id)
        return member.join(link, is_linked).join(table, is_its), member

    def condition(self, table: Any, one: Condition) -> Any:
        """Whether one field of a record is as it was asked for."""
        column = column_of(table, one.column, self._bound("as_of", sa.Date))
        if isinstance(column, sa.Label):
            column = column.element
        if one.test is Comparison.ANY:
            return column == sa.any_(self._bound(one.parameter, _TEXTS))
        value = self._bound(one.parameter, TYPES[one.kind])
        match one.test:
            case Comparison.SAME:
                return column == value
            case Comparison.FROM:
                return column >= value
            case Comparison.TO:
                return column <= value
            case Comparison.BEFORE:
                return column < value
            case Comparison.AFTER:
                return column > value

    # What changed.

    def changed(self) -> sa.CTE:
        """Return the households of which something that may be read changed since the moment."""
        if self._changed is None:
            self._changed = self._all_changed()
        return self._changed

    def _all_changed(self) -> sa.CTE:
        watched = self._choice.watched
        assert watched is not None  # noqa: S101 - the caller has looked
        reaches: list[Any] = []
        if watched.place:
            reaches += self._changed_home("household_place", "household_id")
        if watched.members:
            reaches += self._changed_home("membership", "household_id")
        for dataset in watched.datasets:
            if dataset.subject is Subject.HOUSEHOLD:
                reaches += self._changed_home(dataset.name, "identity_id")
            else:
                reaches += self._changed_member(dataset)
        return sa.union(*reaches).cte(f"changed_{self._level.root}")

    def _changed_home(self, name: str, key: str) -> list[Any]:
        came, went = self._frame.table(name), self._frame.table(name)
        return [
            sa.select(table.c.cell, table.c[key].label("household_id")).where(is_new)
            for table, is_new in ((came, self._came(came)), (went, self._went(went)))
        ]

    def _changed_member(self, dataset: Dataset) -> list[Any]:
        came, went = self._frame.table(dataset.name), self._frame.table(dataset.name)
        reaches = []
        for table, is_new in ((came, self._came(came)), (went, self._went(went))):
            source, member = self._members_of(table)
            reaches.append(
                sa.select(member.c.cell, member.c.household_id).select_from(source).where(is_new)
            )
        return reaches

    def _came(self, table: Any) -> Any:
        """Whether a version became known between the two moments."""
        since, known = self._bound("since", _MOMENT), self._bound("known", _MOMENT)
        return sa.and_(table.c.known_from > since, table.c.known_from <= known)

    def _went(self, table: Any) -> Any:
        """Whether a version ceased to be held true between them."""
        since, known = self._bound("since", _MOMENT), self._bound("known", _MOMENT)
        to = table.c.known_to
        return sa.and_(to < _INFINITY, to > since, to <= known)
