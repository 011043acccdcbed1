"""The part of a statement that finds one page of a list, and counts all of it.

A list is read in one of three ways, and which one is bound, not planned: along the index of its
order, row by row until the page is full (`_ordered`); from the places of a few streets
(`_in_streets`); from what changed since a moment (`_of_changed`). Without this the database, which
can estimate neither intervals nor how many rows are wanted, reads and sorts everybody for a page.

A page is two reaches: those whose key is known, and only where they do not fill it, those whose key
is unknown, by opaque id. It begins behind a seat, never after a number of rows. Names come from the
declarations; everything else is a bound parameter.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from typing_extensions import override

from hub.query.lists import Choice
from hub.query.lists_where import TYPES, Tables, Wheres
from hub.query.model import Level, LevelKind
from hub.query.sql_parts import extra
from hub.query.ways import PLACE_REGION
from schema.graph import MAX_PAGE

_TEXTS: Final = pg.ARRAY(sa.Text)
_CLOSED: Final = "closed"
_MOST: Final[sa.ColumnElement[int]] = sa.literal_column(str(MAX_PAGE + 1))
"""The most that a page can want; a number that the planner can see."""


class Frame(Tables, Protocol):
    """What the whole statement lends to a part of it."""

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
    kind = _Households if level.kind is LevelKind.HOUSEHOLDS else _Alerts
    return kind(frame, level, level.choice).listed()


class _Rows(NamedTuple):
    """What is gone through: where its rows come from and what each must be."""

    source: Any
    conditions: list[Any]
    cell: Any
    home: Any
    """The household of a row."""
    tie: Any
    key: Any


class _Listing(ABC):
    """The work on one list; the two kinds say what their rows are."""

    def __init__(self, frame: Frame, level: Level, choice: Choice) -> None:
        self.frame = frame
        self.level = level
        self.choice = choice
        self.order = choice.order
        self.where = Wheres(frame, level, choice)

    def listed(self) -> Listed:
        n, first = self.level.root, self._bound("first", sa.Integer)
        if self.choice.watched is not None:
            known = self._whole(self._free(), with_key=True)
            reach: Any = self._taken(known, self._behind(known), self._along(known))
        else:
            reach = sa.union_all(
                sa.select(self._ordered().subquery()), sa.select(self._in_streets().subquery())
            )
        found = reach.cte(f"known_{n}" if self.order.has_rest else f"search_{n}")
        if self.order.has_rest:
            rest = self._rest(found).subquery()
            both = sa.union_all(sa.select(found), sa.select(rest))
            found = both.cte(f"search_{n}")
        page = (
            sa.select(found)
            .order_by(*in_order(self.choice, found, tie_of(self.level)))
            .limit(first)
        )
        return Listed(page, found, self._count() if self.level.counted else None)

    def _bound(self, name: str, kind: Any) -> Any:
        return sa.bindparam(f"r{self.level.root}_{name}", type_=kind)

    # What the two kinds say.

    @abstractmethod
    def _driver(self) -> _Rows:
        """Return the table that has the order's key, its rows probed one by one."""

    @abstractmethod
    def _whole(self, area: Any, *, with_key: bool) -> "_Whole":
        """Return everything that is listed of the places that `area` leads to."""

    @abstractmethod
    def _shown(self, found: Any) -> "sa.Select[Any]":
        """Return the columns of the few rows that were found."""

    @abstractmethod
    def _without_key(self, area: Any) -> "_Whole":
        """Return what has no known key."""

    # Ways to read it.

    def _ordered(self) -> "sa.Select[Any]":
        """Go along the order's index and look at each row, until the page is full."""
        rows = self._driver()
        narrow = self._bound("narrow", sa.Boolean)
        along = self._along(rows)
        cut = (
            sa.select(rows.cell.label("cell"), rows.tie.label("tie"), rows.key.label("key"))
            .add_columns(*self._driven(rows))
            .select_from(rows.source)
            .where(~narrow, *rows.conditions, *self._behind(rows), *self._probed(rows))
            .order_by(*along)
            .limit(_MOST)
            .subquery()
        )
        few = sa.select(cut).limit(self._bound("first", sa.Integer) + 1).subquery()
        return self._shown(few)

    def _driven(self, rows: _Rows) -> list[Any]:
        return [rows.home.label("home")]

    def _probed(self, rows: _Rows) -> list[Any]:
        """Whether the caller may see the row, it lies in the regions, and all is true of it."""
        place, is_seen = self.frame.place(self.level, rows.cell, rows.home)
        seen = sa.select(sa.literal(1)).select_from(place).where(is_seen, *self.where.below(place))
        return [self.where.probed(seen), *self._clauses(rows.cell, rows.home)]

    def _clauses(self, cell: Any, home: Any) -> list[Any]:
        """Whether the records exist that were asked for; those of the order's key are seen to."""
        return self.where.clauses(cell, home, but=self.order.source)

    def _in_streets(self) -> "sa.Select[Any]":
        """Go through the households of a few streets, and put them in order."""
        whole = self._whole(self._area(), with_key=True)
        narrow = self._bound("narrow", sa.Boolean)
        return self._taken(whole, [narrow, *self._behind(whole)], self._along(whole))

    def _rest(self, known: sa.CTE) -> "sa.Select[Any]":
        """Return those whose key is unknown; not looked for where the known ones fill the page."""
        area = self._free() if self.choice.watched is not None else self._area()
        whole = self._without_key(area)
        first = self._bound("first", sa.Integer)
        is_short = sa.select(sa.func.count()).select_from(known).scalar_subquery() <= first
        behind = [whole.tie > self._bound("after_rest", pg.UUID), is_short]
        return self._taken(whole, behind, [whole.tie])

    def _count(self) -> sa.CTE:
        area = self._free() if self.choice.watched is not None else self._area()
        whole = self._whole(area, with_key=False)
        counted = (
            sa.select(sa.func.count().label("count"))
            .select_from(whole.source)
            .where(*whole.conditions)
        )
        return counted.cte(f"count_{self.level.root}")

    def _area(self) -> Any:
        """Return the ranges of regions below which anything can be listed."""
        low, high = self._bound("low", _TEXTS), self._bound("high", _TEXTS)
        return sa.func.unnest(low, high).table_valued("low", "high").render_derived()

    def _free(self) -> Any:
        return self.where.changed()

    # Pages.

    def _behind(self, rows: Any) -> list[Any]:
        """Whether a row lies behind the seat; the first comparison is where an index begins."""
        after_id = self._bound("after_id", pg.UUID)
        if self.order.source is None:
            return [rows.tie > after_id]
        after = self._bound("after_key", TYPES[self.order.kind])
        if self.order.is_descending:
            return [rows.key <= after, sa.or_(rows.key < after, rows.tie > after_id)]
        return [rows.key >= after, sa.or_(rows.key > after, rows.tie > after_id)]

    def _along(self, rows: Any) -> list[Any]:
        if self.order.source is None:
            return [rows.tie]
        return [rows.key.desc() if self.order.is_descending else rows.key.asc(), rows.tie]

    def _taken(
        self, whole: "_Whole", behind: Sequence[Any], order: Sequence[Any]
    ) -> "sa.Select[Any]":
        return (
            sa.select(*whole.columns)
            .select_from(whole.source)
            .where(*whole.conditions, *behind)
            .order_by(*order)
            .limit(self._bound("first", sa.Integer) + 1)
        )


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everything that is listed, with its columns, before a page is taken of it."""

    source: Any
    columns: list[Any]
    conditions: list[Any]
    key: Any
    tie: Any


class _Households(_Listing):
    """A list of households."""

    @override
    def _driver(self) -> _Rows:
        order, frame, level = self.order, self.frame, self.level
        if order.source is None:
            table = frame.table("household")
            tie = table.c.household_id
            return _Rows(table, [], table.c.cell, tie, tie, sa.cast(None, sa.Integer))
        table = frame.table(order.source)
        home = table.c.household_id if order.source == "household_place" else table.c.identity_id
        held = self.where.weighed(frame.holds(level, table))
        key = table.c[order.column]
        own = self.where.of_key(table, order.source, order.column)
        return _Rows(table, [held, key.is_not(None), *own], table.c.cell, home, home, key)

    @override
    def _shown(self, found: Any) -> "sa.Select[Any]":
        household = self.frame.table("household")
        place, is_seen = self.frame.place(self.level, found.c.cell, found.c.home)
        is_it = sa.and_(household.c.cell == found.c.cell, household.c.household_id == found.c.home)
        columns = self._columns(household, place, found.c.key)
        return sa.select(*columns).select_from(found.join(household, is_it).join(place, is_seen))

    def _columns(self, household: Any, place: Any, key: Any) -> list[Any]:
        own = [household.c.cell, household.c.household_id, household.c.log_alias]
        own += [place.c.region] if "region" in self.level.columns else []
        return [*own, key.label("key")]

    @override
    def _whole(self, area: Any, *, with_key: bool) -> _Whole:
        order, frame, level = self.order, self.frame, self.level
        household = frame.table("household")
        place, is_seen = frame.place(level, household.c.cell, household.c.household_id)
        is_its = sa.and_(
            place.c.cell == household.c.cell, place.c.household_id == household.c.household_id
        )
        source = area.join(place, self.where.leads_to(area, place)).join(household, is_its)
        own = (household.c.cell, household.c.household_id)
        conditions = [is_seen, *self.where.below(place)]
        key: Any = sa.cast(None, sa.Integer)
        if with_key and order.source == "household_place":
            key = place.c.region
        elif with_key and order.source is not None:
            scored = frame.table(order.source)
            key = scored.c[order.column]
            source = source.join(
                scored,
                sa.and_(
                    scored.c.cell == household.c.cell,
                    scored.c.identity_id == household.c.household_id,
                ),
            )
            conditions += [frame.holds(level, scored), key.is_not(None)]
            conditions += self.where.of_key(scored, order.source, order.column)
            conditions += self._clauses(*own)
        if not with_key or order.source in (None, "household_place"):
            conditions += self.where.clauses(*own)
        columns = self._columns(household, place, key)
        return _Whole(source, columns, conditions, key, household.c.household_id)

    @override
    def _without_key(self, area: Any) -> _Whole:
        whole, order = self._whole(area, with_key=False), self.order
        scored = self.frame.table("score")
        cell, home = whole.columns[0], whole.tie
        has_key = sa.exists(sa.literal(1)).where(
            scored.c.cell == cell,
            scored.c.identity_id == home,
            self.frame.holds(self.level, scored),
            scored.c[order.column].is_not(None),
        )
        columns = [*whole.columns[:-1], sa.cast(None, TYPES[order.kind]).label("key")]
        return _Whole(whole.source, columns, [*whole.conditions, ~has_key], None, home)


class _Alerts(_Listing):
    """A list of open alerts."""

    @override
    def _driver(self) -> _Rows:
        alert = self.frame.table("alert")
        key = alert.c[self.order.column]
        conditions = [
            self.where.weighed(self.frame.holds(self.level, alert)),
            self.where.weighed(sa.and_(*self._open(alert))),
            *self.where.in_sight(alert, self.choice.own, self.order.column),
            key.is_not(None),
        ]
        home = alert.c.identity_id
        return _Rows(alert, conditions, alert.c.cell, home, alert.c.record_id, key)

    @override
    def _driven(self, rows: _Rows) -> list[Any]:
        return [rows.home.label("home"), rows.source.c.version_id]

    @override
    def _shown(self, found: Any) -> "sa.Select[Any]":
        alert = self.frame.table("alert")
        is_it = sa.and_(
            alert.c.cell == found.c.cell,
            alert.c.identity_id == found.c.home,
            alert.c.version_id == found.c.version_id,
        )
        source, columns = self._of_home(found.join(alert, is_it), alert)
        return sa.select(*columns, found.c.key.label("key")).select_from(source)

    def _of_home(self, source: Any, alert: Any, place: Any = None) -> tuple[Any, list[Any]]:
        """Return the columns of alerts and of their households, which are their own rows."""
        household = self.frame.table("household")
        is_home = sa.and_(
            household.c.cell == alert.c.cell, household.c.household_id == alert.c.identity_id
        )
        source, columns = self.frame.records(self.level, source.join(household, is_home), alert)
        more = extra(alert, columns, "record_id", "total")
        columns = [*columns, *more, household.c.household_id, household.c.log_alias]
        if PLACE_REGION in self.level.columns:
            if place is None:
                place, is_seen = self.frame.place(self.level, alert.c.cell, alert.c.identity_id)
                source = source.join(place, is_seen)
            columns.append(place.c.region.label(PLACE_REGION))
        return source, columns

    def _open(self, alert: Any) -> list[Any]:
        """Return the conditions of the alert itself; of the plain arguments null means nothing."""
        bands, statuses = self._bound("bands", _TEXTS), self._bound("statuses", _TEXTS)
        assignee = self._bound("assignee", sa.Text)
        return [
            alert.c.status != _CLOSED,
            sa.or_(bands.is_(None), alert.c.band == sa.any_(bands)),
            sa.or_(statuses.is_(None), alert.c.status == sa.any_(statuses)),
            sa.or_(assignee.is_(None), alert.c.assignee == assignee),
        ]

    @override
    def _whole(self, area: Any, *, with_key: bool) -> _Whole:
        alert = self.frame.table("alert")
        place, is_seen = self.frame.place(self.level, alert.c.cell, alert.c.identity_id)
        is_its = sa.and_(alert.c.cell == place.c.cell, alert.c.identity_id == place.c.household_id)
        start = area.join(place, self.where.leads_to(area, place)).join(alert, is_its)
        source, columns = self._of_home(start, alert, place)
        key = alert.c[self.order.column]
        conditions = [
            is_seen,
            *self.where.below(place),
            self.frame.holds(self.level, alert),
            *self._open(alert),
            *(self.where.condition(alert, one) for one in self.choice.own),
        ]
        conditions += [key.is_not(None)] if with_key else []
        columns = [*columns, key.label("key")]
        return _Whole(source, columns, conditions, key, alert.c.record_id)

    @override
    def _without_key(self, area: Any) -> _Whole:
        whole = self._whole(area, with_key=False)
        conditions = [*whole.conditions, whole.key.is_(None)]
        return _Whole(whole.source, whole.columns, conditions, whole.key, whole.tie)
