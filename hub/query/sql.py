"""One statement for a whole plan: a set of rows a level, an array a column, one row back.

Names of tables and columns come from the declarations; everything else is a bound parameter.
The same statement reads the policy's digest and the newest known time, so that both are of the
snapshot that the rows are of. A column that no granted field needs is not in the statement.
"""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.dialects.postgresql import asyncpg as dialect

from hub.access import Rows
from hub.query.lists_sql import in_order, listing, tie_of
from hub.query.model import Level, LevelKind, Plan
from hub.query.sql_levels import HOME_ALIAS, TEXTS, Levels
from hub.query.sql_packed import Packed, among, crossed
from hub.query.sql_parts import (
    KEY_COLUMNS,
    LINK_COLUMNS,
    LOOKUPS,
    extra,
    level_columns,
    links_of,
    order_of,
    renamed_of,
    shows_one,
    total_of,
    worst_first,
)
from hub.query.statement import Linked, Part, Place, Statement
from hub.query.ways import PLACE_REGION
from hub.store.tables import all_tables
from hub.store.wall_sql import ANNOUNCED, KNOWN_COMMITMENT, KNOWN_HOUSEHOLD, KNOWN_PERSON
from schema.catalogue import Catalogue

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

    def compose(self, plan: Plan, *, is_now: bool = True) -> Statement:
        """Return the statement that fetches everything `plan` touches.

        It tells what is known now; `is_now=False` is for a request that asks what was known before.
        """
        return _Composing(self._tables, plan, is_now=is_now).statement(self._dialect)


class _Composing(Levels):
    """The work on one statement."""

    def __init__(self, tables: Any, plan: Plan, *, is_now: bool) -> None:
        super().__init__(tables, plan, is_now=is_now)
        self._searches: dict[int, Any] = {}
        self._counts: dict[int, sa.CTE] = {}

    def statement(self, for_dialect: Any) -> Statement:
        known, policy = self._t["known_time"], self._t["policy_revision"]
        columns: list[Any] = [
            sa.select(policy.c.digest).scalar_subquery().label("policy"),
            sa.select(known.c.at).scalar_subquery().label("known"),
        ]
        if self._case is not None:
            columns.append(sa.select(self._case.c.standing).scalar_subquery().label("standing"))
        places: list[Place] = []
        froms: list[Any] = []
        for part, source, found in list(self._parts()):
            if found.written() not in froms:
                froms.append(found.written())
            columns += found.values()
            places += (Place(source, name, part) for name in found.columns)
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
            checks_case=self._case is not None,
        )

    def _parts(self) -> Iterator[tuple[Part, int, Packed]]:
        """Give the sets, each behind those that it depends on."""
        for level in self._plan.levels:
            n = level.index
            if level.uncovered is not None:
                yield Part.COVERED, n, self._covered_people(level)
            if self._is_found_above(level):
                self._sets[n] = self._found_home(level)
                yield Part.LEVEL, n, self._sets[n]
                continue
            rows = self._level(level).subquery(f"level_{n}_found")
            if level.parent is None:
                yield Part.SEARCH, level.root, self._search(level)
            if level.counted:
                name = f"count_{level.root}_all"
                yield Part.SEARCH, level.root, Packed(name, self._counts[level.root], ("count",))
            order = order_of(level, rows)
            if level.choice is not None:
                order = in_order(level.choice, rows, tie_of(level))
            self._sets[n] = Packed(f"level_{n}", rows, level_columns(level), order)
            yield Part.LEVEL, n, self._sets[n]
            departments, has_keys = links_of(self._plan, level)
            if departments:
                links = self._identities(level, self._sets[n], departments, has_keys=has_keys)
                columns = (*LINK_COLUMNS, *(KEY_COLUMNS if has_keys else ()))
                self._links[n] = Packed(f"links_{n}", links.subquery(f"links_{n}_found"), columns)
                yield Part.LINKS, n, self._links[n]

    def _search(self, level: Level) -> Packed:
        """Return what exists of what a root searches for."""
        found = self._searches[level.root]
        if isinstance(found, Packed):
            return found
        kind = next(r.kind for r in self._plan.roots if r.index == level.root)
        return Packed(f"search_{level.root}_all", found, LOOKUPS[kind])

    def _sought(self, level: Level, search: "sa.Select[Any]") -> Packed:
        """Keep what a root searches for, so that its level may look for it."""
        kind = next(r.kind for r in self._plan.roots if r.index == level.root)
        name = f"search_{level.root}"
        found = Packed(name, search.subquery(f"{name}_found"), LOOKUPS[kind])
        self._searches[level.root] = found
        return found

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

    # Roots.

    def _people(self, level: Level) -> "sa.Select[Any]":
        tag = self._t["person_tag"]
        tags = sa.bindparam(f"r{level.root}_tags", type_=pg.ARRAY(sa.LargeBinary))
        search = sa.select(tag.c.tag, tag.c.cell, tag.c.person_id).where(tag.c.tag == sa.any_(tags))
        return self._people_found(level, self._sought(level, search))

    def _people_by_id(self, level: Level) -> "sa.Select[Any]":
        return self._people_found(level, self._search_by_id(level, KNOWN_PERSON, "person_id"))

    def _people_found(self, level: Level, search: Packed) -> "sa.Select[Any]":
        if self._is_now:
            return self._people_now(level, search)
        person = self._t["person"]
        return sa.select(person.c.cell, person.c.person_id, person.c.log_alias).where(
            among(person.c.cell, search.all("cell")),
            among(person.c.person_id, search.all("person_id")),
            self._is_seen(level, person),
            *self._announced(level, person),
        )

    def _people_now(self, level: Level, search: Packed) -> "sa.Select[Any]":
        """Return each person once, with the household that is theirs: the newest visible one."""
        member = self._t["member_now"].alias()
        place, is_seen = self.place(level, member.c.cell, member.c.household_id)
        seen = sa.select(place.c.region).where(is_seen).offset(_PROBED).lateral()
        source, more = member.join(seen, sa.true()), [seen.c.region]
        if any(
            self._is_found_above(below)
            for below in self._plan.levels
            if below.parent == level.index
        ):
            household = self._t["household"].alias()
            is_theirs = sa.and_(
                household.c.cell == member.c.cell,
                household.c.household_id == member.c.household_id,
            )
            source = source.join(household, is_theirs)
            more.append(household.c.log_alias.label(HOME_ALIAS))
        return (
            sa.select(
                member.c.cell, member.c.person_id, member.c.log_alias, member.c.household_id, *more
            )
            .select_from(source)
            .where(
                among(member.c.cell, search.all("cell")),
                among(member.c.person_id, search.all("person_id")),
                self.holds(level, member),
                *self._announced(level, member),
            )
            .ext(pg.distinct_on(member.c.person_id))
            .order_by(
                member.c.person_id,
                member.c.valid_from.desc(),
                member.c.known_from.desc(),
                member.c.version_id,
            )
        )

    def _search_by_id(self, level: Level, table: str, column: str) -> Packed:
        """Return what exists of the ids that `node` or `_entities` asks for."""
        source = sa.table(table, sa.column("cell", sa.Text), sa.column(column, pg.UUID))
        wanted = sa.bindparam(f"r{level.root}_ids", type_=pg.ARRAY(pg.UUID))
        search = sa.select(source.c.cell, source.c[column]).where(
            source.c[column] == sa.any_(wanted)
        )
        return self._sought(level, search)

    def _households_by_id(self, level: Level) -> "sa.Select[Any]":
        search = self._search_by_id(level, KNOWN_HOUSEHOLD, "household_id")
        return self._households(level, search.all("cell"), search.all("household_id"))

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

    def _announced(self, level: Level, person: Any) -> list[Any]:
        """Return the condition on whoever may ask only about those announced to them."""
        return [self._is_announced(level, person)] if self._plan.rows is Rows.OWN_RECIPIENTS else []

    def _is_announced(self, level: Level, person: Any) -> Any:
        """Whether a person's recognition holds, and was announced to the department that asks."""
        link, recognition = self.table("link"), self.table("recognition")
        told = sa.table(
            ANNOUNCED, sa.column("cell"), sa.column("identity_id"), sa.column("receiver")
        ).alias()
        known = sa.select(sa.literal(1)).where(
            link.c.cell == person.c.cell,
            link.c.person_id == person.c.person_id,
            link.c.department == "civil-affairs",
            recognition.c.cell == link.c.cell,
            recognition.c.identity_id == link.c.identity_id,
            told.c.cell == link.c.cell,
            told.c.identity_id == link.c.identity_id,
            told.c.receiver == sa.bindparam("receiver", type_=sa.Text),
            self.holds(level, link, recognition),
        )
        return known.offset(_PROBED).exists()

    def _credit_record(self, level: Level) -> "sa.Select[Any]":
        """Find a commitment by what its code makes of its ids; its row stands for its person."""
        table, person = self._dataset(level), self._t["person"].alias()
        link = self._t["link"].alias()
        n = level.root
        known = sa.table(KNOWN_COMMITMENT, *(sa.column(c.name) for c in table.c)).alias()
        is_it, is_known = (
            sa.and_(
                rows.c.cell == sa.bindparam(f"r{n}_cell", type_=sa.Text),
                rows.c.record_id == sa.bindparam(f"r{n}_record", type_=pg.UUID),
                self.holds(level, rows),
            )
            for rows in (table, known)
        )
        search = sa.select(known.c.record_id).where(is_known).distinct()
        self._searches[n] = search.cte(f"search_{n}")
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
        household = sa.table(
            KNOWN_HOUSEHOLD, sa.column("cell", sa.Text), sa.column("household_id", pg.UUID)
        )
        wanted = sa.bindparam(f"r{level.root}_id", type_=pg.UUID)
        found = sa.select(household.c.cell, household.c.household_id)
        search = self._sought(level, found.where(household.c.household_id == wanted))
        return self._households(level, search.all("cell"), search.all("household_id"))

    def _warnings(self, level: Level) -> "sa.Select[Any]":
        alert, household = self._t["alert"], self._t["household"].alias()
        n = level.root
        place, is_seen = self.place(level, alert.c.cell, alert.c.identity_id)
        bands = sa.bindparam(f"r{n}_bands", type_=TEXTS)
        statuses = sa.bindparam(f"r{n}_statuses", type_=TEXTS)
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
