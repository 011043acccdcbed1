"""The family of the worked example, as departments' records in our words.

A father who worked until spring and was in hospital twice, his parents, his daughter in junior
high. The day is 1 November 2026.
"""

from datetime import date

from tests.support.facts import person

AS_OF = date(2026, 11, 1)
_PAID = ((date(2025, 12, 10), 4000), (date(2026, 3, 5), 8000))
_PAID_LATER = ((date(2026, 7, 8), 10_000), (date(2026, 10, 19), 2000))


def _settlement(day, yuan, visit):
    values = {"visit_type": visit, "admitted_on": day, "settled_on": day, "major_disease": False}
    return "medical_settlement", {**values, "self_paid_cents": yuan * 100}


def _born(year, month, day):
    return "population", {"birth_date": date(year, month, day)}


def _pension(yuan):
    values = {"start_date": date(2022, 9, 1), "end_date": None, "monthly_cents": yuan * 100}
    return "pension", values


def father():
    wage = {"month_from": date(2019, 3, 1), "month_to": date(2026, 5, 1), "base_cents": 540_000}
    return [
        _born(1982, 3, 14),
        ("social_insurance", {**wage, "status": "active"}),
        *(_settlement(day, yuan, "outpatient") for day, yuan in _PAID),
        *(_settlement(day, yuan, "inpatient") for day, yuan in _PAID_LATER),
    ]


def daughter():
    return [
        _born(2012, 11, 30),
        ("school_roll", {"stage": "junior", "status": "enrolled"}),
        ("school_alert", {"kind": "results", "reported_on": date(2026, 10, 12)}),
    ]


def family():
    """Return the four as `tests.support.facts.person` has them; the father is the head."""
    return [
        person([_born(1960, 5, 2), _pension(1900)], relation="51"),
        person([_born(1962, 8, 21), _pension(1700)], relation="52"),
        person(father(), relation="02"),
        person(daughter(), relation="30"),
    ]
