"""Consent in a query: whose authorisation covers which records, today, as the hub knows it now.

An authorisation covers one person, one source and one purpose. Whether it does is a condition of
the one statement, so it is decided in the snapshot that the rows are of, and never kept with a
plan; `asOf` and `knownAt` move the rows and not this. Nothing is read of whom none covers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from hub.access import Entitlement
from hub.query.bind import day_of
from hub.query.fetch import Sealed
from hub.query.model import Level, Plan, PlannedError
from hub.query.sql_packed import Packed, among
from hub.query.sql_parts import dataset_of
from schema.datasets.credit import AUTHORISATION

_TODAY: Final = "consent_today"
_PURPOSE: Final = "consent_purpose"
_NEVER: Final = sa.text("'infinity'")


def covered_people(tables: Any, level: Level, above: Packed) -> "sa.Select[Any]":
    """Return those people of the level above whose authorisation covers a level of records."""
    link, given = tables["link"].alias(), tables[AUTHORISATION.name].alias()
    today = sa.bindparam(_TODAY, type_=sa.Date)
    is_its = sa.and_(given.c.cell == link.c.cell, given.c.identity_id == link.c.identity_id)
    return (
        sa.select(link.c.person_id)
        .distinct()
        .select_from(link.join(given, is_its))
        .where(
            among(link.c.cell, above.all("cell")),
            among(link.c.person_id, above.all("person_id")),
            link.c.department == AUTHORISATION.department,
            given.c.revoked_at.is_(None),
            given.c.source == dataset_of(level).department,
            given.c.purpose == sa.bindparam(_PURPOSE, type_=sa.Text),
            *(
                sa.and_(t.c.valid_from <= today, t.c.valid_to > today, t.c.known_to == _NEVER)
                for t in (link, given)
            ),
        )
    )


def consent_parameters(entitlement: Entitlement, at: datetime) -> dict[str, object]:
    """Return what the condition is bound to at one request: its purpose, and the day it is."""
    return {_TODAY: day_of(at), _PURPOSE: entitlement.purpose}


def uncovered_of(plan: Plan, sealed: Sealed) -> tuple[PlannedError, ...]:
    """Return the one error of each selection that somebody's authorisation does not cover."""
    return tuple(
        level.uncovered
        for level in plan.consents
        if level.uncovered is not None and len(_covered(level, sealed)) < _people(level, sealed)
    )


def answered_with(plan: Plan, sealed: Sealed) -> tuple[str, ...]:
    """Return every field that was answered, those that needed consent if anybody gave it."""
    names = set(plan.answered)
    for level in plan.consents:
        if _covered(level, sealed):
            names.update(level.answered)
    return tuple(sorted(names))


def covered_subjects(plan: Plan, sealed: Sealed) -> list[tuple[Sequence[bytes], tuple[str, ...]]]:
    """Return who was answered about with consent, as the log knows them, and which fields."""
    found: list[tuple[Sequence[bytes], tuple[str, ...]]] = []
    for level in plan.consents:
        covered, above = _covered(level, sealed), sealed.levels[_parent(level)]
        pairs = zip(above["person_id"], above["log_alias"], strict=True)
        aliases = [alias for person, alias in pairs if person in covered]
        found.append((aliases, level.answered))
    return found


def _covered(level: Level, sealed: Sealed) -> frozenset[bytes]:
    return sealed.covered[level.index]


def _people(level: Level, sealed: Sealed) -> int:
    return len(set(sealed.levels[_parent(level)]["person_id"]))


def _parent(level: Level) -> int:
    assert level.parent is not None  # noqa: S101 - records of people have people above
    return level.parent
