"""`hub access` says which grant decides, or which piece is missing; it never decides by itself."""

import csv
import io
from datetime import date

import pytest

from hub.access import (
    Caller,
    Entitlement,
    Purpose,
    Question,
    Reason,
    State,
    UnknownFieldError,
    default_policy_text,
    explain_access,
    load_policy,
    matrix,
)
from hub.commands.access import COLUMNS, as_csv, row_of
from schema.catalogue import Catalogue

TODAY = date(2026, 11, 23)
POLICY = """
[[entitlement]]
department = "education"
role = "clerk"
purpose = "PUSH"
legal_basis = "law, art. 1"
from = 2026-01-01
until = 2027-01-01
regions = ["420106"]
case_required = true

[[entitlement.grant]]
agreement = "A1"
source = "medical-insurance"
legal_basis = "law, art. 2"
from = 2026-01-01
until = 2026-10-01
fields = ["MedicalEnrolment.scheme"]

[[entitlement.grant]]
agreement = "A2"
source = "medical-insurance"
legal_basis = "law, art. 3"
from = 2026-03-01
until = 2026-12-01
fields = ["MedicalEnrolment.status"]

[[entitlement.grant]]
agreement = "A3"
source = "medical-insurance"
legal_basis = "law, art. 3"
from = 2026-12-01
until = 2026-12-31
fields = ["MedicalEnrolment.subsidised"]
"""
IN_A_CASE = (
    "the request names a case (Hub-Case) that the department has open that day, for that purpose"
)


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="module")
def explained(catalogue):
    policy = load_policy(POLICY, catalogue)

    def ask(path, department="education", role="clerk", purpose=Purpose.PUSH, day=TODAY):
        return explain_access(policy, catalogue, Question(department, role, purpose, path, day))

    return ask


def test_a_granted_field_names_its_agreement_and_its_conditions(explained):
    told = explained("MedicalEnrolment.status")

    assert told.is_granted
    assert told.grant is not None
    assert told.grant.agreement == "A2"
    assert told.grant.legal_basis == "law, art. 3"
    assert told.conditions == (
        f"{IN_A_CASE}, in the caseload of who acts",
        "rows of the regions 420106",
    )
    assert not told.missing


def test_a_field_that_ended_says_when(explained):
    told = explained("MedicalEnrolment.scheme")

    assert told.reason is Reason.EXPIRED
    assert told.missing == ("a renewal: agreement A1 ended on 2026-10-01",)


def test_a_field_that_has_not_begun_says_when(explained):
    told = explained("MedicalEnrolment.subsidised")

    assert told.reason is Reason.EXPIRED
    assert told.missing == ("its beginning: agreement A3 holds from 2026-12-01",)


def test_a_field_that_no_agreement_names_says_whose_agreement_is_missing(explained):
    told = explained("Population.phone")

    assert told.reason is Reason.NOT_GRANTED
    who = "education (clerk) for PUSH"
    wanted = f"an agreement of public-security that names Population.phone for {who}"
    assert told.missing == (wanted,)


def test_another_purpose_has_no_entitlement_and_is_told_who_may(explained):
    told = explained("MedicalEnrolment.status", purpose=Purpose.WARN)

    assert told.reason is Reason.NO_ENTITLEMENT
    assert told.elsewhere == ("education (clerk) for PUSH",)


def test_what_is_sealed_together_is_said(explained):
    told = explained("Population.birthDate")

    assert any("sealed together with" in note for note in told.notes)


def test_an_unknown_field_is_refused_with_what_comes_near(explained):
    with pytest.raises(UnknownFieldError, match=r"Did you mean .*Population\.phone"):
        explained("Person.phone")


def test_each_explanation_is_the_decision_that_answers_questions(catalogue):
    policy = load_policy(default_policy_text(), catalogue)
    cells = list(matrix(policy, TODAY))
    assert len(cells) > 500

    for cell in cells:
        rule = cell.rule
        caller = Caller(rule.department, rule.role, rule.purpose, "", case="c")
        found = policy.entitlement(caller, TODAY)
        asked = Question(rule.department, rule.role, rule.purpose, cell.grant.path, TODAY)
        told = explain_access(policy, catalogue, asked)
        granted = isinstance(found, Entitlement) and found.is_granted(cell.grant.path)
        assert told.is_granted == granted


def test_the_matrix_tells_the_state_of_every_field(catalogue):
    states = {c.grant.path: c.state for c in matrix(load_policy(POLICY, catalogue), TODAY)}

    assert states == {
        "MedicalEnrolment.scheme": State.ENDED,
        "MedicalEnrolment.status": State.WITH_CASE,
        "MedicalEnrolment.subsidised": State.NOT_YET,
    }


def test_the_matrix_is_csv_that_a_spreadsheet_reads_and_does_not_run(catalogue):
    text = POLICY.replace('"law, art. 3"', '"=1+1"')
    rows = [row_of(c, catalogue) for c in matrix(load_policy(text, catalogue), TODAY)]

    read = list(csv.DictReader(io.StringIO(as_csv(rows))))

    assert tuple(read[0]) == COLUMNS
    assert [row["field"] for row in read] == [row[3] for row in rows]
    assert read[1]["legal_basis"] == "'=1+1"
    assert read[1]["until"] == "2026-12-01"
