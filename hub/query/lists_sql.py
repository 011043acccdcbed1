"""The part of a statement that finds one page of a list, and counts all of it.

A page is two reaches: those whose key is known, along the index of the order, and only where they
do not fill it, those whose key is unknown, by opaque id. A page begins behind a seat, never after a
number of rows. Names come from the declarations; everything else is a bound parameter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.query.lists import Choice, Clause, Comparison, Condition
from hub.query.model import Level, LevelKind
from hub.query.orders import Order
from hub.query.sql_parts import column_of, extra
from schema.catalogue import Dataset, Kind, Subject

_TEXTS: Final = pg.ARRAY(sa.Text)
_TYPES: Final[dict[Kind, Any]] = {
    Kind.TEXT: sa.Text,
    Kind.CODE: sa.Text,
    Kind.INTEGER: sa.Integer,
    Kind.DATE: sa.Date,
    Kind.MOMENT: sa.DateTime(timezone=True),
    Kind.FLAG: sa.Boolean,
}
_CLOSED: Final = "closed"


class Frame(Protocol):
    """What the whole statement lends to a part of it."""

    def table(self, name: str) -> Any:
        """Return a table under a name of its own."""

    def holds(self, level: Level, *tables: Any) -> Any:
        """Whether versions hold on the day asked, as known at the moment asked."""

    def place(self, level: Level, cell: Any, household_id: Any) -> tuple[Any, Any]:
        """Return the place of a household and the condition that the caller may see it."""

    def records(self, level: Level, source: Any, table: Any) -> tuple[Any, list[Any]]:
        """Return a source with data keys joined if they are needed, and the columns."""


class Listed(NamedTuple):
    """The pieces that a list adds to a statement."""

    page: "sa.Select[Any]"
    search: sa.CTE
    """The page and what tells that there is a next one."""
    counted: sa.CTE | None


class _Base(NamedTuple):
    """Everything that is chosen, before a page is taken of it."""

    source: Any
    columns: list[Any]
    conditions: list[Any]
    key: Any
    """The column of the order; None where the order has none."""
    tie: Any


def in_order(choice: Choice, cte: Any, tie: str) -> list[Any]:
    """Return the order of a list over what has its key and its opaque id."""
    if choice.order.source is None:
        return [cte.c[tie]]
    key = cte.c.key.desc() if choice.order.is_descending else cte.c.key.asc()
    return [key.nulls_last(), cte.c[tie]]


def tie_of(level: Level) -> str:
    """Return the column that breaks the ties of a list."""
    return "household_id" if level.kind is LevelKind.HOUSEHOLDS else "record_id"


def listing(frame: Frame, level: Level) -> Listed:
    """Return what finds the list of `level`, which has a choice."""
    assert level.choice is not None  # noqa: S101 - the caller has looked
    return _Listing(frame, level, level.choice).listed()


@dataclass(slots=True)
class _Listing:
    """The work on one list."""

    frame: Frame
    level: Level
    choice: Choice
    changed: sa.CTE | None = None
    """The households that changed; both reaches and the count read one."""

    def listed(self) -> Listed:
        order, n = self.choice.order, self.level.root
        known = self._page(self._base(self.choice.order), order)
        if order.has_rest:
            first_reach = known.cte(f"known_{n}")
            rest = self._rest(order, first_reach)
            search = sa.union_all(sa.select(first_reach), sa.select(rest.subquery()))
            found = search.cte(f"search_{n}")
        else:
            found = known.cte(f"search_{n}")
        page = (
            sa.select(found)
            .order_by(*in_order(self.choice, found, tie_of(self.level)))
            .limit(self._bound("first", sa.Integer))
        )
        return Listed(page, found, self._count() if self.level.counted else None)

    def _bound(self, name: str, kind: Any) -> Any:
        return sa.bindparam(f"r{self.level.root}_{name}", type_=kind)

    # Pages.

    def _page(self, base: _Base, order: Order) -> "sa.Select[Any]":
        """Return the rows behind the seat whose key is known, in order, and one more."""
        after_id = self._bound("after_id", pg.UUID)
        if base.key is None:
            return self._taken(base, [base.tie > after_id], [base.tie])
        after = self._bound("after_key", _TYPES[order.kind])
        if order.is_descending:
            # The first comparison is where an index begins, the second what lies behind the seat.
            behind = [base.key <= after, sa.or_(base.key < after, base.tie > after_id)]
            return self._taken(base, behind, [base.key.desc(), base.tie])
        behind = [base.key >= after, sa.or_(base.key > after, base.tie > after_id)]
        return self._taken(base, behind, [base.key.asc(), base.tie])

    def _rest(self, order: Order, known: sa.CTE) -> "sa.Select[Any]":
        """Return those whose key is unknown; not looked for where the known ones fill the page."""
        base = self._unknown(order)
        first = self._bound("first", sa.Integer)
        is_short = sa.select(sa.func.count()).select_from(known).scalar_subquery() <= first
        behind = [base.tie > self._bound("after_rest", pg.UUID), is_short]
        return self._taken(base, behind, [base.tie])

    def _taken(self, base: _Base, behind: Sequence[Any], order: Sequence[Any]) -> "sa.Select[Any]":
        return (
            sa.select(*base.columns)
            .select_from(base.source)
            .where(*base.conditions, *behind)
            .order_by(*order)
            .limit(self._bound("first", sa.Integer) + 1)
        )

    def _count(self) -> sa.CTE:
        base = self._base(None)
        counted = (
            sa.select(sa.func.count().label("count"))
            .select_from(base.source)
            .where(*base.conditions)
        )
        return counted.cte(f"count_{self.level.root}")

    # What is listed.

    def _base(self, order: Order | None) -> _Base:
        if self.level.kind is LevelKind.HOUSEHOLDS:
            return self._households(order)
        return self._alerts(order)

    def _unknown(self, order: Order) -> _Base:
        """Return what has no known key in `order`."""
        if self.level.kind is not LevelKind.HOUSEHOLDS:
            base = self._alerts(order)
            return base._replace(conditions=[*base.conditions, base.key.is_(None)])
        base = self._households(None)
        scored = self.frame.table("score")
        # Those of a household from its id; else the whole table is read for one page's end.
        has_key = sa.exists().where(
            scored.c.cell == base.source.left.c.cell,
            scored.c.identity_id == base.tie,
            self.frame.holds(self.level, scored),
            scored.c[order.column].is_not(None),
        )
        return base._replace(
            columns=[*base.columns[:-1], sa.cast(None, _TYPES[order.kind]).label("key")],
            conditions=[*base.conditions, ~has_key],
        )

    def _households(self, order: Order | None) -> _Base:
        frame, level = self.frame, self.level
        household = frame.table("household")
        place, is_seen = frame.place(level, household.c.cell, household.c.household_id)
        source = household.join(place, is_seen)
        conditions = [*self._in_regions(place), *self._clauses(household)]
        key: Any = None
        if order is not None and order.source == "household_place":
            key = place.c.region
        elif order is not None and order.source is not None:
            scored = frame.table(order.source)
            is_its = sa.and_(
                scored.c.cell == household.c.cell, scored.c.identity_id == household.c.household_id
            )
            source = source.join(scored, is_its)
            conditions += [frame.holds(level, scored), scored.c[order.column].is_not(None)]
            key = scored.c[order.column]
        columns = [household.c.cell, household.c.household_id, household.c.log_alias]
        columns += [place.c.region] if "region" in level.columns else []
        shown = sa.cast(None, sa.Integer) if key is None else key
        tie = household.c.household_id
        return _Base(source, [*columns, shown.label("key")], conditions, key, tie)

    def _in_regions(self, place: Any) -> list[Any]:
        if not self.choice.in_regions:
            return []
        return [place.c.region.like(sa.any_(self._bound("below", _TEXTS)))]

    def _alerts(self, order: Order | None) -> _Base:
        frame, level = self.frame, self.level
        alert, household = frame.table("alert"), frame.table("household")
        place, is_seen = frame.place(level, alert.c.cell, alert.c.identity_id)
        is_same_home = sa.and_(
            household.c.cell == alert.c.cell, household.c.household_id == alert.c.identity_id
        )
        source, columns = frame.records(level, alert.join(place, is_seen), alert)
        columns = [*columns, *extra(alert, columns, "record_id", "total"), household.c.log_alias]
        key: Any = None
        if order is not None:
            key = alert.c[order.column]
            columns.append(key.label("key"))
        conditions = [
            frame.holds(level, alert),
            alert.c.status != _CLOSED,
            *self._plain(alert, place),
            *(self._condition(alert, one) for one in self.choice.own),
        ]
        return _Base(
            source.join(household, is_same_home), columns, conditions, key, alert.c.record_id
        )

    def _plain(self, alert: Any, place: Any) -> list[Any]:
        """Return the conditions that are arguments of their own; null means nothing."""
        bands, statuses = self._bound("bands", _TEXTS), self._bound("statuses", _TEXTS)
        assignee = self._bound("assignee", sa.Text)
        return [
            sa.or_(bands.is_(None), alert.c.band == sa.any_(bands)),
            sa.or_(statuses.is_(None), alert.c.status == sa.any_(statuses)),
            sa.or_(assignee.is_(None), alert.c.assignee == assignee),
            place.c.region.like(self._bound("region", sa.Text)),
        ]

    # What must be true of a household.

    def _clauses(self, household: Any) -> list[Any]:
        found = [self._clause(household, clause) for clause in self.choice.clauses]
        if self.choice.watched is not None:
            changed = self.changed = self.changed if self.changed is not None else self._changed()
            found.append(
                sa.exists().where(
                    changed.c.cell == household.c.cell,
                    changed.c.household_id == household.c.household_id,
                )
            )
        return found

    def _clause(self, household: Any, clause: Clause) -> Any:
        frame, level = self.frame, self.level
        table = frame.table(clause.dataset.name)
        stated = [self._condition(table, one) for one in clause.conditions]
        if clause.dataset.subject is Subject.HOUSEHOLD:
            is_its = sa.and_(
                table.c.cell == household.c.cell, table.c.identity_id == household.c.household_id
            )
            held = sa.exists().where(is_its, frame.holds(level, table), *stated)
        else:
            source, member = self._of_members(table)
            held = (
                sa.select(sa.literal(1))
                .select_from(source)
                .where(
                    member.c.cell == household.c.cell,
                    member.c.household_id == household.c.household_id,
                    *stated,
                )
                .exists()
            )
        return held if clause.exists else ~held

    def _of_members(self, table: Any) -> tuple[Any, Any]:
        """Return a dataset's records that hold, joined to the members whose they are."""
        frame, level = self.frame, self.level
        member, link = frame.table("membership"), frame.table("link")
        is_linked = sa.and_(
            link.c.cell == member.c.cell,
            link.c.person_id == member.c.person_id,
            frame.holds(level, link, member),
        )
        is_its = sa.and_(
            table.c.cell == link.c.cell,
            table.c.identity_id == link.c.identity_id,
            frame.holds(level, table),
        )
        return member.join(link, is_linked).join(table, is_its), member

    def _condition(self, table: Any, one: Condition) -> Any:
        as_of = self._bound("as_of", sa.Date)
        column = column_of(table, one.column, as_of)
        if isinstance(column, sa.Label):
            column = column.element
        if one.test is Comparison.ANY:
            return column == sa.any_(self._bound(one.parameter, _TEXTS))
        value = self._bound(one.parameter, _TYPES[one.kind])
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

    def _changed(self) -> sa.CTE:
        """Return the households of which something that may be read changed since the moment."""
        watched = self.choice.watched
        assert watched is not None  # noqa: S101 - the caller has looked
        reaches: list[Any] = []
        if watched.place:
            reaches.append(self._changed_home("household_place", "household_id"))
        if watched.members:
            reaches.append(self._changed_home("membership", "household_id"))
        for dataset in watched.datasets:
            if dataset.subject is Subject.HOUSEHOLD:
                reaches.append(self._changed_home(dataset.name, "identity_id"))
            else:
                reaches.append(self._changed_member(dataset))
        return sa.union(*reaches).cte(f"changed_{self.level.root}")

    def _changed_home(self, name: str, key: str) -> "sa.Select[Any]":
        table = self.frame.table(name)
        return sa.select(table.c.cell, table.c[key].label("household_id")).where(
            self._is_new(table)
        )

    def _changed_member(self, dataset: Dataset) -> "sa.Select[Any]":
        frame, level = self.frame, self.level
        table = frame.table(dataset.name)
        link, member = frame.table("link"), frame.table("membership")
        is_linked = sa.and_(
            link.c.cell == table.c.cell,
            link.c.identity_id == table.c.identity_id,
            frame.holds(level, link),
        )
        is_member = sa.and_(
            member.c.cell == link.c.cell,
            member.c.person_id == link.c.person_id,
            frame.holds(level, member),
        )
        return (
            sa.select(member.c.cell, member.c.household_id)
            .select_from(table.join(link, is_linked).join(member, is_member))
            .where(self._is_new(table))
        )

    def _is_new(self, table: Any) -> Any:
        """Whether a version became known, or ceased to be, between the two moments."""
        since = self._bound("since", sa.DateTime(timezone=True))
        known = self._bound("known", sa.DateTime(timezone=True))
        return sa.or_(
            sa.and_(table.c.known_from > since, table.c.known_from <= known),
            sa.and_(table.c.known_to > since, table.c.known_to <= known),
        )
