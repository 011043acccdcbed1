"""Each folder under `ingest` is one record as it came and what becomes of it, for review.

`source.json` holds the words, `record.json` our record, or `quarantine.json` the reasons.
The answers are written anew with `HUB_REWRITE_GOLDEN=1`, and read before they are kept.
"""

import json
import os
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest

from connectors.departments import discover
from connectors.mapping import Quarantined
from connectors.protocol import SourceRecord

FOLDER = Path(__file__).parent / "ingest"
CASES = sorted(path.parent for path in FOLDER.glob("*/*/source.json"))
TODAY = date(2026, 11, 23)


def outcome(case):
    """Return the name of the file that says what becomes of a case's record, and its text."""
    department = discover()[case.parent.name]
    source = json.loads((case / "source.json").read_text(encoding="utf-8"))
    record = department.shapes[source["dataset"]].record(source["words"], "golden")
    assert isinstance(record, SourceRecord)
    result = department.mappings[source["dataset"]].apply(record, today=TODAY)
    name = "quarantine.json" if isinstance(result, Quarantined) else "record.json"
    text = json.dumps(asdict(result), ensure_ascii=False, indent=2, default=str) + "\n"
    return name, text


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_record_becomes_what_its_case_says(case):
    name, text = outcome(case)
    if os.environ.get("HUB_REWRITE_GOLDEN"):
        for old in ("record.json", "quarantine.json"):
            (case / old).unlink(missing_ok=True)
        (case / name).write_text(text, encoding="utf-8")

    assert sorted(path.name for path in case.iterdir()) == sorted([name, "source.json"])
    assert (case / name).read_text(encoding="utf-8") == text


def test_every_department_and_dataset_has_a_good_case_and_a_bad_one():
    found = {"record.json": set(), "quarantine.json": set()}
    for case in CASES:
        dataset = json.loads((case / "source.json").read_text(encoding="utf-8"))["dataset"]
        for name, datasets in found.items():
            if (case / name).exists():
                datasets.add(dataset)

    known = {dataset for department in discover().values() for dataset in department.mappings}
    assert found == {"record.json": known, "quarantine.json": known}
