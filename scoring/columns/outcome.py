"""Totals, bands and coverage of many households, and which of them differ from what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scoring.columns.household import Homes
from scoring.columns.inputs import People
from scoring.columns.rules import COLUMN_RULES
from scoring.columns.table import Table, Truths, Whole
from scoring.columns.triggers import COLUMN_TRIGGERS, SILENT
from scoring.facts import Kind, Row
from scoring.inputs import Silences
from scoring.parameters.document import Region
from scoring.profile import Profile
from scoring.score import Band, Score

_UNDECIDED: Final = -1
_LARGE: Final = 10_000_000_000
"""Cents above which products with basis points could leave 64 bits."""
_MONEY: Final = (Kind.SELF_PAID, Kind.SPELL, Kind.PENSION, Kind.BENEFIT)


def profile_number(profile: Profile) -> int:
    """Return the profile's digest as one integer, as a vector keeps it."""
    return int.from_bytes(bytes.fromhex(profile.digest)[:8], "little", signed=True)


def kept_rows(score: Score, profile: Profile) -> Iterator[Row]:
    """Return what a vector keeps of a stored score, to tell whether another one differs."""
    document = profile.document
    points = {reason.indicator: reason.points for reason in score.reasons}
    points |= dict.fromkeys(score.undecided, _UNDECIDED)
    for place, indicator in enumerate(document.indicators):
        if given := points.get(indicator.code, 0):
            yield Row(Kind.POINTS, place, given)
    fired = {trigger.code: trigger.occurred_on for trigger in score.triggers}
    for place, trigger in enumerate(document.triggers):
        if trigger.code in fired:
            day = fired[trigger.code]
            yield Row(Kind.FIRED, place, day.toordinal() if day else 0)
    yield Row(Kind.PROFILE, c=profile_number(profile))


@dataclass(frozen=True)
class Outcome:
    """Scores by columns, one place for each household; a household of nobody has no score."""

    scored: Truths
    """Where somebody lives."""
    points: NDArray[np.int64]
    """Households by indicators; -1 is undecided."""
    fired: NDArray[np.int64]
    """Households by triggers: the day as an ordinal, 0 for a state, -1 for silent."""
    dimensions: NDArray[np.int64]
    """Households by dimensions: capped points."""
    coverages: NDArray[np.int64]
    """Households by dimensions: how much of the cap could be decided."""
    total: Whole
    coverage: Whole
    band: Whole
    """Rank of the band."""
    changed: Truths
    """Where points, silences, triggers or the profile differ from what the vector keeps."""
    unusual: Truths
    """Where an amount is so large that the interpreter has to be asked."""

    def bands(self) -> list[int]:
        """Return how many households are in each band, in rising order."""
        found = np.bincount(self.band[self.scored], minlength=len(Band))
        return [int(number) for number in found]


@dataclass(frozen=True)
class ColumnScorer:
    """Scores tables of vectors under one profile."""

    profile: Profile

    def score(self, table: Table, as_of: date, silences: Silences) -> Outcome:
        """Return the scores of every household of the table on a day."""
        document = self.profile.document
        people = People(table, as_of, silences, self.profile.unavailable)
        homes = Homes(people, document, self._standards(table, as_of))
        points = self._points(homes)
        triggers = [COLUMN_TRIGGERS[t.rule](homes, t.cut) for t in document.triggers]
        fired = np.stack(triggers, axis=1) if triggers else np.zeros((homes.size, 0), np.int64)
        dimensions, coverages = self._dimensions(points)
        total = dimensions.sum(axis=1)
        cuts = np.array([rule.cut for rule in document.bands], np.int64)
        band = np.searchsorted(cuts, total, side="right").astype(np.int64)
        return Outcome(
            scored=people.member_count > 0,
            points=points,
            fired=fired,
            dimensions=dimensions,
            coverages=coverages,
            total=total,
            coverage=coverages.sum(axis=1),
            band=np.where((fired != SILENT).any(axis=1), Band.RED.rank, band),
            changed=self._changed(table, points, fired),
            unusual=_unusual(table),
        )

    def _standards(self, table: Table, as_of: date) -> dict[int, Region | None]:
        numbers = np.unique(table.of_homes(Kind.REGION).c).tolist()
        return {number: self.profile.region(f"{number:012}", as_of) for number in numbers}

    def _points(self, homes: Homes) -> NDArray[np.int64]:
        columns = []
        for indicator in self.profile.document.indicators:
            given, undecided = COLUMN_RULES[indicator.rule](homes, indicator.tiers)
            columns.append(np.where(undecided, _UNDECIDED, given))
        return np.stack(columns, axis=1)

    def _dimensions(self, points: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        document = self.profile.document
        given, covered = [], []
        for dimension in document.dimensions:
            own = [n for n, i in enumerate(document.indicators) if i.dimension == dimension.code]
            most = np.array([document.indicators[n].most for n in own], np.int64)
            mine = points[:, own]
            given.append(np.minimum(np.maximum(mine, 0).sum(axis=1), dimension.cap))
            lost = np.where(mine == _UNDECIDED, most, 0).sum(axis=1)
            covered.append(np.maximum(dimension.cap - lost, 0))
        return np.stack(given, axis=1), np.stack(covered, axis=1)

    def _changed(self, table: Table, points: NDArray[np.int64], fired: NDArray[np.int64]) -> Truths:
        stored = np.zeros_like(points)
        places, rows = table.places(Kind.POINTS), table.of_homes(Kind.POINTS)
        inside = places < points.shape[1]
        stored[rows.owner[inside], places[inside]] = rows.a[inside]
        told = np.full_like(fired, SILENT)
        places, rows = table.places(Kind.FIRED), table.of_homes(Kind.FIRED)
        inside = places < fired.shape[1]
        told[rows.owner[inside], places[inside]] = rows.a[inside]
        of_profile = table.of_homes(Kind.PROFILE)
        same = np.zeros(table.homes, np.bool_)
        same[of_profile.owner] = of_profile.c == profile_number(self.profile)
        differs = (stored != points).any(axis=1) | (told != fired).any(axis=1)
        changed: Truths = differs | ~same
        return changed


def _unusual(table: Table) -> Truths:
    found = np.zeros(table.homes, np.bool_)
    for kind in _MONEY:
        rows = table.of_people(kind)
        found[table.person_home[rows.owner[np.abs(rows.c) > _LARGE]]] = True
    return found
