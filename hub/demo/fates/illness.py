"""Births, deaths and diseases: what the health department knows, and insurers of diagnoses."""

from typing import Final

from hub.demo.fates.fate import Fate
from hub.demo.health import Chart
from hub.demo.lives import Health
from hub.demo.people import Person, Plot
from hub.demo.records import BirthCertificate, DeathCertificate, Diagnosis, HealthStatus

CLASSES: Final = (
    ("tumour", "C34.9"),
    ("tumour", "C50.9"),
    ("renal", "N18.5"),
    ("leukaemia", "C92.0"),
    ("cirrhosis", "K74.6"),
    ("lupus", "M32.9"),
    ("diabetes", "E11.2"),
    ("copd", "J44.9"),
    ("haemophilia", "D66"),
    ("crohn", "K50.9"),
)
"""Classes of listed major diseases with an ICD-10 code of each."""
_OTHERS: Final = ("N04.9", "I10", "M54.5", "J18.9", "K29.5")
_NEPHROTIC: Final = "N04.9"
_SHARE: Final = {Plot.HARD_PRESSED: 0.25, Plot.STRAINED: 0.05}
HOSPITAL: Final = "示范区人民医院"


def health(fate: Fate, chart: Chart) -> Health:
    """Return what health knows of a person, and the insurer's diagnosis."""
    person = chart.person
    if fate.is_known:
        if not chart.settlements:
            return Health()
        key, since = f"ZD{person.slot}", fate.ago(300, 310)
        return Health(diagnosis=Diagnosis(key, _NEPHROTIC, "none", chronic=True, since=since))
    if not fate.is_listed:
        return Health()
    first = fate.after_birth(person, fate.ago(20, 700))
    since = min(first, person.died_on or first)
    status, diagnosis = None, None
    if fate.rng.random() < _SHARE.get(fate.plot, 0.012):
        kind, code = fate.rng.choice(CLASSES)
        status = HealthStatus(f"DB{person.slot}", kind, code, since, fate.chance(0.03))
        if fate.chance(0.5):
            diagnosis = Diagnosis(f"ZD{person.slot}", code, kind, chronic=True, since=since)
    elif fate.chance(0.006):
        status = HealthStatus(f"DB{person.slot}", "none", None, since, severe_mental_disorder=True)
    elif chart.settlements and fate.chance(0.06):
        code = fate.rng.choice(_OTHERS)
        diagnosis = Diagnosis(f"ZD{person.slot}", code, "none", fate.chance(0.5), since)
    return Health(status, _birth(fate, person), _death(fate, person), diagnosis)


def _birth(fate: Fate, person: Person) -> BirthCertificate | None:
    if fate.age(person) > 12 or not fate.chance(0.9):
        return None
    return BirthCertificate(f"CS{person.slot}", person.birth_date, HOSPITAL)


def _death(fate: Fate, person: Person) -> DeathCertificate | None:
    if person.died_on is None or not fate.chance(0.85):
        return None
    return DeathCertificate(f"SW{person.slot}", person.died_on)
