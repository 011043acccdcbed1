"""Columns of inputs: what `scoring.inputs` says of one household, of all at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from scoring.columns.logic import Truth, count, some, truth
from scoring.columns.table import Rows, Table, Truths, Whole
from scoring.facts import Kind, Source, micros
from scoring.household import Input
from scoring.inputs import Silences
from scoring.inputs.member import ALERT_DAYS, WORK_MONTHS, YEAR_MONTHS
from scoring.rules.logic import months_before

UNIX_DAY: Final = date(1970, 1, 1).toordinal()
_RELEASES: Final = (Source.CUSTODY_STATUS, Source.JUSTICE_STATUS)
_DISEASES: Final = (Source.MEDICAL_SETTLEMENT, Source.HEALTH_STATUS)


@dataclass(frozen=True)
class People:
    """The present members of all households, and what was told of whoever is told of.

    A column of people has one place for every person of the table, former members too; a column of
    households is made of the present ones alone.
    """

    table: Table
    as_of: date
    silences: Silences
    forgotten: frozenset[Input] = field(default=frozenset())
    """Inputs that the profile does not have: unknown of everybody."""

    @cached_property
    def size(self) -> int:
        """How many people there are."""
        return len(self.table.person_home)

    @cached_property
    def day(self) -> int:
        """The day, as an ordinal."""
        return self.as_of.toordinal()

    @cached_property
    def person(self) -> Rows:
        """The people themselves."""
        return self.table.of_people(Kind.PERSON)

    @cached_property
    def present(self) -> Truths:
        """Who is a member."""
        here: Truths = self.person.a == 0
        return here

    @cached_property
    def members(self) -> Whole:
        """The indices of members."""
        return np.flatnonzero(self.present)

    @cached_property
    def home(self) -> Whole:
        """The households of `members`, in order."""
        return self.table.person_home[self.members]

    @cached_property
    def member_count(self) -> Whole:
        """How many members each household has."""
        return np.bincount(self.home, minlength=self.table.homes).astype(np.int64)

    @cached_property
    def words(self) -> Mapping[int, Truths]:
        """Of whom each source has records."""
        rows = self.table.of_people(Kind.WORD)
        return {source: some(rows.owner[rows.a == source], self.size) for source in Source}

    def was_read(self, department: str) -> Truths:
        """Whom a department's silence says something about."""
        silence = self.silences.get(department)
        if silence is None:
            return np.zeros(self.size, np.bool_)
        known: Truths = self.person.c <= micros(silence.whole_from)
        return known

    def vouched(self, *sources: Source) -> Truths:
        """About whom one of the sources says something, be it by silence."""
        known = np.zeros(self.size, np.bool_)
        for source in sources:
            known |= self.words[source] | self.was_read(source.department)
        return known

    def everybody(self, known: Truths) -> Truths:
        """Return the households of which something is known of every member."""
        whole: Truths = count(self.home, ~known[self.members], self.table.homes) == 0
        return whole

    def rows(self, kind: Kind) -> Rows:
        """Return the rows of the present members, by household."""
        rows = self.table.of_people(kind)
        rows = rows.where(self.present[rows.owner])
        return rows.of(self.table.person_home[rows.owner])

    def anyone(self, of: Truth) -> Truth:
        """Return whether something holds of a member, by household."""
        mine = of[self.members]
        yes = count(self.home, mine == 1, self.table.homes) > 0
        unsure = count(self.home, mine == -1, self.table.homes) > 0
        return truth(yes, yes | ~unsure)

    # -- inputs of people --------------------------------------------------------------------

    def known(self, name: Input, known: Truths) -> Truths:
        """Return what is known of an input: nothing where the profile does not have it."""
        return np.zeros_like(known) if name in self.forgotten else known

    def _flag(self, name: Input, holds: Truths, *sources: Source) -> Truth:
        return truth(holds, self.known(name, self.vouched(*sources)))

    def _said(self, kind: Kind) -> Truths:
        rows = self.table.of_people(kind)
        return some(rows.owner[rows.a == 1], self.size)

    def _answered(self, name: Input, kind: Kind, source: Source) -> Truth:
        """Return a flag: unknown where there is a record that does not say, no in silence."""
        answered = some(self.table.of_people(kind).owner, self.size)
        known = self.vouched(source) & (answered | ~self.words[source])
        return truth(self._said(kind), self.known(name, known))

    def _within(self, kind: Kind, first: int, last: int) -> Whole:
        """Count each person's rows whose day lies in `first`..`last`, both inclusive."""
        rows = self.table.of_people(kind)
        return count(rows.owner, (rows.a >= first) & (rows.a <= last), self.size)

    @cached_property
    def born(self) -> Whole:
        """The days of birth, 0 where unknown."""
        born = np.zeros(self.size, np.int64)
        if Input.BIRTH_DATE not in self.forgotten:
            rows = self.table.of_people(Kind.BORN)
            born[rows.owner] = rows.a
        return born

    @cached_property
    def age(self) -> Whole:
        """The ages in whole years, -1 where unknown."""
        return ages(self.born, self.as_of)

    @cached_property
    def admissions(self) -> Whole:
        """How often each person was in hospital within a year, -1 where unknown."""
        first = months_before(self.as_of, YEAR_MONTHS).toordinal() + 1
        known = self.known(Input.ADMISSIONS, self.vouched(Source.MEDICAL_SETTLEMENT))
        return np.where(known, self._within(Kind.ADMISSION, first, self.day), -1)

    @cached_property
    def self_paid_known(self) -> Truths:
        """Of whom it is known what they paid themselves."""
        return self.known(Input.SELF_PAID, self.vouched(Source.MEDICAL_SETTLEMENT))

    @cached_property
    def major_disease(self) -> Truth:
        """Whether a listed major disease is told."""
        told = self._said(Kind.MAJOR_DISEASE) | self._said(Kind.LISTED_DISEASE)
        return self._flag(Input.MAJOR_DISEASE, told, *_DISEASES)

    @cached_property
    def employee_insured(self) -> Truth:
        """Whether the employees' medical scheme has them as active."""
        told = self._said(Kind.EMPLOYEE_INSURED)
        return self._flag(Input.EMPLOYEE_INSURED, told, Source.MEDICAL_ENROLMENT)

    @cached_property
    def employed(self) -> Truth:
        """Whether a spell of insured work covers a day of the last months."""
        since = months_before(self.as_of, WORK_MONTHS).toordinal()
        rows = self.table.of_people(Kind.SPELL)
        found = some(rows.owner[(rows.a <= self.day) & (rows.b > since)], self.size)
        return self._flag(Input.EMPLOYED, found, Source.SOCIAL_INSURANCE)

    def benefit_ended(self, since: int) -> Truth:
        """Whether an unemployment benefit ended from a day on."""
        rows = self.table.of_people(Kind.BENEFIT)
        found = some(rows.owner[(rows.b >= since) & (rows.b <= self.day)], self.size)
        name = Input.UNEMPLOYMENT_BENEFIT_ENDED
        return self._flag(name, found, Source.UNEMPLOYMENT_BENEFIT)

    @cached_property
    def registered_unemployed(self) -> Truth:
        """Whether they are registered as unemployed."""
        name = Input.REGISTERED_UNEMPLOYED
        return self._answered(name, Kind.UNEMPLOYED, Source.EMPLOYMENT_REGISTRATION)

    def attends(self, stages: frozenset[int]) -> Truth:
        """Whether they attend one of the stages of school."""
        rows = self.table.of_people(Kind.SCHOOL)
        found = some(rows.owner[np.isin(rows.a, sorted(stages))], self.size)
        return self._flag(Input.SCHOOLING, found, Source.SCHOOL_ROLL)

    @cached_property
    def school_alert(self) -> Truth:
        """Whether a school reported something lately."""
        first = (self.as_of - timedelta(days=ALERT_DAYS)).toordinal()
        found = self._within(Kind.SCHOOL_ALERT, first, self.day) > 0
        return self._flag(Input.SCHOOL_ALERT, found, Source.SCHOOL_ALERT)

    @cached_property
    def unattended_child(self) -> Truth:
        """The verdict on a child."""
        return self._answered(Input.UNATTENDED_CHILD, Kind.UNATTENDED, Source.CHILD_STATUS)

    def disabled(self, counts: Callable[[Whole, Whole], Truths]) -> Truth:
        """Whether a component of a certificate counts, by category and level."""
        rows = self.table.of_people(Kind.DISABILITY)
        found = some(rows.owner[counts(rows.a, rows.b)], self.size)
        return self._flag(Input.DISABILITIES, found, Source.DISABILITY_CERTIFICATE)


def ages(born: Whole, as_of: date) -> Whole:
    """Return ages in whole years on a day, -1 where the birth date is 0, unknown."""
    days = (born - UNIX_DAY).astype("datetime64[D]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) % 12 + 1
    day = (days - months.astype("datetime64[D]")).astype(np.int64) + 1
    later = (month * 100 + day) > as_of.month * 100 + as_of.day
    return np.where(born == 0, -1, as_of.year - years - later)
