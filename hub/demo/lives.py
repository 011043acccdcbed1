"""What a life is: everything that departments know of each member of a household.

A writer goes over `HouseholdLife.members` (who died is among them), reads the part of its
department and writes it in that department's words. It decides nothing about a life. What
it spoils, withholds or takes back it tells the truth (`hub.demo.truth`), so that the
expected score leaves it out. `hub.demo.chronicle` makes lives.
"""

from dataclasses import dataclass

from hub.demo import belongings as b
from hub.demo import records as r
from hub.demo.health import Chart
from hub.demo.people import Household, Person


@dataclass(frozen=True, slots=True)
class HumanResources:
    """What human resources and social security know."""

    work: tuple[r.Work, ...] = ()
    pensions: tuple[r.Pension, ...] = ()
    benefits: tuple[r.UnemploymentBenefit, ...] = ()
    registration: r.EmploymentRegistration | None = None


@dataclass(frozen=True, slots=True)
class CivilAffairs:
    """What civil affairs' own registers know."""

    marriage: r.Marriage | None = None
    funeral: r.Funeral | None = None
    roll: tuple[r.RollEntry, ...] = ()
    history: r.HistoryEnquiry | None = None
    child: r.ChildStatus | None = None
    allowances: tuple[r.Allowance, ...] = ()
    supporters: tuple[r.Supporter, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicSecurity:
    """What public security knows beside the population register."""

    vehicles: tuple[r.Vehicle, ...] = ()
    custody: r.Custody | None = None
    permit: r.ResidencePermit | None = None
    exit_entry: r.ExitEntry | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """What the health department knows, and what the insurer makes of diagnoses."""

    status: r.HealthStatus | None = None
    birth: r.BirthCertificate | None = None
    death: r.DeathCertificate | None = None
    diagnosis: r.Diagnosis | None = None
    """The medical insurer's, not the health department's."""


@dataclass(frozen=True, slots=True)
class Education:
    """What the education department knows."""

    rolls: tuple[r.SchoolRoll, ...] = ()
    aids: tuple[r.StudentAid, ...] = ()
    alerts: tuple[r.SchoolAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class Housing:
    """What housing, natural resources and the housing fund know."""

    rentals: tuple[b.PublicRental, ...] = ()
    subsidies: tuple[b.HousingSubsidy, ...] = ()
    purchases: tuple[b.PurchaseFiling, ...] = ()
    dangerous: tuple[b.DangerousHousing, ...] = ()
    estates: tuple[b.RealEstate, ...] = ()
    """Natural resources'."""
    fund: b.HousingFund | None = None
    """The housing fund's."""


@dataclass(frozen=True, slots=True)
class Economy:
    """What tax, market regulation and finance know."""

    taxed: tuple[b.TaxedIncome, ...] = ()
    businesses: tuple[b.BusinessRole, ...] = ()
    payroll: b.Payroll | None = None
    payments: tuple[b.SubsidyPayment, ...] = ()


@dataclass(frozen=True, slots=True)
class Countryside:
    """What transport and agriculture know."""

    ride_hailing: tuple[b.RideHailingPermit, ...] = ()
    ships: tuple[b.Ship, ...] = ()
    machines: tuple[b.FarmMachine, ...] = ()
    land: tuple[b.LandContract, ...] = ()
    subsidies: tuple[b.FarmSubsidy, ...] = ()
    relapse: b.RelapseListing | None = None


@dataclass(frozen=True, slots=True)
class Others:
    """What emergency management, veterans affairs, social organisations and banks know."""

    disasters: tuple[b.Disaster, ...] = ()
    preferences: tuple[b.Preference, ...] = ()
    help: tuple[b.SocialHelp, ...] = ()
    assets: tuple[b.BankAsset, ...] = ()
    """The banks' own server alone has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLife:
    """One person's life, by who knows of it.

    Medical insurance (enrolment, settlements) and the Disabled Persons' Federation
    (certificate) know the `chart`.
    """

    person: Person
    house: Household
    chart: Chart
    human_resources: HumanResources
    civil_affairs: CivilAffairs
    public_security: PublicSecurity
    justice: r.JusticeStatus | None
    health: Health
    education: Education
    housing: Housing
    economy: Economy
    countryside: Countryside
    others: Others


@dataclass(frozen=True, slots=True)
class HouseholdLife:
    """A household and the lives of everyone in it, members first, then who died."""

    house: Household
    members: tuple[MemberLife, ...]
