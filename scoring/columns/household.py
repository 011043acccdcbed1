"""Columns of the inputs of households as wholes, and of what two rules ask of the same people."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from scoring.columns.inputs import People
from scoring.columns.logic import Truth, both, count, either, largest, negation, some, total, truth
from scoring.columns.table import Rows, Truths, Whole
from scoring.facts import Kind, Source
from scoring.household import Input
from scoring.inputs.member import YEAR_MONTHS
from scoring.parameters.document import ProfileDocument, Region
from scoring.rules.logic import months_before

NEVER: Final = 0
"""A day of an event that did not happen."""
_WORK: Final = Source.SOCIAL_INSURANCE.department
_INCOMES: Final = (Kind.SPELL, Kind.PENSION, Kind.BENEFIT)
_SIX_MONTHS: Final = 6
_ADULT: Final = 18
_HEAD: Final = 2
_SPOUSES: Final = (10, 11, 12)
_ALONE: Final = (10, 30, 40)
_MARRIED: Final = (20, 21, 22, 23)


@dataclass(frozen=True)
class Homes:
    """Columns of households under a profile's document and local standards."""

    people: People
    document: ProfileDocument
    standards: Mapping[int, Region | None]
    """A region's number to its local standards."""

    @cached_property
    def size(self) -> int:
        """How many households there are."""
        return self.people.table.homes

    def _unless(self, name: Input, known: Truths) -> Truths:
        return self.people.known(name, known)

    # -- local standards ---------------------------------------------------------------------

    @cached_property
    def _region(self) -> tuple[Whole, Whole]:
        """Standard and ratio of each household's region, -1 where there are none."""
        rows = self.people.table.of_homes(Kind.REGION)
        numbers, places = np.unique(rows.c, return_inverse=True)
        found = [self.standards.get(int(number)) for number in numbers]
        standard, ratio = np.full(self.size, -1, np.int64), np.full(self.size, -1, np.int64)
        if found and Input.REGION not in self.people.forgotten:
            of_number = [
                (r.dibao_standard_cents, r.rigid_ratio_bp) if r else (-1, -1) for r in found
            ]
            both_values = np.array(of_number, np.int64)[places]
            standard[rows.owner], ratio[rows.owner] = both_values[:, 0], both_values[:, 1]
        return standard, ratio

    @property
    def standard(self) -> Whole:
        """The standard a head in cents a month, -1 where there is none."""
        return self._region[0]

    @property
    def ratio(self) -> Whole:
        """The rigid ratio in basis points, -1 where there is none."""
        return self._region[1]

    @property
    def has_region(self) -> Truths:
        """Where there are local standards."""
        return self.standard >= 0

    # -- money -------------------------------------------------------------------------------

    def _income_on(self, name: Input, day: int) -> tuple[Whole, Truths]:
        income = np.zeros(self.size, np.int64)
        for kind in _INCOMES:
            rows = self.people.rows(kind)
            rows = rows.where((rows.a <= day) & (day <= rows.b))
            income += total(rows.owner, rows.c, self.size)
        known = self._unless(name, self.people.everybody(self.people.was_read(_WORK)))
        return income, known

    @cached_property
    def income(self) -> tuple[Whole, Truths]:
        """The income a month, and where it is known."""
        return self._income_on(Input.MONTHLY_INCOME_CENTS, self.people.day)

    @cached_property
    def income_before(self) -> tuple[Whole, Truths]:
        """The income half a year ago, and where it is known."""
        day = months_before(self.people.as_of, _SIX_MONTHS).toordinal()
        return self._income_on(Input.INCOME_SIX_MONTHS_AGO_CENTS, day)

    @cached_property
    def rigid(self) -> tuple[Whole, Truths]:
        """Rigid spending a month, and where it is known."""
        since = months_before(self.people.as_of, YEAR_MONTHS).toordinal()
        rows = self.people.rows(Kind.SELF_PAID)
        rows = rows.where((rows.a > since) & (rows.a <= self.people.day))
        paid = total(rows.owner, rows.c, self.size) // YEAR_MONTHS
        read = self.people.was_read(Source.MEDICAL_SETTLEMENT.department)
        return paid, self._unless(Input.RIGID_SPENDING_CENTS, self.people.everybody(read))

    @cached_property
    def paid(self) -> Rows:
        """What members paid themselves, by household; nothing where that is not known."""
        rows = self.people.rows(Kind.SELF_PAID)
        return rows.where(np.full(len(rows.a), Input.SELF_PAID not in self.people.forgotten))

    # -- states ------------------------------------------------------------------------------

    def _any(self, name: Input, kind: Kind, source: Source) -> Truth:
        told = some(self.people.rows(kind).owner, self.size)
        known = told | self.people.everybody(self.people.vouched(source))
        return truth(told, self._unless(name, known))

    @cached_property
    def dangerous(self) -> Truth:
        """Whether a member's dwelling is dangerous."""
        return self._any(Input.DANGEROUS_HOUSING, Kind.DANGEROUS, Source.DANGEROUS_HOUSING)

    @cached_property
    def supported(self) -> Truth:
        """Whether somebody outside supports it."""
        return self._any(Input.SUPPORT_OUTSIDE, Kind.SUPPORTS, Source.SUPPORTER)

    @cached_property
    def assisted(self) -> Truth:
        """Whether a member was assisted before."""
        rows = self.people.rows(Kind.HISTORY)
        on_roll = some(self.people.rows(Kind.ROLL).owner, self.size)
        ever = on_roll | some(rows.owner[rows.a == 1], self.size)
        known = ever | some(rows.owner, self.size)
        return truth(ever, self._unless(Input.ASSISTED_BEFORE, known))

    @cached_property
    def single_parent(self) -> Truth:
        """Whether a single parent lives with a child under age; as `scoring.inputs.family`."""
        people = self.people
        age = _told_ages(people)[people.members]
        relation = people.person.b[people.members]
        adult = age >= _ADULT
        grown = count(people.home, ~adult, self.size) == 0
        child = count(people.home, (age >= 0) & ~adult, self.size) > 0
        heads = adult & (relation == _HEAD)
        headed = count(people.home, heads, self.size) > 0
        spouse = count(people.home, adult & np.isin(relation, _SPOUSES), self.size) > 0
        alone, said = self._marriage(heads)
        parted = child & headed & ~spouse
        known = grown | (child & headed & spouse) | (parted & said)
        return truth(parted & alone & ~grown, self._unless(Input.SINGLE_PARENT, known))

    def _marriage(self, heads: Truths) -> tuple[Truths, Truths]:
        """Return where the first head is alone, and where it is said whether they are."""
        people = self.people
        rows = people.table.of_people(Kind.MARITAL)
        status = np.full(people.size, -1, np.int64)
        status[rows.owner] = rows.a
        owners, first = np.unique(people.home[heads], return_index=True)
        of_head = np.full(self.size, -1, np.int64)
        of_head[owners] = status[people.members[heads][first]]
        return np.isin(of_head, _ALONE), np.isin(of_head, (*_ALONE, *_MARRIED))

    # -- what rules ask of members -----------------------------------------------------------

    def aged(self, low: int, high: int) -> Truth:
        """Whether people are `low` to `high` years old, both inclusive."""
        age = self.people.age
        return truth((age >= low) & (age <= high), age >= 0)

    @cached_property
    def minor(self) -> Truth:
        """Who is under age."""
        return truth(self.people.age < self.document.ages.adult, self.people.age >= 0)

    @cached_property
    def of_working_age(self) -> Truth:
        """Who is of an age to work."""
        return self.aged(self.document.ages.working_from, self.document.ages.working_to)

    @cached_property
    def severe(self) -> Truth:
        """Who has a disability that is severe for assistance."""
        illness = self.document.illness

        def counts(category: Whole, level: Whole) -> Truths:
            mind = (level <= illness.severe_level_mind) & np.isin(category, illness.mind_categories)
            found: Truths = (level <= illness.severe_level) | mind
            return found

        return self.people.disabled(counts)

    @cached_property
    def sick(self) -> Truth:
        """Who counts as sick or severely disabled."""
        admissions = self.people.admissions
        often = truth(admissions >= self.document.illness.sick_admissions, admissions >= 0)
        return either(self.people.major_disease, often, self.severe)

    @cached_property
    def working(self) -> Truth:
        """Who works; not being insured as an employee tells nothing."""
        return np.where(self.people.employee_insured == 1, np.int8(1), self.people.employed)

    @cached_property
    def able(self) -> Truth:
        """Who is of an age to work and not sick."""
        return both(self.of_working_age, negation(self.sick))

    # -- events ------------------------------------------------------------------------------

    def latest(self, name: Input, kind: Kind, since: int) -> Whole:
        """Return the latest day of an event of a member from a day on, or `NEVER`."""
        if name in self.people.forgotten:
            return np.zeros(self.size, np.int64)
        rows = self.people.rows(kind)
        rows = rows.where((rows.a >= since) & (rows.a <= self.people.day))
        return largest(rows.owner, rows.a, self.size, NEVER)


def _told_ages(people: People) -> Whole:
    """Return ages by what is told, whether or not the profile has birth dates as an input."""
    return People(people.table, people.as_of, people.silences).age
