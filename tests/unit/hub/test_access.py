"""A policy is refused where it contradicts the catalogue or itself; a decision has its reason."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hub.access import (
    Caller,
    Denied,
    Entitlement,
    Limits,
    PolicyError,
    Purpose,
    Reason,
    Refusal,
    Reveal,
    Rows,
    default_policy_text,
    load_policy,
)
from schema.catalogue import Catalogue, Classification, Kind

TODAY = date(2026, 11, 23)
HEAD = """
[[entitlement]]
department = "civil-affairs"
role = "officer"
purpose = "WARN"
legal_basis = "law, art. 1"
from = 2026-01-01
until = 2027-01-01
regions = ["420106"]
"""
GRANT = """
[[entitlement.grant]]
agreement = "A1"
source = "medical-insurance"
legal_basis = "law, art. 2"
from = 2026-01-01
until = 2026-12-01
fields = ["MedicalEnrolment.scheme", "MedicalEnrolment.status"]
"""
OFFICER = Caller("civil-affairs", "officer", "WARN", "c")


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


def entitled(text, catalogue, caller=OFFICER, today=TODAY) -> Entitlement:
    found = load_policy(text, catalogue).entitlement(caller, today)
    assert isinstance(found, Entitlement)
    return found


def test_a_granted_field_is_revealed_under_its_grant(catalogue):
    decision = entitled(HEAD + GRANT, catalogue).decide("MedicalEnrolment.scheme")

    assert isinstance(decision, Reveal)
    assert (decision.grant.agreement, decision.grant.legal_basis) == ("A1", "law, art. 2")


def test_a_field_that_no_grant_names_is_denied(catalogue):
    decision = entitled(HEAD + GRANT, catalogue).decide("MedicalEnrolment.startDate")

    assert decision == Denied(Reason.NOT_GRANTED)


def test_a_grant_ends_on_its_day_and_the_entitlement_goes_on(catalogue):
    last, gone = date(2026, 11, 30), date(2026, 12, 1)

    assert entitled(HEAD + GRANT, catalogue, today=last).is_granted("MedicalEnrolment.scheme")
    decision = entitled(HEAD + GRANT, catalogue, today=gone).decide("MedicalEnrolment.scheme")
    assert decision == Denied(Reason.EXPIRED)


def test_consent_bound_fields_are_denied_but_in_the_rows_of_those_who_consented(catalogue):
    text = HEAD + GRANT.replace("fields =", "consent = true\nfields =")

    found = entitled(text, catalogue)

    decision = found.decide("MedicalEnrolment.scheme")
    assert isinstance(decision, Denied)
    assert decision.reason is Reason.CONSENT_REQUIRED
    assert decision.grant is not None
    assert not found.is_granted("MedicalEnrolment.scheme")
    assert "MedicalEnrolment" in found.opened_with_consent()


def test_a_case_opens_what_demands_one(catalogue):
    text = HEAD.replace("regions", "case_required = true\nregions") + GRANT
    with_case = Caller("civil-affairs", "officer", "WARN", "c", None, "case-1")

    assert entitled(text, catalogue).decide("MedicalEnrolment.scheme") == Denied(
        Reason.CASE_REQUIRED
    )
    assert entitled(text, catalogue, with_case).is_granted("MedicalEnrolment.scheme")


def test_a_policy_withholds_the_schema_only_where_it_says_so_and_the_digest_tells(catalogue):
    closed = HEAD.replace("regions", "introspection = false\nregions") + GRANT
    told, withheld = entitled(HEAD + GRANT, catalogue), entitled(closed, catalogue)

    assert told.may_introspect
    assert not withheld.may_introspect
    assert told.decisions == withheld.decisions
    assert told.digest != withheld.digest


@pytest.mark.parametrize(
    ("caller", "today", "reason"),
    [
        (Caller("civil-affairs", "officer", "PUSH", "c"), TODAY, Reason.NO_ENTITLEMENT),
        (Caller("civil-affairs", "clerk", "WARN", "c"), TODAY, Reason.NO_ENTITLEMENT),
        (Caller("tax", "officer", "WARN", "c"), TODAY, Reason.NO_ENTITLEMENT),
        (OFFICER, date(2027, 1, 1), Reason.EXPIRED),
    ],
)
def test_who_has_no_entitlement_is_refused_with_the_reason(catalogue, caller, today, reason):
    assert load_policy(HEAD + GRANT, catalogue).entitlement(caller, today) == Refusal(reason)


def test_equal_decisions_have_one_digest_and_others_another(catalogue):
    whole = entitled(HEAD + GRANT, catalogue)
    elsewhere = entitled((HEAD + GRANT).replace('"420106"', '"420107"'), catalogue)
    fewer = entitled((HEAD + GRANT).replace(', "MedicalEnrolment.status"', ""), catalogue)
    expired = entitled(HEAD + GRANT, catalogue, today=date(2026, 12, 5))

    assert whole.digest == elsewhere.digest
    assert len({whole.digest, fewer.digest, expired.digest}) == 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("MedicalEnrolment.scheme", "MedicalEnrolment.nothing", "no field MedicalEnrolment"),
        ("MedicalEnrolment.scheme", "MedicalSettlement.totalCents", "sealed together"),
        ("MedicalEnrolment.scheme", "Population.phone", "belongs to public-security"),
        ("until = 2026-12-01", "until = 2026-01-01", "not before"),
        ("until = 2027-01-01", "until = 2025-01-01", "not before"),
        ('legal_basis = "law, art. 2"', 'legal_basis = " "', "legal basis is missing"),
        ('legal_basis = "law, art. 1"', 'legal_basis = ""', "legal basis is missing"),
        ('legal_basis = "law, art. 1"', "", "cannot be read"),
        ('regions = ["420106"]', 'regions = ["42%"]', "1 to 12 digits"),
        ('purpose = "WARN"', 'purpose = "CURIOSITY"', "cannot be read"),
        ('agreement = "A1"', 'agrement = "A1"', "cannot be read"),
        ("[[entitlement]]", "[[entitlement", "cannot be read"),
    ],
)
def test_a_faulty_policy_is_refused_and_the_place_is_named(catalogue, old, new, told):
    with pytest.raises(PolicyError, match=told):
        load_policy((HEAD + GRANT).replace(old, new, 1), catalogue)


def test_two_grants_of_one_field_at_a_time_contradict_each_other(catalogue):
    again = GRANT.replace("A1", "A2")
    later = again.replace("from = 2026-01-01", "from = 2026-12-01").replace(
        "until = 2026-12-01", "until = 2027-12-01"
    )

    with pytest.raises(PolicyError, match="twice at a time"):
        load_policy(HEAD + GRANT + again, catalogue)
    assert load_policy(HEAD + GRANT + later, catalogue).rules


def test_the_same_entitlement_is_stated_once_at_a_time(catalogue):
    with pytest.raises(PolicyError, match="stated twice"):
        load_policy(HEAD + GRANT + HEAD + GRANT, catalogue)


def test_the_default_policy_keeps_each_department_to_its_own(catalogue):
    policy = load_policy(default_policy_text(), catalogue)

    insurer = policy.live_fields("medical-insurance", "clerk", "PUSH", TODAY)
    analyst = policy.live_fields("civil-affairs", "analyst", "WARN", TODAY)
    auditor = policy.live_fields("audit-office", "auditor", "AUDIT", TODAY)
    assert not any(p.startswith(("Disability", "Score", "Alert")) for p in insurer)
    assert "Recognition.category" in insurer
    assert not analyst & {"Population.name", "Population.nationalId", "Population.phone"}
    assert "Population.birthYear" in analyst
    replays = {path for path in auditor if path.startswith("Mutation.") and "Replay" in path}
    assert replays == {"Mutation.askReplay", "Mutation.runReplay"}
    assert {path.partition(".")[0] for path in auditor} == {
        "AccessEntry",
        "AccessEntryDetail",
        "AccessFacets",
        "AccessProfile",
        "AccessTimeline",
        "AuditReplay",
        "Mutation",
        "AccessRule",
        "SharingAgreement",
        "AuditIndicator",
    }
    assert policy.live_fields("nobody", "x", "WARN", TODAY) == frozenset()


AMOUNTS_MAY = {
    ("civil-affairs", "scorer", "WARN"),
    ("civil-affairs", "street-handler", "VERIFY"),
    ("civil-affairs", "verification-centre", "VERIFY"),
    ("civil-affairs", "street-handler", "REVIEW"),
    ("civil-affairs", "verification-centre", "REVIEW"),
}
"""Who may read amounts of another department: the scorer, and for a named case those who verify an
application or review who is in benefit."""


def amounts(catalogue):
    return {
        f"{d.type_name}.{f.graphql_name}": d.department
        for d in catalogue
        for f in d.fields
        if f.kind is Kind.CENTS
    }


def test_no_departments_amount_reaches_anybody_but_the_scorer_and_verification(catalogue):
    owners = amounts(catalogue)

    for rule in load_policy(default_policy_text(), catalogue).rules:
        read = {
            g.path for g in rule.grants if owners.get(g.path, rule.department) != rule.department
        }
        assert not read or rule.key in AMOUNTS_MAY, rule.key
        assert rule.purpose not in {"VERIFY", "REVIEW"} or rule.case_required


def test_no_class_x_field_is_granted_to_anybody(catalogue):
    restricted = {
        f"{d.type_name}.{f.graphql_name}"
        for d in catalogue
        for f in d.fields
        if f.classification is Classification.RESTRICTED
    }

    for rule in load_policy(default_policy_text(), catalogue).rules:
        assert not restricted & {g.path for g in rule.grants}, rule.key
    assert len(restricted) > 10


def test_no_grant_is_without_an_end(catalogue):
    for rule in load_policy(default_policy_text(), catalogue).rules:
        assert isinstance(rule.purpose, Purpose)
        for grant in rule.grants:
            assert grant.end - grant.start <= timedelta(days=3 * 366)


@pytest.mark.parametrize(
    ("area", "seen"),
    [
        (None, ("420106",)),
        (("420106001",), ("420106001",)),
        (("420106001001", "420106002"), ("420106001001", "420106002")),
        (("42",), ("420106",)),
        (("420107",), ()),
        ((), ()),
    ],
)
def test_an_area_narrows_the_rows_and_never_widens_them(catalogue, area, seen):
    policy = load_policy(HEAD + GRANT, catalogue)
    whole = policy.entitlement(OFFICER, TODAY)

    narrowed = policy.entitlement(replace(OFFICER, area=area), TODAY)

    assert narrowed.regions == seen
    assert (narrowed.decisions, narrowed.digest) == (whole.decisions, whole.digest)
    assert policy.entitlement(OFFICER, TODAY).regions == ("420106",)


def test_a_token_for_some_types_opens_no_field_of_another_type(catalogue):
    text = HEAD + GRANT + GRANT.replace("A1", "A2").replace("medical-insurance", "civil-affairs")
    text = text[: text.rindex("fields =")] + 'fields = ["Person.id"]\n'
    policy = load_policy(text, catalogue)
    whole = policy.entitlement(OFFICER, TODAY)
    none = policy.entitlement(replace(OFFICER, datasets=frozenset()), TODAY)
    same = policy.entitlement(replace(OFFICER, datasets=frozenset({"MedicalEnrolment"})), TODAY)

    assert isinstance(none, Entitlement)
    assert none.is_granted("Person.id")
    assert none.decide("MedicalEnrolment.scheme") == Denied(Reason.NOT_GRANTED)
    assert whole.is_granted("MedicalEnrolment.scheme")
    assert same == whole
    assert none.digest != whole.digest


def test_two_clients_of_one_role_are_not_taken_for_each_other(catalogue):
    policy = load_policy(default_policy_text(), catalogue)

    areas = [
        policy.entitlement(replace(OFFICER, area=area), TODAY).regions
        for area in (("420106001",), ("420106002",), None, ("430102",))
    ]

    assert areas == [("420106001",), ("420106002",), ("420106",), ()]


CASELOAD = """
[[entitlement]]
department = "civil-affairs"
role = "officer"
purpose = "CASE"
legal_basis = "basis"
from = 2026-07-01
until = 2028-07-01
regions = ["420106"]
rows = "ROWS"
case_required = DEMANDED

[[entitlement.grant]]
agreement = "A-1"
source = "civil-affairs"
legal_basis = "basis"
from = 2026-07-01
until = 2028-07-01
fields = ["Person.id", MORE]
"""


def caseload(rows, more='"Household.id"', demanded="true"):
    made = CASELOAD.replace("ROWS", rows).replace("DEMANDED", demanded)
    return made.replace(", MORE", f", {more}" if more else "")


@pytest.mark.parametrize("rows", [Rows.OWN_CASE, Rows.CASELOAD])
def test_rows_of_cases_are_read_and_tell_plans_apart(catalogue, rows):
    asks = Caller("civil-affairs", "officer", "CASE", "c", "u1", "case-1")
    held, everybody = (
        load_policy(caseload(kind), catalogue).entitlement(asks, TODAY) for kind in (rows, "region")
    )

    assert held.rows is rows
    assert held.checks_case
    assert held.digest != everybody.digest


def test_whether_a_case_is_demanded_tells_plans_apart(catalogue):
    asks = Caller("civil-affairs", "officer", "CASE", "c", "u1", "case-1")
    held, free = (
        load_policy(caseload("region", demanded=word), catalogue).entitlement(asks, TODAY)
        for word in ("true", "false")
    )

    assert held.checks_case
    assert not free.checks_case
    assert held.digest != free.digest


def test_the_own_case_is_one_that_must_be_named(catalogue):
    with pytest.raises(PolicyError, match="needs case_required = true"):
        load_policy(caseload("own-case", demanded="false"), catalogue)

    assert load_policy(caseload("caseload", demanded="false"), catalogue).rules


@pytest.mark.parametrize("rows", [Rows.OWN_CASE, Rows.CASELOAD])
@pytest.mark.parametrize("path", ["Mutation.recordVisit", "AccessEntry.index"])
def test_what_does_not_ask_whose_rows_is_not_granted_beside_rows_of_cases(catalogue, rows, path):
    with pytest.raises(PolicyError, match=f"{path} is none of it"):
        load_policy(caseload(rows, f'"{path}"'), catalogue)


RECIPIENTS = """
[[entitlement]]
department = "medical-insurance"
role = "clerk"
purpose = "PUSH"
legal_basis = "basis"
from = 2026-07-01
until = 2028-07-01
regions = ["420106"]
rows = "own-recipients"
limits = { people = 1, page = 20, retention_days = 90 }

[[entitlement.grant]]
agreement = "A-1"
source = "civil-affairs"
legal_basis = "basis"
from = 2026-07-01
until = 2028-07-01
fields = [FIELDS]
"""
RECOGNITION = '"Person.id", "Recognition.category", "Recognition.startDate", "Recognition.endDate"'


def test_rows_and_limits_of_an_entitlement_are_read(catalogue):
    policy = load_policy(default_policy_text(), catalogue)
    fields = sorted(
        {f'"{g.path}"' for r in policy.rules for g in r.grants if g.path.startswith("Recognition.")}
    )

    (rule,) = load_policy(RECIPIENTS.replace("FIELDS", ", ".join(fields)), catalogue).rules

    assert rule.rows is Rows.OWN_RECIPIENTS
    assert rule.limits == Limits(people=1, page=20, retention_days=90)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ('"Person.id"', "needs a grant of Recognition"),
        ('"Household.id"', "Household.id is none of these"),
        ('"Person.household"', "Person.household is none of these"),
        ('"Mutation.recognise"', "Mutation.recognise is none of these"),
    ],
)
def test_a_receiver_is_given_people_and_nothing_that_leads_around_them(catalogue, fields, named):
    with pytest.raises(PolicyError, match=named):
        load_policy(RECIPIENTS.replace("FIELDS", fields), catalogue)


@pytest.mark.parametrize(
    ("before", "after", "is_wider"),
    [
        (Limits(), Limits(), False),
        (Limits(people=5), Limits(people=5), False),
        (Limits(people=5), Limits(people=4), False),
        (Limits(requests_a_day=5), Limits(requests_a_day=6), True),
        (Limits(requests_a_day=5), Limits(officer_requests_a_day=5), True),
        (Limits(officer_requests_a_day=5), Limits(officer_requests_a_day=4), False),
        (Limits(), Limits(requests_a_day=5), False),
        (Limits(people=5), Limits(people=6), True),
        (Limits(page=5), Limits(), True),
        (Limits(), Limits(page=5), False),
        (Limits(people=5, retention_days=9), Limits(people=1, retention_days=10), True),
    ],
)
def test_a_limit_that_is_loosened_is_a_widening(before, after, is_wider):
    assert after.loosens(before) is is_wider


ADDITION = HEAD.replace("entitlement", "addition") + (
    GRANT.replace("entitlement", "addition")
    .replace('"A1"', '"A2"')
    .replace("MedicalEnrolment.scheme", "MedicalEnrolment.startDate")
    .replace("MedicalEnrolment.status", "MedicalEnrolment.endDate")
)


def test_what_is_added_holds_on_the_additions_own_days_alone(catalogue):
    added = "MedicalEnrolment.startDate"
    whole = HEAD + GRANT + ADDITION
    dates = ("from = 2026-11-22\nuntil = 2026-11-24", "from = 2026-01-01\nuntil = 2027-01-01")
    shorter = HEAD + GRANT + ADDITION.replace(dates[1], dates[0], 1)

    held = {day: entitled(shorter, catalogue, today=date(2026, 11, day)) for day in range(21, 26)}

    assert entitled(whole, catalogue).is_granted(added)
    assert [day for day, one in held.items() if one.is_granted(added)] == [22, 23]
    assert held[24].decide(added) == Denied(Reason.EXPIRED)
    assert all(one.is_granted("MedicalEnrolment.scheme") for one in held.values())


def test_a_token_for_some_types_keeps_the_reach_of_its_entitlement(catalogue):
    narrow = replace(OFFICER, datasets=frozenset({"Score"}))

    held = entitled(HEAD + GRANT, catalogue, narrow)

    assert not held.is_granted("MedicalEnrolment.scheme")
    assert held.reach == entitled(HEAD + GRANT, catalogue).reach
