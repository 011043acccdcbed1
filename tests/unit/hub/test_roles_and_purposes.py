"""The table of roles and purposes, cell by cell, over the packaged policy: who reads what for what.

A cell says what must be granted there, and what must not. Every cell says more: no restricted fact
but as a verdict, nothing of banks and supporters without consent, and no purpose that is not in the
table.
"""

from datetime import date
from typing import NamedTuple

import pytest

from hub.access import (
    Caller,
    Denied,
    Purpose,
    Reason,
    Refusal,
    default_policy_text,
    load_policy,
)
from schema.catalogue import Catalogue, Classification, CoreField, Kind

TODAY = date(2026, 11, 23)
CATALOGUE = Catalogue.discover()
PURPOSES = tuple(purpose for purpose in Purpose if purpose is not Purpose.STAT)


POLICY = load_policy(default_policy_text(), CATALOGUE)


class Cell(NamedTuple):
    """What a role reads for a purpose."""

    must: str
    """Fields and types, by a space; a type stands for any field of it."""
    never: str
    amounts: bool = False
    """Whether sums of money are granted at all."""


ROLES = {
    "community officer": ("civil-affairs", "community-officer"),
    "street handler": ("civil-affairs", "street-handler"),
    "verification centre": ("civil-affairs", "verification-centre"),
    "analyst": ("civil-affairs", "analyst"),
    "approver": ("civil-affairs", "approver"),
    "medical insurance": ("medical-insurance", "clerk"),
    "education": ("education", "clerk"),
    "housing": ("housing", "clerk"),
    "human resources": ("human-resources", "clerk"),
    "disabled federation": ("disabled-federation", "clerk"),
    "social worker": ("social-work-station", "social-worker"),
    "credit office": ("credit-office", "clerk"),
    "auditor": ("audit-office", "auditor"),
    "administrator": ("civil-affairs", "administrator"),
    "sharing officer": ("education", "sharing-officer"),
    "sharing head": ("public-security", "sharing-head"),
    "sharing authority": ("data-authority", "sharing-authority"),
    "policy keeper": ("civil-affairs", "policy-keeper"),
    "portal": ("portal", "portal"),
}
FACTS = "MedicalSettlement HealthStatus DiagnosisStatus CustodyStatus JusticeStatus"
MONEY = "BankDeposit PersonalIncome HousingFundAccount PublicPayroll"
WHO = "Population.name Population.nationalId Population.phone Population.registeredAddress"
CREDIT = [
    "code",
    "promisorName",
    "promisorKind",
    "promisorCode",
    "commitmentType",
    "matter",
    "content",
    "liability",
    "madeOn",
    "validUntil",
    "performance",
    "unperformed",
    "accountability",
    "determinedOn",
    "determiningUnit",
    "determiningUnitCode",
    "acceptingUnit",
    "acceptingUnitCode",
    "publicity",
    "remark",
]
NOBODYS = "Person Household Population Recognition Score Alert AccessEntry"
RESULT = Cell("CommitmentRecord.state Verification.grade", f"{WHO} {FACTS} {MONEY} Household")
RECEIVER = "Person.id Population.nationalId Population.name Recognition.category"
OTHERS = "Household Score Alert CommitmentRecord Population.phone Population.registeredAddress"
TABLE = {
    ("community officer", "VERIFY"): RESULT,
    ("community officer", "REVIEW"): RESULT,
    ("community officer", "WARN"): Cell(
        "Population.name Population.phone Population.registeredAddress Score.causeHint Alert.band",
        f"{FACTS} {MONEY} Score.total Score.dimensions Score.reasons Population.nationalId",
    ),
    ("community officer", "CASE"): Cell(
        "Mutation.recordVisit Visit.result Visit.visitedOn", f"{FACTS} {MONEY} Score.total"
    ),
    ("street handler", "VERIFY"): Cell(
        "Pension.monthlyCents RealEstate.areaSqm Verification.grade BankDeposit.amountCents",
        "Score Alert Supporter.supporterName",
        amounts=True,
    ),
    ("street handler", "REVIEW"): Cell(
        "Pension.monthlyCents AssistanceRoll.amountCents",
        "BankDeposit Score Mutation",
        amounts=True,
    ),
    ("street handler", "WARN"): Cell(
        "Score.total Score.dimensions Score.causeHint Alert.band", f"{FACTS} {MONEY}"
    ),
    ("street handler", "CASE"): Cell(
        "Mutation.refer Mutation.closeAlert Visit.result", f"{FACTS} {MONEY}"
    ),
    ("street handler", "CREDIT"): Cell("CommitmentRecord", f"{FACTS} {MONEY}"),
    ("verification centre", "VERIFY"): Cell(
        "BankDeposit.amountCents Supporter.supporterName PersonalIncome.amountBand "
        "HousingFundAccount.balanceCents HealthStatus.listedMajorDisease CustodyStatus.releasedOn",
        "Score Alert",
        amounts=True,
    ),
    ("verification centre", "REVIEW"): Cell(
        "HousingFundAccount.balanceCents PersonalIncome.amountBand",
        "BankDeposit Supporter.supporterName Mutation",
        amounts=True,
    ),
    ("analyst", "WARN"): Cell(
        "Score.total Score.band Household.id", f"{WHO} {FACTS} {MONEY} Person Score.reasons"
    ),
    ("approver", "VERIFY"): Cell(
        "CommitmentRecord.state Verification.grade", f"{FACTS} {MONEY} Score Mutation"
    ),
    ("approver", "REVIEW"): Cell(
        "AssistanceRoll.category Verification.grade",
        f"{FACTS} {MONEY} Score Mutation",
        amounts=True,
    ),
    ("approver", "PUSH"): Cell("Mutation.recognise Recognition", f"{FACTS} {MONEY}"),
    ("approver", "CREDIT"): Cell("Mutation.determinePerformance", f"{FACTS} {MONEY}"),
    ("medical insurance", "PUSH"): Cell(RECEIVER, f"{FACTS} {MONEY} {OTHERS}"),
    ("education", "PUSH"): Cell(RECEIVER, f"{FACTS} {MONEY} {OTHERS}", amounts=True),
    ("housing", "PUSH"): Cell(RECEIVER, f"{FACTS} {MONEY} {OTHERS}", amounts=True),
    ("human resources", "PUSH"): Cell(RECEIVER, f"{FACTS} {MONEY} {OTHERS}", amounts=True),
    ("disabled federation", "PUSH"): Cell(RECEIVER, f"{FACTS} {MONEY} {OTHERS}"),
    ("social worker", "CASE"): Cell(
        "Population.name Population.phone Referral.need",
        f"{FACTS} {MONEY} Score Alert Population.nationalId Household.members",
    ),
    ("credit office", "CREDIT"): Cell(
        " ".join(f"CommitmentRecord.{name}" for name in CREDIT), f"{WHO} Person Household"
    ),
    ("auditor", "AUDIT"): Cell(
        "AccessEntry AccessRule AuditIndicator SharingAgreement", "Person Household Population"
    ),
    ("portal", "TRANSPARENCY"): Cell("UsageEntry", f"{NOBODYS} AccessEntry AuditIndicator"),
    ("sharing officer", "SHARE"): Cell(
        "Mutation.requestSharing Mutation.certifyPurge SharingAgreement",
        f"{NOBODYS} Mutation.approveSharing Mutation.confirmSharing",
    ),
    ("sharing head", "SHARE"): Cell(
        "Mutation.approveSharing Mutation.confirmSharing SharingAgreement",
        f"{NOBODYS} Mutation.requestSharing",
    ),
    ("sharing authority", "SHARE"): Cell(
        "Mutation.consentToExtension Mutation.settleDispute SharingAgreement",
        f"{NOBODYS} Mutation.approveSharing Mutation.extendSharing Mutation.requestSharing",
    ),
    ("policy keeper", "SHARE"): Cell(
        "Mutation.proposePolicy Mutation.confirmPolicy",
        f"{NOBODYS} Mutation.approveSharing Mutation.requestSharing",
    ),
}
"""Own sums of a receiver are its own (`amounts`); the rest of its cell is its category list."""
UNBUILT = {("street handler", "CREDIT")}
"""Proposing is a step of the case that the street works on under `VERIFY`."""


def granted(role, purpose, *, with_consent=False):
    """Return what the role may read for the purpose with a case, or None where it may not ask."""
    caller = Caller(*ROLES[role], purpose, "client", "a1", "case-1")
    found = POLICY.entitlement(caller, TODAY)
    if isinstance(found, Refusal):
        return None
    waits = Reason.CONSENT_REQUIRED if with_consent else None
    return {
        path
        for path, decision in found.decisions.items()
        if not isinstance(decision, Denied) or decision.reason is waits
    }


def hits(paths, named):
    """Return what of `named` is among `paths`; a type is hit by any of its fields."""
    return {
        name
        for name in named.split()
        if any(path == name or path.partition(".")[0] == name for path in paths)
    }


def fields(paths):
    for path in sorted(paths):
        found = CATALOGUE.field(path)
        if found is not None and not isinstance(found, CoreField):
            yield path, *found


CELLS = [(role, str(purpose)) for role in ROLES for purpose in PURPOSES]


@pytest.mark.parametrize(("role", "purpose"), CELLS)
def test_a_role_reads_for_a_purpose_what_its_cell_says(role, purpose):
    cell = TABLE.get((role, purpose))
    most = granted(role, purpose, with_consent=True)

    if cell is None or (role, purpose) in UNBUILT:
        assert most is None, "the table has a dash there"
        return
    assert most is not None, "the table has something there"
    assert set(cell.must.split()) - hits(most, cell.must) == set()
    assert hits(most, cell.never) == set()
    sums = {path for path, _, field in fields(most) if field.kind is Kind.CENTS}
    assert cell.amounts or not sums


@pytest.mark.parametrize(("role", "purpose"), CELLS)
def test_no_cell_has_a_restricted_fact_but_as_a_verdict(role, purpose):
    most = granted(role, purpose, with_consent=True) or set()

    classes = {path: field.classification for path, _, field in fields(most)}

    assert Classification.RESTRICTED not in classes.values()


@pytest.mark.parametrize(("role", "purpose"), CELLS)
def test_no_cell_has_banks_or_supporters_without_consent(role, purpose):
    without = granted(role, purpose) or set()

    assert not [path for path, _, field in fields(without) if field.consent]


def test_the_credit_office_has_the_twenty_fields_and_no_other():
    assert granted("credit office", "CREDIT") == {f"CommitmentRecord.{c}" for c in CREDIT}
    assert len(CREDIT) == 20


def test_every_restricted_fact_has_a_verdict_or_is_granted_to_nobody():
    for dataset in CATALOGUE:
        restricted = {
            f.name for f in dataset.fields if f.classification is Classification.RESTRICTED
        }
        coarse = [f for f in dataset.fields if f.derived is not None]
        open_to_all = {p for rule in POLICY.rules for p in (g.path for g in rule.grants)}
        named = {
            f"{dataset.type_name}.{f.graphql_name}" for f in dataset.fields if f.name in restricted
        }
        assert not named & open_to_all
        if restricted and not dataset.internal and dataset.type_name != "DiagnosisStatus":
            assert coarse, dataset.name
