"""Ways to break whose rows are read, and of whom consent is asked."""

from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from hub.query import lists_sql, sql_levels
from hub.query.sql import _Composing
from hub.query.sql_levels import TEXTS, Levels
from hub.query.sql_packed import among
from hub.query.sql_parts import dataset_of
from schema.datasets.credit import AUTHORISATION
from tests.support.breaking import MUTANTS, inherited, mutant, put

# Consent.


def loose_consent(but: str):
    """Return the condition on an authorisation, without one of its parts."""

    def covered(tables, level, above):
        link, given = tables["link"].alias(), tables[AUTHORISATION.name].alias()
        name = f"r{level.root}_as_of" if but == "today" else "consent_today"
        today = sa.bindparam(name, type_=sa.Date)
        never = sa.text("'infinity'")
        parts = {
            "person": among(link.c.person_id, above.all("person_id")),
            "revoked": given.c.revoked_at.is_(None),
            "source": given.c.source == dataset_of(level).department,
            "purpose": given.c.purpose == sa.bindparam("consent_purpose", type_=sa.Text),
        }
        people = link.c.person_id
        source = link.join(
            given, sa.and_(given.c.cell == link.c.cell, given.c.identity_id == link.c.identity_id)
        )
        if but == "person":
            # Whoever is asked about with somebody who gave leave is taken to have given it too.
            others = above.each(f"others_{level.index}", "cell", "person_id")
            people = others.c.person_id
            source = source.join(others, others.c.cell == link.c.cell)
        return (
            sa.select(people)
            .distinct()
            .select_from(source)
            .where(
                among(link.c.cell, above.all("cell")),
                link.c.department == AUTHORISATION.department,
                *(part for kind, part in parts.items() if kind != but),
                *(
                    sa.and_(t.c.valid_from <= today, t.c.valid_to > today, t.c.known_to == never)
                    for t in (link, given)
                ),
            )
        )

    return covered


@mutant("consent is ignored")
def _() -> tuple:
    return (
        sql_levels,
        "covered_people",
        lambda _tables, _level, above: sa.select(
            above.each("asked_about", "person_id").c.person_id
        ).distinct(),
    )


@mutant("the consent of another person covers")
def _() -> tuple:
    return sql_levels, "covered_people", loose_consent("person")


@mutant("consent to another source covers")
def _() -> tuple:
    return sql_levels, "covered_people", loose_consent("source")


@mutant("consent for another purpose covers")
def _() -> tuple:
    return sql_levels, "covered_people", loose_consent("purpose")


@mutant("a consent that was withdrawn covers")
def _() -> tuple:
    return sql_levels, "covered_people", loose_consent("revoked")


@mutant("consent is that of the day that is asked about")
def _() -> tuple:
    return sql_levels, "covered_people", loose_consent("today")


# Whose rows.


def place_of(condition):
    """Return a place of which another condition says that the caller may see it."""

    def place(self, level, cell, household_id):
        table = self._t["household_place"].alias()
        regions = sa.bindparam(f"r{level.root}_regions", type_=TEXTS)
        return table, sa.and_(
            table.c.cell == cell,
            table.c.household_id == household_id,
            condition(table, regions),
            self.holds(level, table),
        )

    return place


anywhere = place_of(lambda _table, regions: regions.is_not(None))


def unseen(name: str):
    """Return a part of the statement to which every row is the caller's."""
    known = getattr(_Composing, name)

    def composed(self, *given):
        self.place = anywhere.__get__(self)
        try:
            return known(self, *given)
        finally:
            del self.place

    return _Composing, name, composed


def wide(title: str, name: str) -> None:
    """Register that one part of the statement does not look at whose rows it reads."""

    @contextmanager
    def broken():
        hold = put if name in _Composing.__dict__ else inherited
        with hold(*unseen(name)):
            yield

    MUTANTS[title] = broken


@mutant("a region is compared the wrong way round")
def _() -> tuple:
    def reversed_(table, regions):
        region = table.c.region.concat("%")
        return sa.select(sa.literal(1)).where(regions[1].like(region)).exists()

    return Levels, "place", place_of(reversed_)


@mutant("rows are not looked at")
def _() -> tuple:
    return Levels, "place", anywhere


wide("a person is found by an id whosoever it is", "_people_by_id")
wide("a person's household is shown beyond rows", "_household_of_person")


@mutant("who was never announced is shown to a receiver")
def _() -> tuple:
    return _Composing, "_announced", lambda _self, _level, _person: []


@mutant("a count is of rows that are not the caller's too")
def _() -> tuple:
    count = lists_sql._Listing._count

    def counted(self):
        frame, self.frame = self.frame, _Loose(self.frame)
        below, self.where.below = self.where.below, lambda _place: []
        self._area = all_regions
        try:
            return count(self)
        finally:
            self.frame, self.where.below = frame, below
            del self._area

    return lists_sql._Listing, "_count", counted


def all_regions():
    ends = (pg.array([sa.literal(end, sa.Text)]) for end in ("0", "999999999999"))
    return sa.func.unnest(*ends).table_valued("low", "high").render_derived()


class _Loose:
    """A statement to which every place is the caller's."""

    def __init__(self, frame) -> None:
        self._frame = frame

    def __getattr__(self, name):
        return getattr(self._frame, name)

    def place(self, level, cell, household_id):
        return anywhere(self._frame, level, cell, household_id)
