"""Each folder of cases is one record as it came and what becomes of it, for review.

`source.json` holds the words, `record.json` our record, or `quarantine.json` the reasons.
The answers are written anew by `make golden`, and read before they are kept.
"""

import json
from dataclasses import asdict
from datetime import date

import pytest

from connectors.department import DEFAULT_PACKAGES, discover
from connectors.mapping import Quarantined
from connectors.protocol import SourceRecord
from tests.support.golden import ROOT, assert_same, is_rewriting

ROOTS = {
    DEFAULT_PACKAGES: ROOT / "tests" / "golden" / "ingest",
    ("tests.fourth.departments",): ROOT / "tests" / "fourth" / "golden",
}
"""Packages of departments, and where their cases lie: a folder a department, a folder a case."""
CASES = [
    (packages, source.parent)
    for packages, root in ROOTS.items()
    for source in sorted(root.glob("*/*/source.json"))
]
TODAY = date(2026, 11, 23)
OUTCOMES = ("record.json", "quarantine.json")


def outcome(packages, case):
    """Return the name of the file that says what becomes of a case's record, and its text."""
    department = discover(packages)[case.parent.name]
    source = json.loads((case / "source.json").read_text(encoding="utf-8"))
    record = department.shapes[source["dataset"]].record(source["words"], "golden")
    assert isinstance(record, SourceRecord)
    result = department.mappings[source["dataset"]].apply(record, today=TODAY)
    name = "quarantine.json" if isinstance(result, Quarantined) else "record.json"
    text = json.dumps(asdict(result), ensure_ascii=False, indent=2, default=str) + "\n"
    return name, text


@pytest.mark.parametrize(
    ("packages", "case"), CASES, ids=[f"{case.parent.name}/{case.name}" for _, case in CASES]
)
def test_a_record_becomes_what_its_case_says(packages, case):
    name, text = outcome(packages, case)
    if is_rewriting():
        for old in OUTCOMES:
            (case / old).unlink(missing_ok=True)

    assert_same(case / name, text)
    assert sorted(path.name for path in case.iterdir()) == sorted([name, "source.json"])


@pytest.mark.parametrize("packages", ROOTS, ids=" ".join)
def test_every_department_and_dataset_has_a_good_case_and_a_bad_one(packages):
    found = {name: set() for name in OUTCOMES}
    for case in (case for owners, case in CASES if owners == packages):
        dataset = json.loads((case / "source.json").read_text(encoding="utf-8"))["dataset"]
        for name, datasets in found.items():
            if (case / name).exists():
                datasets.add(dataset)

    known = {dataset for each in discover(packages).values() for dataset in each.mappings}
    assert known
    assert found == dict.fromkeys(OUTCOMES, known)
