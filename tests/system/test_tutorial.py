"""The tutorial's commands, one after the other, against the demonstration's hub."""

import json
import re
import subprocess
import sys

import pytest

from tests.support.installation import ROOT, environment, serving
from tests.support.tutorial import blocks, program

pytestmark = [pytest.mark.system, pytest.mark.timeout(200)]


@pytest.fixture(scope="module")
def said(demo_run, tmp_path_factory):
    """What each block of commands printed, by its number."""
    home, done = demo_run
    assert done.returncode == 0, done.stdout + done.stderr
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "examples").symlink_to(ROOT / "examples")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    for name, start in (("python", ""), ("hub", "-m hub.cli ")):
        script = checkout / ".venv" / "bin" / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {start}"$@"\n', encoding="utf-8")
        script.chmod(0o755)
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (checkout / "pg.py").write_text(blocks("python", operations)[0], encoding="utf-8")
    with serving(home) as served:
        ran = subprocess.run(
            ["bash"],
            input=program(served.address, home),
            cwd=checkout,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr
    return re.split(r"^=== \d+\n", ran.stdout, flags=re.MULTILINE)


def answers(text):
    """Return the JSON documents that stand one after the other in `text`."""
    found, decoder, text = [], json.JSONDecoder(), text.strip()
    while text.startswith("{"):
        answer, end = decoder.raw_decode(text)
        found.append(answer)
        text = text[end:].strip()
    return found


def of(said, root):
    """Return what was answered under a root field, wherever it was asked."""
    return [
        answer["data"][root]
        for text in said
        for answer in answers(text)
        if root in (answer["data"] or {})
    ]


def test_the_bills_and_their_sealed_rows_are_as_many_as_are_shown(said):
    assert [line.split()[4] for line in said[3].splitlines()] == ["8000", "3800", "10000", "2200"]
    assert len(re.findall(r"^ \d{4}-\d\d-01 .* \| [0-9a-f]{40}$", said[4], re.MULTILINE)) == 4


def test_the_score_is_that_of_the_worked_example(said):
    score = next(p["household"]["score"] for p in of(said, "person") if "schoolRolls" not in p)

    assert (score["total"], score["band"], score["coverage"]) == (67, "orange", 94)
    assert [d["points"] for d in score["dimensions"]] == [12, 21, 12, 5, 10, 7]
    assert 67 in [edge["node"]["total"] for edge in of(said, "warnings")[0]["edges"]]


def test_three_departments_are_told_what_the_table_says(said):
    officer, insurer, school = (person for person in of(said, "person") if "schoolRolls" in person)

    assert officer["household"]["score"]["total"] == 67
    assert None not in (officer["population"]["phone"], officer["schoolRolls"])
    assert (insurer["schoolRolls"], insurer["household"]) == (None, None)
    assert (school["medicalEnrolments"], school["household"]) == (None, None)
    assert insurer["medicalEnrolments"][0]["scheme"] == "390"
    assert school["schoolRolls"] == [{"stage": "junior", "grade": 2}]


def test_the_visit_leads_to_help_and_to_a_decision_that_five_receivers_are_told(said):
    (needs,), (decided,), (home,) = (
        of(said, name) for name in ("assessNeeds", "recognise", "household")
    )

    assert {"dibao-application", "volunteer-tutoring"} <= set(needs["services"])
    assert (decided["people"], len(decided["messageIds"])) == (4, 20)
    assert home["alerts"] == [{"status": "closed", "outcome": "recognised"}]
    assert {r["service"]: r["state"] for r in home["referrals"]} == {
        "dibao-application": "open",
        "volunteer-tutoring": "provided",
    }


def test_the_log_tells_who_read_about_him_and_fits(said):
    (log,) = of(said, "accessLog")
    entries = [edge["node"] for edge in log["edges"]]
    mine = [e for e in entries if e["case"] == "WC-2026-0001"]

    assert [e["kind"] for e in mine].count("command") == 8
    assert "education" not in {e["department"] for e in entries if e["kind"] == "answer"}
    assert "everything fits" in said[-1]
