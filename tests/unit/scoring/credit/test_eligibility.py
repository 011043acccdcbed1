"""Who may commit: the golden sentences about earlier commitments, bad records and matters."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from scoring.credit import (
    Applicant,
    Eligible,
    Ineligible,
    PastCommitment,
    Performance,
    eligibility,
    packaged_rules,
)

FILE = Path(__file__).parents[3] / "golden" / "credit" / "eligibility.toml"
CASES = [
    pytest.param(case, id=case["sentence"])
    for case in tomllib.loads(FILE.read_text("utf-8"))["case"]
]
RULES = packaged_rules(date(2026, 11, 23))


@pytest.mark.parametrize("case", CASES)
def test_the_golden_sentence_is_true(case):
    past = tuple(_past(**one) for one in case.get("past", []))

    found = eligibility(case.get("category", "DB"), Applicant(past, case.get("bad_record")), RULES)

    if case.get("open"):
        assert found == Eligible(tuple(case.get("undecided", [])))
    else:
        assert found == Ineligible(case["reason"])


def _past(performance=None, *, repaired=False):
    return PastCommitment(Performance(performance) if performance else None, repaired)
