"""Rows of five integers: a kind, a member's index, and three numbers whose meaning the kind gives.

Kinds and sources keep their numbers for ever: they stand in sealed vectors. A new kind or source
takes a new number; one that is no longer read keeps its own.
"""

from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from schema.catalogue import Dataset
from schema.datasets.civil_affairs_registers import (
    ASSISTANCE_HISTORY,
    ASSISTANCE_ROLL,
    CHILD_STATUS,
    FUNERAL,
    MARITAL_STATUS_RECORD,
    SUPPORTER,
)
from schema.datasets.disabled_federation import DISABILITY_CERTIFICATE
from schema.datasets.education import SCHOOL_ALERT, SCHOOL_ROLL
from schema.datasets.emergency_management import DISASTER_DAMAGE
from schema.datasets.health import DEATH_CERTIFICATE, HEALTH_STATUS_RECORD
from schema.datasets.housing import DANGEROUS_HOUSING
from schema.datasets.human_resources import (
    EMPLOYMENT_REGISTRATION,
    PENSION,
    SOCIAL_INSURANCE,
    UNEMPLOYMENT_BENEFIT,
)
from schema.datasets.justice import JUSTICE_STATUS
from schema.datasets.medical_insurance import MEDICAL_ENROLMENT, MEDICAL_SETTLEMENT
from schema.datasets.public_security import POPULATION
from schema.datasets.public_security_registers import CUSTODY_STATUS

FOREVER: Final = date.max.toordinal()
"""The end of a period that lasts."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(when: datetime) -> int:
    """Return an aware moment as microseconds since 1970, exactly."""
    return (when - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the moment that `micros` made a number of."""
    return _EPOCH + timedelta(microseconds=value)


class Source(IntEnum):
    """A dataset whose records feed the score, by its number in `Kind.WORD`."""

    POPULATION = 1
    DISABILITY_CERTIFICATE = 2
    MEDICAL_SETTLEMENT = 3
    MEDICAL_ENROLMENT = 4
    HEALTH_STATUS = 5
    SOCIAL_INSURANCE = 6
    PENSION = 7
    UNEMPLOYMENT_BENEFIT = 8
    EMPLOYMENT_REGISTRATION = 9
    SCHOOL_ROLL = 10
    SCHOOL_ALERT = 11
    CHILD_STATUS = 12
    CUSTODY_STATUS = 13
    JUSTICE_STATUS = 14
    DANGEROUS_HOUSING = 15
    MARITAL_STATUS = 16
    ASSISTANCE_ROLL = 17
    ASSISTANCE_HISTORY = 18
    SUPPORTER = 19
    FUNERAL = 20
    DEATH_CERTIFICATE = 21
    DISASTER_DAMAGE = 22

    @property
    def department(self) -> str:
        """Whose dataset it is: whose word a record is, and whose silence its absence."""
        return DATASETS[self].department


DATASETS: Final[dict[Source, Dataset]] = {
    Source.POPULATION: POPULATION,
    Source.DISABILITY_CERTIFICATE: DISABILITY_CERTIFICATE,
    Source.MEDICAL_SETTLEMENT: MEDICAL_SETTLEMENT,
    Source.MEDICAL_ENROLMENT: MEDICAL_ENROLMENT,
    Source.HEALTH_STATUS: HEALTH_STATUS_RECORD,
    Source.SOCIAL_INSURANCE: SOCIAL_INSURANCE,
    Source.PENSION: PENSION,
    Source.UNEMPLOYMENT_BENEFIT: UNEMPLOYMENT_BENEFIT,
    Source.EMPLOYMENT_REGISTRATION: EMPLOYMENT_REGISTRATION,
    Source.SCHOOL_ROLL: SCHOOL_ROLL,
    Source.SCHOOL_ALERT: SCHOOL_ALERT,
    Source.CHILD_STATUS: CHILD_STATUS,
    Source.CUSTODY_STATUS: CUSTODY_STATUS,
    Source.JUSTICE_STATUS: JUSTICE_STATUS,
    Source.DANGEROUS_HOUSING: DANGEROUS_HOUSING,
    Source.MARITAL_STATUS: MARITAL_STATUS_RECORD,
    Source.ASSISTANCE_ROLL: ASSISTANCE_ROLL,
    Source.ASSISTANCE_HISTORY: ASSISTANCE_HISTORY,
    Source.SUPPORTER: SUPPORTER,
    Source.FUNERAL: FUNERAL,
    Source.DEATH_CERTIFICATE: DEATH_CERTIFICATE,
    Source.DISASTER_DAMAGE: DISASTER_DAMAGE,
}


class Kind(IntEnum):
    """What a row says; `a`, `b` and `c` are its numbers. Days are ordinals, amounts cents."""

    LAYOUT = 0
    """First row. Member: the layout. a: day of writing, b: first day on which to read anew; c: the
    number of rows, and which fields were read."""
    REGION = 1
    """The household's. a: 1 where known, c: the twelve digits."""
    REGION_SINCE = 2
    """c: when the register said so, in microseconds."""
    PERSON = 3
    """a: day on which the person left, 0 for a member; b: relation, -1 unknown; c: known since."""
    WORD = 4
    """A source has records of the person. a: the source, c: when its newest was changed."""
    BORN = 5
    DISABILITY = 6
    """a: category, b: level."""
    ADMISSION = 7
    SELF_PAID = 8
    """a: day of settlement, c: all that was paid on it."""
    MAJOR_DISEASE = 9
    LISTED_DISEASE = 10
    EMPLOYEE_INSURED = 11
    SPELL = 12
    """Of active insurance. a: first day, b: last day, c: pay base a month."""
    PENSION = 13
    """a: first day, b: last day, c: amount a month."""
    BENEFIT = 14
    """As `PENSION`."""
    UNEMPLOYED = 15
    """a: 0 or 1."""
    SCHOOL = 16
    """a: place in `STAGES` of `scoring.facts.reads.learning`."""
    SCHOOL_ALERT = 17
    UNATTENDED = 18
    """a: 0 or 1."""
    RELEASED = 19
    DANGEROUS = 20
    MARITAL = 21
    """a: code of GB/T 2261.2."""
    ROLL = 22
    HISTORY = 23
    """a: whether ever assisted."""
    SUPPORTS = 24
    DIBAO_ENDED = 25
    DIED = 26
    DISASTER = 27
    POINTS = 60
    """What was stored last. Member: the indicator's place in the profile, a: points, -1 undecided.
    An indicator without points has no row."""
    FIRED = 61
    """What was stored last. Member: the trigger's place, a: day it occurred, 0 for a state."""
    PROFILE = 62
    """What was stored last. c: the first eight bytes of the profile's digest."""
    BLANK = 63
    """Fills up, so that the length tells little."""


class Row(NamedTuple):
    """One row. Numbers that a kind does not use are 0."""

    kind: int
    member: int = 0
    a: int = 0
    b: int = 0
    c: int = 0
