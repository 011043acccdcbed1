"""Coarse forms: what may be told where the whole value may not.

Each is a pure function from a record's values to a coarser one; it answers None
where its inputs are unknown.
"""

from datetime import date
from typing import Final

from schema.catalogue import Values

_BAND_CUTS: Final = ((1, "0"), (100_000, "1"), (500_000, "2"), (2_000_000, "3"))
"""A band holds what is below its cut, in cents, and not below the cut before."""


def birth_year(values: Values) -> int | None:
    """Return the year of `birth_date`."""
    born = values.get("birth_date")
    return born.year if isinstance(born, date) else None


def self_paid_band(values: Values) -> str | None:
    """Return the band of `self_paid_cents` (code list `self_paid_band`)."""
    cents = values.get("self_paid_cents")
    if not isinstance(cents, int):
        return None
    return next((band for below, band in _BAND_CUTS if cents < below), "4")


def is_severe_disability(values: Values) -> bool | None:
    """Whether a disability counts as severe for assistance.

    Level 1-2 of any category, and level 3 of intellectual or mental disability
    (assistance practice over GB/T 26341).
    """
    category, level = values.get("category"), values.get("level")
    if category is None or level is None:
        return None
    return level in {"1", "2"} or (level == "3" and category in {"5", "6"})


def released_from_custody(values: Values) -> date | None:
    """Return the day of release of someone who is not in custody any more; nothing else of it."""
    return _released(values, "in_custody", "custody_to")


def released_from_prison(values: Values) -> date | None:
    """Return the day of release of someone who is not in prison any more; nothing else of it."""
    return _released(values, "in_prison", "prison_to")


def _released(values: Values, held: str, until: str) -> date | None:
    day = values.get(until)
    return day if values.get(held) is False and isinstance(day, date) else None


def is_unattended(values: Values) -> bool | None:
    """Whether a child is an orphan or de facto unattended."""
    known = [values.get("orphan"), values.get("unattended")]
    if True in known:
        return True
    return None if None in known else False


def has_listed_disease(values: Values) -> bool | None:
    """Whether there is a listed major disease, whichever it is."""
    found = values.get("major_disease_class")
    return None if found is None else found != "none"
