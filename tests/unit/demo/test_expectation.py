"""What a household's score must be follows from the lives, less the records that were lost."""

import json
from dataclasses import replace
from datetime import date

import pytest

from hub.demo.chronicle import Chronicle
from hub.demo.district import Places, build
from hub.demo.expectation import Expectation
from hub.demo.expected import Expected
from hub.demo.expected_member import months_earlier
from hub.demo.people import KNOWN_FAMILY, Plot
from hub.demo.truth import PersonTruth, TruthFile

TODAY = date(2026, 11, 23)
PLOTS = {
    Plot.HEAVY_BILL: "self-paid-month",
    Plot.EARNER_DIED: "only-earner-died",
    Plot.FIRE: "disaster",
    Plot.UNATTENDED_CHILD: "unattended-child",
    Plot.RELEASED: "released-without-income",
    Plot.LOST_DIBAO: "dibao-lost",
}


@pytest.fixture(scope="module")
def lives():
    return list(Chronicle(seed=3, today=TODAY).lives(3_000))


@pytest.fixture
def expect(tmp_path):
    """Work out a life's score; `lost` and `removed` say what the hub lacks."""
    with TruthFile(tmp_path / "truth.json") as file:

        def of(life, lost=(), removed=()):
            told = []
            for member in life.members:
                truth = PersonTruth(member.person, life.house, "", file)
                truth.lost |= set(lost)
                truth.removed = member.person in removed
                told.append((member, truth))
            return Expectation(TODAY).of(life.house, told)

        yield of


@pytest.mark.parametrize(("plot", "trigger"), PLOTS.items())
def test_a_plot_sets_off_its_hard_trigger(lives, expect, plot, trigger):
    found = [expect(life) for life in lives if life.house.plot is plot]

    assert found
    for score in found:
        assert trigger in score.triggers
        assert score.band == "red"


def test_the_worked_example_comes_out_as_the_profile_works_it(lives, expect):
    (score,) = [expect(life) for life in lives if life.house.label == KNOWN_FAMILY]

    assert score == Expected(TODAY, 67, "orange", 94, ())


def test_a_record_that_was_lost_sets_off_nothing(lives, expect):
    life = next(life for life in lives if life.house.plot is Plot.FIRE)
    keys = [("disaster_damage", d.key) for m in life.members for d in m.others.disasters]

    assert "disaster" not in expect(life, lost=keys).triggers


def test_out_of_scope_and_empty_households_have_no_score(lives, expect):
    unlisted = [life for life in lives if life.house.listed is None]
    empty = [life for life in lives if not life.house.members]

    assert unlisted
    assert empty
    assert [expect(life) for life in unlisted + empty] == [None] * len(unlisted + empty)


def test_who_is_taken_back_from_the_register_is_no_member(lives, expect):
    life = next(x for x in lives if len(x.members) == 2 and x.house.listed is not None)
    alone = replace(life, members=life.members[:1])

    assert expect(life, removed={life.members[1].person}) == expect(alone)
    assert expect(life, removed={m.person for m in life.members}) is None


def test_months_end_with_the_last_day_of_a_shorter_month():
    assert months_earlier(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_earlier(date(2024, 8, 31), 6) == date(2024, 2, 29)
    assert months_earlier(date(2026, 1, 15), 12) == date(2025, 1, 15)


def test_the_truth_file_tells_every_score_behind_the_people(tmp_path):
    build(tmp_path, seed=2, today=TODAY, households=60)
    seen, scores = set(), 0
    for line in Places(tmp_path).truth.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == "person":
            seen.add(row["number"])
        if row["kind"] == "household":
            assert seen >= set(row["members"])
            if row["score"] is not None:
                assert Expected.from_told(row["score"]).told() == row["score"]
                scores += 1
    assert scores
