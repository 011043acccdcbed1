"""What departments know of a made-up person's dwelling, things, accounts, business and help.

The second half of `hub/demo/records.py`, by the same rules: our words and codes, cents, days.
"""

from dataclasses import dataclass
from datetime import date

from hub.demo.records import Unit

# ---- housing, natural resources, housing fund ----------------------------------------


@dataclass(frozen=True, slots=True)
class PublicRental:
    """`public_rental`."""

    key: str
    address: str
    area_sqm: int
    rent_cents: int
    contract_from: date
    contract_to: date


@dataclass(frozen=True, slots=True)
class HousingSubsidy:
    """`housing_subsidy`."""

    key: str
    monthly_cents: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class PurchaseFiling:
    """`purchase_filing`."""

    key: str
    address: str
    area_sqm: int
    contract_date: date


@dataclass(frozen=True, slots=True)
class DangerousHousing:
    """`dangerous_housing`; `grade` is JGJ 125, A to D."""

    key: str
    address: str
    grade: str
    appraised_on: date


@dataclass(frozen=True, slots=True)
class RealEstate:
    """`real_estate`; the key is the certificate's number."""

    key: str
    unit_number: str
    share_percent: int
    address: str
    use: str
    area_sqm: int
    registered_on: date
    mortgaged: bool
    status: str


@dataclass(frozen=True, slots=True)
class HousingFund:
    """`housing_fund_account`; the key is the account. As it stood at `stated_on`."""

    key: str
    status: str
    base_cents: int
    monthly_cents: int
    balance_cents: int
    withdrawn_cents: int
    stated_on: date


# ---- tax, market regulation, finance -------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaxedIncome:
    """`personal_income` of a month; type and band are `income_type`, `income_band`."""

    key: str
    income_type: str
    period: date
    band: str
    payer: Unit


@dataclass(frozen=True, slots=True)
class BusinessRole:
    """`business_registration`; role and status are `business_role`, `business_status`."""

    key: str
    business: Unit
    role: str
    capital_cents: int
    registered_on: date
    status: str


@dataclass(frozen=True, slots=True)
class Payroll:
    """`public_payroll`."""

    key: str
    unit: Unit
    on_payroll: bool
    since: date


@dataclass(frozen=True, slots=True)
class SubsidyPayment:
    """`subsidy_payment` to a subsidy card."""

    key: str
    item: str
    amount_cents: int
    paid_on: date


# ---- transport, agriculture ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RideHailingPermit:
    """`ride_hailing_permit`; the key is its number."""

    key: str
    vehicle_type: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Ship:
    """`ship`."""

    key: str
    name: str
    ship_type: str
    value_band: str
    registered_on: date


@dataclass(frozen=True, slots=True)
class FarmMachine:
    """`farm_machinery`."""

    key: str
    machine_type: str
    value_band: str
    registered_on: date


@dataclass(frozen=True, slots=True)
class LandContract:
    """`land_contract`."""

    key: str
    area_sqm: int
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class FarmSubsidy:
    """`farm_subsidy`."""

    key: str
    item: str
    amount_cents: int
    paid_on: date


@dataclass(frozen=True, slots=True)
class RelapseListing:
    """`relapse_monitoring`; `kind` is `relapse_list`."""

    key: str
    kind: str
    listed_on: date
    risk_gone: bool


# ---- emergency management, veterans, social organisations, banks ---------------------


@dataclass(frozen=True, slots=True)
class Disaster:
    """`disaster_damage`; `kind` is `disaster_kind`, loss 1 slight to 4 total."""

    key: str
    kind: str
    occurred_on: date
    loss_level: int
    relief_cents: int


@dataclass(frozen=True, slots=True)
class Preference:
    """`preferential_treatment`; `kind` is `preference_kind`."""

    key: str
    kind: str
    monthly_cents: int
    start: date


@dataclass(frozen=True, slots=True)
class SocialHelp:
    """`social_help`; `kind` is `help_kind`."""

    key: str
    kind: str
    organisation: str
    amount_cents: int
    helped_on: date


@dataclass(frozen=True, slots=True)
class BankAsset:
    """`bank_deposit`: only the banks' own server has it; it is never in a truth file's records."""

    key: str
    kind: str
    institution: str
    amount_cents: int
    amount_on: date
