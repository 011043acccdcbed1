"""One statement for a whole plan: a common table a level, an array a column, one row back.

Names of tables and columns come from the declarations; everything else is a bound parameter.
The same statement reads the policy's digest and the newest known time, so that both are of the
snapshot that the rows are of. A column that no granted field needs is not in the statement.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from hub.query.lists_sql import in_order, listing, tie_of
from hub.query.model import Level, LevelKind, Plan
from hub.query.sql_parts import (
    KEY_COLUMNS,
    LINK_COLUMNS,
    LOOKUPS,
    Linked,
    Part,
    Place,
    Statement,
    among,
    column_of,
    crossed,
    dataset_of,
    extra,
    level_columns,
    links_of,
    order_of,
    packed,
    renamed_of,
    shows_one,
    total_of,
    worst_first,
)
from hub.query.ways import PLACE_REGION
from hub.store.tables import all_tables
from schema.catalogue import Catalogue

_TEXTS: Final = pg.ARRAY(sa.Text)
_MOMENT: Final = sa.DateTime(timezone=True)
_ALERT_CLOSED: Final = "closed"

_PROBED: Final[sa.ColumnElement[int]] = sa.literal_column("0")
"""OFFSET of a condition that is to be probed for each row. Without it the planner, which cannot
estimate intervals, may turn it into a join that begins with everybody in the regions."""


class Composer:
    """Writes statements over the tables of one catalogue; lives as long as the application."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Declare the tables once."""
        self._tables = all_tables(catalogue).tables
        self._dialect = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own

    def compose(self, plan: Plan) -> Statement:
        """Return the statement that fetches everything `plan` touches."""
        return _Composing(self._tables, plan).statement(self._dialect)


class _Composing:
    """The work on one statement."""

    def __init__(self, tables: Any, plan: Plan) -> None:
        self._t = tables
        self._plan = plan
        self._ctes: dict[int, sa.CTE] = {}
        self._searches: dict[int, sa.CTE] = {}
        self._counts: dict[int, sa.CTE] = {}
        self._links: dict[int, sa.CTE] = {}

    def statement(self, for_dialect: Any) -> Statement:
        known, policy = self._t["known_time"], self._t["policy_revision"]
        columns: list[Any] = [
            sa.select(policy.c.digest).scalar_subquery().label("policy"),
            sa.select(known.c.at).scalar_subquery().label("known"),
        ]
        places: list[Place] = []
        froms: list[Any] = []
        for part, source, names, cte, order in self._parts():
            arrays = packed(cte, names, order, f"{cte.name}_arrays")
            froms.append(arrays)
            for name in names:
                columns.append(arrays.c[name])
                places.append(Place(source, name, part))
        selected = sa.select(*columns)
        if froms:
            selected = selected.select_from(crossed(froms))
        compiled = selected.compile(dialect=for_dialect)
        names = tuple(compiled.positiontup or ())
        fixed = {name: v for name, v in compiled.params.items() if v is not None}
        levels = self._plan.levels
        return Statement(
            str(compiled),
            names,
            tuple(places),
            fixed,
            tuple(
                Linked(level.index, level.parent)
                for level in levels
                if level.kind is LevelKind.RECORDS_OF_PERSON and level.parent is not None
            ),
            renamed_of(self._plan),
            tuple(level.index for level in levels if shows_one(level)),
        )

    def _parts(self) -> Iterator[tuple[Part, int, tuple[str, ...], sa.CTE, Sequence[Any]]]:
        for level in self._plan.levels:
            n = level.index
            cte = self._ctes[n] = self._level(level).cte(f"level_{n}")
            order = order_of(level, cte)
            if level.choice is not None:
                order = in_order(level.choice, cte, tie_of(level))
            yield Part.LEVEL, n, level_columns(level), cte, order
            if level.parent is None:
                kind = next(r.kind for r in self._plan.roots if r.index == level.root)
                yield Part.SEARCH, level.root, LOOKUPS[kind], self._searches[level.root], ()
            if level.counted:
                yield Part.SEARCH, level.root, ("count",), self._counts[level.root], ()
            departments, has_keys = links_of(self._plan, level)
            if departments:
                links = self._identities(level, cte, departments, has_keys=has_keys)
                self._links[n] = links
                columns = (*LINK_COLUMNS, *(KEY_COLUMNS if has_keys else ()))
                yield Part.LINKS, n, columns, links, ()

    def _level(self, level: Level) -> "sa.Select[Any]":
        if level.choice is not None:
            page, self._searches[level.root], count = listing(self, level)
            if count is not None:
                self._counts[level.root] = count
            return page
        ways = {
            LevelKind.PEOPLE: self._people,
            LevelKind.HOUSEHOLD: self._household,
            LevelKind.WARNINGS: self._warnings,
            LevelKind.CREDIT_RECORD: self._credit_record,
            LevelKind.PEOPLE_BY_ID: self._people_by_id,
            LevelKind.HOUSEHOLDS_BY_ID: self._households_by_id,
            LevelKind.MEMBERS: self._members,
            LevelKind.HOUSEHOLD_OF_PERSON: self._household_of_person,
            LevelKind.HOUSEHOLD_OF_RECORD: self._household_of_record,
            LevelKind.RECORDS_OF_PERSON: self._records_of_person,
            LevelKind.RECORDS_OF_HOUSEHOLD: self._records_of_household,
        }
        return ways[level.kind](level)

    # What holds, and what may be seen.

    def table(self, name: str) -> Any:
        """Return a table under a name of its own."""
        return self._t[name].alias()

    def holds(self, level: Level, *tables: Any) -> Any:
        """Whether versions hold on the day asked, as the hub knew it at the moment asked."""
        as_of = sa.bindparam(f"r{level.root}_as_of", type_=sa.Date)
        known = sa.bindparam(f"r{level.root}_known", type_=_MOMENT)
        return sa.and_(
            *(
                sa.and_(
                    t.c.valid_from <= as_of,
                    t.c.valid_to > as_of,
                    t.c.known_from <= known,
                    t.c.known_to > known,
                )
                for t in tables
            )
        )

    def place(self, level: Level, cell: Any, household_id: Any) -> tuple[Any, Any]:
        """Return the place of a household and the condition that the caller may see it."""
        place = self._t["household_place"].alias()
        regions = sa.bindparam("regions", type_=_TEXTS)
        return place, sa.and_(
            place.c.cell == cell,
            place.c.household_id == household_id,
            place.c.region.like(sa.any_(regions)),
            self.holds(level, place),
        )

    # Roots.

    def _people(self, level: Level) -> "sa.Select[Any]":
        tag = self._t["person_tag"]
        tags = sa.bindparam(f"r{level.root}_tags", type_=pg.ARRAY(sa.LargeBinary))
        search = self._searches[level.root] = (
            sa.select(tag.c.tag, tag.c.cell, tag.c.person_id)
            .where(tag.c.tag == sa.any_(tags))
            .cte(f"search_{level.root}")
        )
        return self._people_found(level, search)

    def _people_by_id(self, level: Level) -> "sa.Select[Any]":
        return self._people_found(level, self._search_by_id(level, "person", "person_id"))

    def _people_found(self, level: Level, search: sa.CTE) -> "sa.Select[Any]":
        person = self._t["person"]
        return sa.select(person.c.cell, person.c.person_id, person.c.log_alias).where(
            among(person.c.cell, search.c.cell),
            among(person.c.person_id, search.c.person_id),
            self._is_seen(level, person),
        )

    def _search_by_id(self, level: Level, table: str, column: str) -> sa.CTE:
        """Return what exists of the ids that `node` or `_entities` asks for."""
        source = self._t[table]
        wanted = sa.bindparam(f"r{level.root}_ids", type_=pg.ARRAY(pg.UUID))
        search = self._searches[level.root] = (
            sa.select(source.c.cell, source.c[column])
            .where(source.c[column] == sa.any_(wanted))
            .cte(f"search_{level.root}")
        )
        return search

    def _households_by_id(self, level: Level) -> "sa.Select[Any]":
        search = self._search_by_id(level, "household", "household_id")
        return self._households(level, search.c.cell, search.c.household_id)

    def _is_seen(self, level: Level, person: Any) -> Any:
        """Whether a person lives in a household that the caller may see."""
        membership = self._t["membership"].alias()
        place, is_seen = self.place(level, membership.c.cell, membership.c.household_id)
        seen = (
            sa.select(sa.literal(1))
            .select_from(membership.join(place, is_seen))
            .where(
                membership.c.cell == person.c.cell,
                membership.c.person_id == person.c.person_id,
                self.holds(level, membership),
            )
            .offset(_PROBED)
        )
        return seen.exists()

    def _credit_record(self, level: Level) -> "sa.Select[Any]":
        """Find a commitment by what its code makes of its ids; its row stands for its person."""
        table, person = self._dataset(level), self._t["person"].alias()
        link = self._t["link"].alias()
        n = level.root
        is_it = sa.and_(
            table.c.cell == sa.bindparam(f"r{n}_cell", type_=sa.Text),
            table.c.record_id == sa.bindparam(f"r{n}_record", type_=pg.UUID),
            self.holds(level, table),
        )
        self._searches[n] = sa.select(table.c.record_id).where(is_it).distinct().cte(f"search_{n}")
        is_linked = sa.and_(
            link.c.cell == table.c.cell,
            link.c.identity_id == table.c.identity_id,
            self.holds(level, link),
        )
        is_theirs = sa.and_(person.c.cell == link.c.cell, person.c.person_id == link.c.person_id)
        source, columns = self.records(level, table, table)
        return (
            sa.select(*columns, *extra(table, columns, "record_id"), person.c.log_alias)
            .select_from(source.join(link, is_linked).join(person, is_theirs))
            .where(is_it, self._is_seen(level, person))
        )

    def _household(self, level: Level) -> "sa.Select[Any]":
        household = self._t["household"]
        wanted = sa.bindparam(f"r{level.root}_id", type_=pg.UUID)
        search = self._searches[level.root] = (
            sa.select(household.c.cell, household.c.household_id)
            .where(household.c.household_id == wanted)
            .cte(f"search_{level.root}")
        )
        return self._households(level, search.c.cell, search.c.household_id)

    def _households(self, level: Level, cells: Any, ids: Any) -> "sa.Select[Any]":
        household = self._t["household"].alias()
        place, is_seen = self.place(level, household.c.cell, household.c.household_id)
        return (
            sa.select(
                household.c.cell,
                household.c.household_id,
                household.c.household_id.label("parent"),
                household.c.log_alias,
                *self._region(level, place),
            )
            .select_from(household.join(place, is_seen))
            .where(among(household.c.cell, cells), among(household.c.household_id, ids))
        )

    @staticmethod
    def _region(level: Level, place: Any) -> list[Any]:
        return [place.c.region] if "region" in level.columns else []

    def _warnings(self, level: Level) -> "sa.Select[Any]":
        alert, household = self._t["alert"], self._t["household"].alias()
        n = level.root
        place, is_seen = self.place(level, alert.c.cell, alert.c.identity_id)
        bands = sa.bindparam(f"r{n}_bands", type_=_TEXTS)
        statuses = sa.bindparam(f"r{n}_statuses", type_=_TEXTS)
        assignee = sa.bindparam(f"r{n}_assignee", type_=sa.Text)
        after = sa.bindparam(f"r{n}_after_total", type_=sa.Integer)
        after_id = sa.bindparam(f"r{n}_after_id", type_=pg.UUID)
        first = sa.bindparam(f"r{n}_first", type_=sa.Integer)
        score = total_of(alert)
        source, columns = self.records(level, alert.join(place, is_seen), alert)
        page = (
            sa.select(
                *columns,
                *extra(alert, columns, "record_id", "total"),
                place.c.region.label(PLACE_REGION),
            )
            .select_from(source)
            .where(
                place.c.warned,
                place.c.region.op("~>=~")(sa.bindparam(f"r{n}_region_from", type_=sa.Text)),
                place.c.region.op("~<~")(sa.bindparam(f"r{n}_region_to", type_=sa.Text)),
                self.holds(level, alert),
                alert.c.status != _ALERT_CLOSED,
                sa.or_(bands.is_(None), alert.c.band == sa.any_(bands)),
                sa.or_(statuses.is_(None), alert.c.status == sa.any_(statuses)),
                sa.or_(assignee.is_(None), alert.c.assignee == assignee),
                sa.or_(
                    after.is_(None),
                    score < after,
                    sa.and_(score == after, alert.c.record_id > after_id),
                ),
            )
            .order_by(*worst_first(alert))
            .limit(first + 1)
        )
        search = self._searches[n] = page.cte(f"search_{n}")
        shown = sa.select(search).order_by(*worst_first(search)).limit(first).subquery()
        is_same_home = sa.and_(
            household.c.cell == shown.c.cell, household.c.household_id == shown.c.identity_id
        )
        return sa.select(
            shown, shown.c.identity_id.label("household_id"), household.c.log_alias
        ).select_from(shown.join(household, is_same_home))

    # Ways.

    def _members(self, level: Level) -> "sa.Select[Any]":
        above = self._above(level)
        membership, person = self._t["membership"].alias(), self._t["person"].alias()
        is_same = sa.and_(
            person.c.cell == membership.c.cell, person.c.person_id == membership.c.person_id
        )
        wanted = [membership.c.relation] if "relation" in level.columns else []
        return (
            sa.select(
                membership.c.household_id.label("parent"),
                person.c.cell,
                person.c.person_id,
                person.c.log_alias,
                *wanted,
            )
            .select_from(membership.join(person, is_same))
            .where(
                among(membership.c.cell, above.c.cell),
                among(membership.c.household_id, above.c.household_id),
                self.holds(level, membership),
            )
        )

    def _household_of_person(self, level: Level) -> "sa.Select[Any]":
        above = self._above(level)
        membership, household = self._t["membership"].alias(), self._t["household"].alias()
        place, is_seen = self.place(level, membership.c.cell, membership.c.household_id)
        is_same = sa.and_(
            household.c.cell == membership.c.cell,
            household.c.household_id == membership.c.household_id,
        )
        return (
            sa.select(
                membership.c.person_id.label("parent"),
                household.c.cell,
                household.c.household_id,
                household.c.log_alias,
                *self._region(level, place),
            )
            .select_from(membership.join(household, is_same).join(place, is_seen))
            .where(
                among(membership.c.cell, above.c.cell),
                among(membership.c.person_id, above.c.person_id),
                self.holds(level, membership),
            )
            .ext(pg.distinct_on(membership.c.person_id))
            .order_by(
                membership.c.person_id,
                membership.c.valid_from.desc(),
                membership.c.known_from.desc(),
                membership.c.version_id,
            )
        )

    def _household_of_record(self, level: Level) -> "sa.Select[Any]":
        above = self._above(level)
        return self._households(level, above.c.cell, above.c.identity_id)

    def _identities(
        self, level: Level, people: sa.CTE, departments: Sequence[str], *, has_keys: bool
    ) -> sa.CTE:
        """Return the identities that departments have of a level's people, with their keys."""
        link, key = self._t["link"].alias(), self._t["data_key"].alias()
        columns = [link.c.cell, link.c.department, *(link.c[name] for name in LINK_COLUMNS)]
        source: Any = link
        if has_keys:
            is_its = sa.and_(
                key.c.cell == link.c.cell,
                key.c.identity_id == link.c.identity_id,
                key.c.department == link.c.department,
            )
            source = link.outerjoin(key, is_its)
            columns += [key.c[name] for name in KEY_COLUMNS]
        asked = sa.bindparam(f"d{level.index}", list(departments), type_=_TEXTS)
        chosen = sa.select(*columns).select_from(source)
        return chosen.where(
            among(link.c.cell, people.c.cell),
            among(link.c.person_id, people.c.person_id),
            link.c.department == sa.any_(asked),
            self.holds(level, link),
        ).cte(f"links_{level.index}")

    def _records_of_person(self, level: Level) -> "sa.Select[Any]":
        links, table = self._links[self._above_index(level)], self._dataset(level)
        theirs = sa.select(links.c.identity_id)
        if len(links_of(self._plan, self._plan.levels[self._above_index(level)])[0]) > 1:
            theirs = theirs.where(links.c.department == dataset_of(level).department)
        return sa.select(*self._columns(level, table)).where(
            among(table.c.cell, links.c.cell),
            table.c.identity_id == sa.any_(sa.func.array(theirs.scalar_subquery())),
            self.holds(level, table),
        )

    def _records_of_household(self, level: Level) -> "sa.Select[Any]":
        above, table = self._above(level), self._dataset(level)
        source, columns = self.records(level, table, table)
        chosen = (
            sa.select(*columns)
            .select_from(source)
            .where(
                among(table.c.cell, above.c.cell),
                among(table.c.identity_id, above.c.household_id),
                self.holds(level, table),
            )
        )
        if not any(below.parent == level.index for below in self._plan.levels):
            return chosen
        return self._newest(level, chosen, table.c.identity_id, table)

    # Records.

    @staticmethod
    def _above_index(level: Level) -> int:
        assert level.parent is not None  # noqa: S101 - only roots have none
        return level.parent

    def _above(self, level: Level) -> sa.CTE:
        return self._ctes[self._above_index(level)]

    def _dataset(self, level: Level) -> Any:
        return self._t[dataset_of(level).name].alias()

    @staticmethod
    def _columns(level: Level, table: Any) -> list[Any]:
        """Return the columns of a level's records that are returned or order them."""
        names = ["cell", "identity_id", "version_id", "valid_from", "known_from", "record_id"]
        names += [name for name in level.columns if name != PLACE_REGION]
        names += [f"sealed_{group}" for group in level.groups]
        as_of = sa.bindparam(f"r{level.root}_as_of", type_=sa.Date)
        return [column_of(table, name, as_of) for name in dict.fromkeys(names)]

    def records(self, level: Level, source: Any, table: Any) -> tuple[Any, list[Any]]:
        """Return the source with the data keys joined if they are needed, and the columns."""
        columns = self._columns(level, table)
        if not level.groups:
            return source, columns
        key = self._t["data_key"].alias()
        is_its = sa.and_(
            key.c.cell == table.c.cell,
            key.c.identity_id == table.c.identity_id,
            key.c.department == dataset_of(level).department,
        )
        return source.outerjoin(key, is_its), [*columns, *(key.c[name] for name in KEY_COLUMNS)]

    @staticmethod
    def _newest(level: Level, chosen: "sa.Select[Any]", owner: Any, table: Any) -> "sa.Select[Any]":
        """Keep one record a subject where the dataset shows only the newest."""
        if dataset_of(level).many:
            return chosen
        return chosen.ext(pg.distinct_on(owner)).order_by(
            owner, table.c.valid_from.desc(), table.c.known_from.desc(), table.c.version_id
        )
