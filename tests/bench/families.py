"""Made-up families to measure with: none of them can belong to anybody, sizes are as in life.

A family depends on the seed and its index alone, so that several processes can make them. Every
tenth family is warned about, and a village has about sixty warned families, so that a page of
fifty is full and another village asks for other people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from hub.demo.names import given_name, phone, surname
from schema.ids import check_character

CELL = "420106"
WARNED_ONE_IN = 10
WARNED_A_VILLAGE = 60
SIZES = (1, 2, 3, 3, 3, 4, 5)
"""Members of a family."""
MEAN_SIZE = 3
RELATIONS = ("02", "10", "20", "30", "51")
DIMENSIONS = ("economy", "health", "people", "structure", "learning", "work")
SINCE = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one dataset; `values` has every field, coarse forms not yet derived."""

    dataset: str
    valid_from: date
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    number: str
    relation: str
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Family:
    number: str
    region: str
    members: tuple[Person, ...]
    records: tuple[Record, ...]
    """Score, and alert if there is one: records about the household."""

    @property
    def is_warned(self) -> bool:
        return len(self.records) > 1


def villages(people: int) -> int:
    """Return how many villages a district of about that many people has here."""
    return max(1, people // 3 // WARNED_ONE_IN // WARNED_A_VILLAGE)


def village(index: int) -> str:
    return f"{CELL}{index // 100 + 1:03d}{index % 100 + 1:03d}"


def family_count(people: int) -> int:
    """Return how many families have about that many people."""
    return -(-people // MEAN_SIZE)


def families(people: int, seed: int) -> Iterator[Family]:
    """Give families with about `people` people; the same seed, the same values."""
    for index in range(family_count(people)):
        yield family(index, people, seed)


def family(index: int, people: int, seed: int) -> Family:
    """Return one family of a district with about `people` people."""
    # Not a secret: the same values each time are what is wanted.
    rng = Random(seed << 32 | index)
    region = village(index // WARNED_ONE_IN % villages(people))
    number = f"H{index:09d}"
    name, size = surname(rng), rng.choice(SIZES)
    home = f"示范区{region[6:9]}街道{region[9:]}社区{index % 900 + 1}号"
    first = index * max(SIZES)
    members = tuple(
        _person(rng, first + n, RELATIONS[n], name, (number, region, home)) for n in range(size)
    )
    is_warned = index % WARNED_ONE_IN == 0
    total = rng.randrange(40, 96) if is_warned else rng.randrange(40)
    records = [_record("score", _score(rng, total))]
    if is_warned:
        records.append(_record("alert", _alert(total)))
    return Family(number, region, members, tuple(records))


def _record(dataset: str, values: Mapping[str, Any], valid_from: date = SINCE) -> Record:
    return Record(dataset, valid_from, values)


def _person(
    rng: Random, index: int, relation: str, family_name: str, home: tuple[str, str, str]
) -> Person:
    male = rng.random() < 0.5
    born = date(1935, 1, 1) + timedelta(days=rng.randrange(32_000))
    # 10,000 prefixes that were never assigned, then the sequence: nobody has a number twice.
    first17 = f"69{index % 10_000:04d}{born:%Y%m%d}{index // 10_000 * 2 + (1 if male else 2):03d}"
    number = first17 + check_character(first17)
    household_number, region, street = home
    population = {
        "national_id": number,
        "name": family_name + given_name(rng, male=male),
        "sex": "1" if male else "2",
        "birth_date": born,
        "ethnic_group": "01",
        "household_number": household_number,
        "relation_to_head": relation,
        "registered_address": street,
        "phone": phone(rng),
        "region": region,
        "status": "1",
    }
    records = [_record("population", population), _enrolment(rng, index)]
    if rng.random() < 0.15:
        records.append(_certificate(rng, number))
    if rng.random() < 0.25:
        records.append(_settlement(rng, index))
    return Person(number, relation, tuple(records))


def _enrolment(rng: Random, index: int) -> Record:
    start = date(rng.randrange(2015, 2024), 1, 1)
    values = {
        "personal_number": f"YB{index:010d}",
        "scheme": rng.choice(("310", "390", "390")),
        "status": "active",
        "subsidised": rng.random() < 0.2,
        "start_date": start,
        "end_date": None,
    }
    return _record("medical_enrolment", values, start)


def _certificate(rng: Random, number: str) -> Record:
    category, level = rng.choice("1234567"), rng.choice("1234")
    issued = date(rng.randrange(2012, 2024), 6, 1)
    values = {
        "certificate_number": f"{number}{category}{level}",
        "category": category,
        "level": level,
        "issued_on": issued,
        "status": "valid",
    }
    return _record("disability_certificate", values, issued)


def _settlement(rng: Random, index: int) -> Record:
    settled = date(2025, 1, 1) + timedelta(days=rng.randrange(300))
    total = rng.randrange(10_000, 9_000_000)
    paid = total * rng.randrange(30, 80) // 100
    values = {
        "settlement_number": f"JS{index:010d}",
        "visit_type": "21",
        "admitted_on": settled - timedelta(days=9),
        "discharged_on": settled - timedelta(days=1),
        "settled_on": settled,
        "total_cents": total,
        "fund_paid_cents": paid,
        "self_paid_cents": total - paid,
        "major_disease": total > 5_000_000,
    }
    return _record("medical_settlement", values, settled)


def _band(total: int) -> str:
    return "green" if total < 40 else "yellow" if total < 60 else "orange" if total < 80 else "red"


def _score(rng: Random, total: int) -> dict[str, Any]:
    dimensions = [
        {"code": code, "points": total // 6, "cap": 20, "coverage": 15} for code in DIMENSIONS
    ]
    reason = {
        "indicator": "H1",
        "dimension": "health",
        "points": rng.randrange(20),
        "textZh": "家庭成员有残疾",
        "textEn": "a member is disabled",
        "source": "disabled-federation",
        "sourceTime": None,
        "ageDays": None,
    }
    return {
        "total": total,
        "band": _band(total),
        "coverage": rng.randrange(40, 90),
        "profile": "0" * 64,
        "dimensions": dimensions,
        "reasons": [reason] * 3,
    }


def _alert(total: int) -> dict[str, Any]:
    return {
        "band": _band(total),
        "total": total,
        "status": "screened",
        "opened_at": None,
        "due_on": date(2026, 12, 31),
        "outcome": None,
        "urgent": total > 90,
    }
