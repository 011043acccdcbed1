"""What departments know of one made-up person, in the hub's own words and codes.

Each class is one record of one dataset of `schema/datasets/`; a department's writer only
translates it into that department's words. `key` is the record's key in its department:
the writer must keep it, because the truth file and the expectation name records by it.
Amounts are integer cents, days are days in China. A period ends with its last day;
None is a period that lasts.
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Unit:
    """An employer or a school: name and a valid, made-up unified social credit code."""

    name: str
    code: str


# ---- human resources -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Work:
    """`social_insurance`: a spell; months by their first day. `status` is `insured_status`.

    A spell that was paid for keeps the status `active` when it is over: `month_to` ends it.
    """

    key: str
    unit: Unit
    scheme: str
    status: str
    month_from: date
    month_to: date | None
    base_cents: int


@dataclass(frozen=True, slots=True)
class Pension:
    """`pension`."""

    key: str
    start: date
    end: date | None
    monthly_cents: int


@dataclass(frozen=True, slots=True)
class UnemploymentBenefit:
    """`unemployment_benefit`; the last day is known from the first."""

    key: str
    start: date
    end: date
    monthly_cents: int


@dataclass(frozen=True, slots=True)
class EmploymentRegistration:
    """`employment_registration`."""

    key: str
    registered_unemployed: bool
    registered_on: date
    in_training: bool
    public_post: bool


# ---- civil affairs -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Marriage:
    """`marital_status`; `status` is GB/T 2261.2. `spouse_number` is None where unknown."""

    key: str
    status: str
    event_date: date
    spouse_number: str | None


@dataclass(frozen=True, slots=True)
class Funeral:
    """`funeral`."""

    key: str
    died_on: date
    cremated_on: date
    place: str


@dataclass(frozen=True, slots=True)
class RollEntry:
    """`assistance_roll`; `end_reason` is `roll_end_reason`, None while it lasts."""

    key: str
    category: str
    start: date
    end: date | None
    end_reason: str | None
    monthly_cents: int
    payee_account: str


@dataclass(frozen=True, slots=True)
class HistoryEnquiry:
    """`assistance_history`."""

    key: str
    checked_on: date
    ever_assisted: bool


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """`child_status`, since a day."""

    key: str
    since: date
    orphan: bool
    unattended: bool
    left_behind: bool

    @property
    def verdict(self) -> bool:
        """Orphan or de facto unattended."""
        return self.orphan or self.unattended


@dataclass(frozen=True, slots=True)
class Allowance:
    """`care_allowance`; `kind` is `allowance_kind`. The category is GB/T 26341, or None."""

    key: str
    kind: str
    disability_category: str | None
    monthly_cents: int
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class Supporter:
    """`supporter`: somebody outside the household; `relation` is `support_relation`."""

    key: str
    number: str
    name: str
    relation: str
    supports: bool
    asked_on: date


# ---- public security beside the register, justice ------------------------------------


@dataclass(frozen=True, slots=True)
class Vehicle:
    """`vehicle`; status, value band and use are `vehicle_status`, `value_band`, `vehicle_use`."""

    key: str
    plate: str
    plate_class: str
    model: str
    first_registered_on: date
    status: str
    value_band: str
    use: str


@dataclass(frozen=True, slots=True)
class Custody:
    """`custody_status`: in custody from, and to once released."""

    key: str
    start: date
    end: date | None


@dataclass(frozen=True, slots=True)
class ResidencePermit:
    """`residence_permit`; the key is its number."""

    key: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class ExitEntry:
    """`exit_entry`: days abroad within twelve months, counted on a day."""

    key: str
    days_abroad: int
    counted_on: date


@dataclass(frozen=True, slots=True)
class JusticeStatus:
    """`justice_status`: prison and community correction from-to, two flags."""

    key: str
    since: date
    prison_from: date | None
    prison_to: date | None
    correction_from: date | None
    correction_to: date | None
    dishonest_debtor: bool
    judicial_aid: bool


# ---- health --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BirthCertificate:
    """`birth_certificate`; the key is its number."""

    key: str
    born_on: date
    place: str


@dataclass(frozen=True, slots=True)
class DeathCertificate:
    """`death_certificate`; the key is its number."""

    key: str
    died_on: date


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """`health_status`; the class is `disease_class` ("none": not listed), with its ICD-10 code."""

    key: str
    disease_class: str
    icd10: str | None
    since: date
    severe_mental_disorder: bool

    @property
    def listed(self) -> bool:
        """Whether a listed major disease."""
        return self.disease_class != "none"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`diagnosis_status` of medical insurance: what the insurer's ICD-10 code comes to."""

    key: str
    icd10: str
    disease_class: str
    chronic: bool
    since: date


# ---- education -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SchoolRoll:
    """`school_roll`: stage and status are `school_stage`, `school_status`."""

    key: str
    school: Unit
    stage: str
    grade: int
    status: str
    since: date


@dataclass(frozen=True, slots=True)
class StudentAid:
    """`student_aid` of one term, as "2026-1"."""

    key: str
    term: str
    level: str
    amount_cents: int
    granted_on: date


@dataclass(frozen=True, slots=True)
class SchoolAlert:
    """`school_alert`; `kind` is `school_alert_kind`."""

    key: str
    kind: str
    reported_on: date
