"""The levels of a statement below its roots: members, households, and records with their keys.

Each is one set of rows, found by arrays of ids of the level above (`hub.query.sql_packed`), where a
join would be planned anew. The identities of a level of people are found once for all their
records, with the data keys; a row of a record names its identity, and its reader knows whose.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.query.cases import OPEN, homes_of, standing_of
from hub.query.consent import covered_people
from hub.query.model import Level, LevelKind, Plan
from hub.query.sql_packed import Packed, Within, among
from hub.query.sql_parts import (
    KEY_COLUMNS,
    LINK_COLUMNS,
    column_of,
    dataset_of,
    level_columns,
    links_of,
)
from hub.query.ways import PLACE_REGION

TEXTS: Final = pg.ARRAY(sa.Text)
HOME_ALIAS: Final = "home_alias"
"""The log alias of a person's household, beside the person's own."""
_MOMENT: Final = sa.DateTime(timezone=True)
_STILL: Final[sa.ColumnElement[Any]] = sa.literal_column("'infinity'::timestamptz")
_PEOPLE: Final = frozenset({LevelKind.PEOPLE, LevelKind.PEOPLE_BY_ID})


class Levels:
    """What has been composed so far, and the ways from one level to the next."""

    def __init__(self, tables: Any, plan: Plan, *, is_now: bool) -> None:
        self._t = tables
        self._plan = plan
        self._is_now = is_now
        self._sets: dict[int, Packed] = {}
        self._links: dict[int, Packed] = {}
        self._covered: dict[int, Packed] = {}
        self._homes: dict[int, sa.CTE] = {}
        self._case = standing_of(tables).cte("named_case") if plan.checks_case else None

    # What holds, and what may be seen.

    def table(self, name: str) -> Any:
        """Return a table under a name of its own."""
        return self._t[name].alias()

    def holds(self, level: Level, *tables: Any) -> Any:
        """Whether versions hold on the day asked, as the hub knew it at the moment asked."""
        as_of = sa.bindparam(f"r{level.root}_as_of", type_=sa.Date)
        if self._is_now:
            return sa.and_(
                *(
                    sa.and_(t.c.valid_from <= as_of, t.c.valid_to > as_of, *_known(t))
                    for t in tables
                )
            )
        known = sa.bindparam(f"r{level.root}_known", type_=_MOMENT)
        # An index tells what came since a moment. It is of no use here, where nearly every row has
        # come before it, but the planner would read it: coalesce keeps it away.
        return sa.and_(
            *(
                sa.and_(
                    t.c.valid_from <= as_of,
                    t.c.valid_to > as_of,
                    sa.func.coalesce(t.c.known_from, t.c.known_from) <= known,
                    t.c.known_to > known,
                )
                for t in tables
            )
        )

    def place(self, level: Level, cell: Any, household_id: Any) -> tuple[Any, Any]:
        """Return the place of a household and the condition that the caller may see it."""
        place = self._t["household_place"].alias()
        regions = sa.bindparam(f"r{level.root}_regions", type_=TEXTS)
        return place, sa.and_(
            place.c.cell == cell,
            place.c.household_id == household_id,
            place.c.region.like(sa.any_(regions)),
            self.holds(level, place),
            *self._in_case(level, place),
        )

    def _in_case(self, level: Level, place: Any) -> list[Any]:
        """Return the conditions of the named case: it holds, and the household is of it."""
        conditions: list[Any] = []
        if self._case is not None:
            # Nothing of a row is in it: the database asks it once, and reads no row where it fails.
            is_open = self._case.c.standing == sa.literal_column(f"'{OPEN}'")
            conditions.append(sa.select(sa.literal_column("1")).where(is_open).exists())
        if self._plan.rows.is_of_cases:
            if level.root not in self._homes:
                membership = "member_now" if self._is_now else "membership"
                homes = homes_of(
                    self._t, self._plan.rows, membership, lambda rows: self.holds(level, rows)
                )
                self._homes[level.root] = homes.cte(f"homes_{level.root}")
            homes_found = self._homes[level.root]
            found = sa.select(homes_found.c.household_id).scalar_subquery()
            conditions.append(among(place.c.household_id, sa.func.array(found)))
        return conditions

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

    # Ways.

    def _members(self, level: Level) -> "sa.Select[Any]":
        above = self._above(level)
        if self._is_now:
            return self._members_now(level, above)
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
                among(membership.c.cell, above.all("cell")),
                among(membership.c.household_id, above.all("household_id")),
                self.holds(level, membership),
            )
        )

    def _members_now(self, level: Level, above: Packed) -> "sa.Select[Any]":
        member = self._t["member_now"].alias()
        wanted = [member.c.relation] if "relation" in level.columns else []
        return sa.select(
            member.c.household_id.label("parent"),
            member.c.cell,
            member.c.person_id,
            member.c.log_alias,
            *wanted,
        ).where(
            among(member.c.cell, above.all("cell")),
            among(member.c.household_id, above.all("household_id")),
            self.holds(level, member),
        )

    def _is_found_above(self, level: Level) -> bool:
        """Whether a level is the household of people whose root finds it with them."""
        is_home = level.kind is LevelKind.HOUSEHOLD_OF_PERSON
        return is_home and self._is_now and self._kind_above(level) in _PEOPLE

    def _found_home(self, level: Level) -> Packed:
        """Return the household of each person of a root that has found it already."""
        names = {"parent": "person_id", "log_alias": HOME_ALIAS}
        return Within(self._above(level), names, level_columns(level))

    def _household_of_person(self, level: Level) -> "sa.Select[Any]":
        above = self._above(level)
        membership = self._t["member_now" if self._is_now else "membership"].alias()
        household = self._t["household"].alias()
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
                among(membership.c.cell, above.all("cell")),
                among(membership.c.person_id, above.all("person_id")),
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
        return self._households(level, above.all("cell"), above.all("identity_id"))

    def _identities(
        self, level: Level, people: Packed, departments: Sequence[str], *, has_keys: bool
    ) -> "sa.Select[Any]":
        """Return the identities that departments have of a level's people, with their keys."""
        if self._is_now and level.kind in _PEOPLE | {LevelKind.MEMBERS}:
            return self._identities_now(level, people, departments, has_keys=has_keys)
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
        asked = sa.bindparam(f"d{level.index}", list(departments), type_=TEXTS)
        chosen = sa.select(*columns).select_from(source)
        return chosen.where(
            among(link.c.cell, people.all("cell")),
            among(link.c.person_id, people.all("person_id")),
            link.c.department == sa.any_(asked),
            self.holds(level, link),
        )

    def _identities_now(
        self, level: Level, people: Packed, departments: Sequence[str], *, has_keys: bool
    ) -> "sa.Select[Any]":
        """Return the same, of members by their households: those of one lie side by side."""
        found = self._t["identity_now"].alias()
        names = ("cell", "department", *LINK_COLUMNS, *(KEY_COLUMNS if has_keys else ()))
        asked = sa.bindparam(f"d{level.index}", list(departments), type_=TEXTS)
        theirs = among(found.c.person_id, people.all("person_id"))
        if level.kind is LevelKind.MEMBERS:
            theirs = among(found.c.household_id, people.all("parent"))
        return sa.select(*(found.c[name] for name in names)).where(
            among(found.c.cell, people.all("cell")),
            theirs,
            found.c.department == sa.any_(asked),
            self.holds(level, found),
        )

    def _records_of_person(self, level: Level) -> "sa.Select[Any]":
        links, table = self._links[self._above_index(level)], self._dataset(level)
        return sa.select(*self._columns(level, table)).where(
            among(table.c.cell, self._above(level).all("cell")),
            among(table.c.identity_id, self._theirs(level, links)),
            self.holds(level, table),
        )

    def _covered_people(self, level: Level) -> Packed:
        people = covered_people(self._t, level, self._above(level))
        name = f"covered_{level.index}"
        covered = Packed(name, people.subquery(f"{name}_found"), ("person_id",))
        self._covered[level.index] = covered
        return covered

    def _theirs(self, level: Level, links: Packed) -> Any:
        """Return the identities that a dataset's department has of the people above.

        Where records need consent, they are of those alone whose authorisation covers them.
        """
        department = dataset_of(level).department
        if level.uncovered is None:
            several = len(links_of(self._plan, self._plan.levels[self._above_index(level)])[0]) > 1
            return links.all("identity_id", department if several else None)
        each = links.each(f"theirs_{level.index}", "identity_id", "person_id", "department")
        covered = self._covered[level.index]
        theirs = sa.select(each.c.identity_id).where(
            each.c.department == department, among(each.c.person_id, covered.all("person_id"))
        )
        return sa.func.array(theirs.scalar_subquery())

    def _records_of_household(self, level: Level) -> "sa.Select[Any]":
        above, table = self._above(level), self._dataset(level)
        source, columns = self.records(level, table, table)
        chosen = (
            sa.select(*columns)
            .select_from(source)
            .where(
                among(table.c.cell, above.all("cell")),
                among(table.c.identity_id, above.all("household_id")),
                self.holds(level, table),
            )
        )
        if not any(below.parent == level.index for below in self._plan.levels):
            return chosen
        return self._newest(level, chosen, table.c.identity_id, table)

    # Records.

    def _kind_above(self, level: Level) -> LevelKind:
        return self._plan.levels[self._above_index(level)].kind

    @staticmethod
    def _above_index(level: Level) -> int:
        assert level.parent is not None  # noqa: S101 - only roots have none
        return level.parent

    def _above(self, level: Level) -> Packed:
        return self._sets[self._above_index(level)]

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


def _known(table: Any) -> list[Any]:
    """Whether a version is known now; of some tables there are no others."""
    return [table.c.known_to == _STILL] if "known_to" in table.c else []
