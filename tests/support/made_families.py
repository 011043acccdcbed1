"""Random households as departments tell of them: records around the edges of every rule."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from scoring.facts.rows import DATASETS
from tests.support.facts import AS_OF, person

REGION, NOWHERE = "420106001001", "690101001001"
EDGES = [
    *(AS_OF - timedelta(days=days) for days in (0, 1, 89, 90, 91, 97, 98, 180, 181, 365, 366)),
    *(date(2026, 5, 1), date(2026, 8, 1), date(2026, 7, 31), date(2025, 11, 1), date(2025, 11, 2)),
    *(date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 2), date(2027, 1, 1), date(2025, 12, 1)),
]
BIRTHS = [
    *(date(2026, 10, 30), date(2008, 11, 1), date(2008, 11, 2), date(1966, 11, 1)),
    *(date(1966, 11, 2), date(1967, 1, 1), date(1946, 11, 1), date(1946, 11, 2), date(1990, 2, 28)),
    *(date(1984, 2, 29), date(2010, 6, 6)),
]
MONTHS = sorted({day.replace(day=1) for day in EDGES})
MAYBE = [None, *EDGES]
CENTS = [0, 1, 1200, 92_999, 93_000, 139_500, 186_000, 278_999, 279_000, 500_000]
YES_NO = [True, False]
FIELDS = {
    "population": {"birth_date": [None, *BIRTHS * 2]},
    "disability_certificate": {
        "category": "1234567",
        "level": "1234",
        "status": ["valid", "valid", "cancelled"],
    },
    "medical_settlement": {
        "visit_type": ["inpatient", "outpatient"],
        "admitted_on": MAYBE,
        "settled_on": EDGES,
        "self_paid_cents": CENTS,
        "major_disease": YES_NO,
    },
    "medical_enrolment": {
        "scheme": ["310", "390"],
        "status": ["active", "ended"],
    },
    "health_status": {"listed_major_disease": [None, True, False]},
    "social_insurance": {
        "status": ["active", "active", "ended"],
        "month_from": MONTHS,
        "month_to": [None, None, *MONTHS],
        "base_cents": CENTS,
    },
    "pension": {"start_date": MAYBE, "end_date": MAYBE, "monthly_cents": CENTS},
    "unemployment_benefit": {
        "start_date": MAYBE,
        "end_date": MAYBE,
        "monthly_cents": CENTS,
    },
    "employment_registration": {"registered_unemployed": [None, True, False]},
    "school_roll": {
        "stage": ["primary", "junior", "senior", "university"],
        "status": ["enrolled", "enrolled", "left"],
    },
    "school_alert": {"reported_on": EDGES},
    "child_status": {"unattended_verdict": [None, True, False]},
    "custody_status": {"released_on": MAYBE},
    "justice_status": {"released_on": MAYBE},
    "dangerous_housing": {"grade": "ABCD"},
    "marital_status": {"status": ["10", "21", "30", "40", "90"]},
    "assistance_roll": {
        "category": ["DB", "TK"],
        "end_date": MAYBE,
        "end_reason": [None, "deceased", "other"],
    },
    "assistance_history": {"ever_assisted": YES_NO},
    "supporter": {"supports": YES_NO},
    "funeral": {"died_on": EDGES},
    "death_certificate": {"died_on": EDGES},
    "disaster_damage": {
        "kind": ["fire", "flood", "other"],
        "occurred_on": EDGES,
        "loss_level": [1, 2, 4],
    },
}
assert set(FIELDS) == {dataset.name for dataset in DATASETS.values()}
DEPARTMENTS = sorted({dataset.department for dataset in DATASETS.values()})
RELATIONS = ["02", "02", "02", "10", "11", "20", "30"]
KNOWN = [datetime(2026, 7, 1, tzinfo=UTC)] * 4 + [datetime(2026, 9, 1, tzinfo=UTC)]


def drawn(fields):
    return st.fixed_dictionaries({name: st.sampled_from(list(v)) for name, v in fields.items()})


records = st.one_of(*(st.tuples(st.just(name), drawn(fields)) for name, fields in FIELDS.items()))
people = st.builds(
    lambda born, told, **given: person([("population", born), *told], **given),
    drawn(FIELDS["population"]),
    st.lists(records, max_size=7),
    relation=st.sampled_from(RELATIONS),
    left_on=st.sampled_from([None, None, *EDGES]),
    known=st.sampled_from(KNOWN),
)
families = st.tuples(
    st.lists(people, min_size=1, max_size=4), st.sampled_from([REGION, REGION, NOWHERE, None])
)
asked = st.just(frozenset(DEPARTMENTS)) | st.frozensets(st.sampled_from(DEPARTMENTS))


def by_chance(random, name):
    """Return a record of a dataset."""
    return name, {field: random.choice(list(values)) for field, values in FIELDS[name].items()}


def person_by_chance(random):
    """Return a person of whom some departments have records; few left, and some of those died."""
    left = random.choice(EDGES) if random.random() < 0.15 else None
    names = [name for name in (*FIELDS, "medical_settlement") if random.random() < 0.3]
    names += ["medical_settlement"] * random.choice([0, 0, 0, 3])
    if left and random.random() < 0.7:
        names += ["funeral", "social_insurance"]
    told = [by_chance(random, name) for name in ("population", *names)]
    kin, known = random.choice(RELATIONS), random.choice(KNOWN)
    return person(told, relation=kin, left_on=left, known=known)


def family_by_chance(random):
    """Return people and region of a household."""
    several = range(random.choice([1, 1, 2, 2, 3, 4, 5]))
    region = random.choice([REGION, REGION, REGION, NOWHERE, None])
    return [person_by_chance(random) for _ in several], region
