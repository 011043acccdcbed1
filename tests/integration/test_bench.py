"""The benchmark keeps running, and compares what is equal."""

import pytest

from hub.settings import Settings
from schema.catalogue import Catalogue
from tests.bench import bench_locks, bench_query, graphile, stages
from tests.bench.families import families
from tests.bench.graphile import MissingError, translated
from tests.bench.measuring import Length, equal_or_refuse
from tests.bench.questions import POINT
from tests.bench.unlocked import everything, unsealed

pytestmark = [pytest.mark.database, pytest.mark.system, pytest.mark.timeout(180)]

SHORT = Length(rounds=1, seconds=0.3)


def test_nobody_of_the_made_up_people_has_another_ones_number():
    numbers = [member.number for family in families(60_000, 1) for member in family.members]
    assert len(set(numbers)) == len(numbers)


def test_the_hub_and_its_peer_give_the_same_answers_and_both_are_measured(capsys):
    bench_query.run(bench_query.Plan(people=700, length=SHORT, with_graphile=False))
    printed = capsys.readouterr().out
    for question in ("point", "worklist", "bulk"):
        assert f"| {question} | hub |" in printed
        assert f"| {question} | **hub : strawberry** |" in printed
    assert "The hub's worker holds" in printed


@pytest.mark.extra
def test_postgraphile_gives_the_same_answers_and_is_measured(capsys):
    try:
        graphile.installed(graphile.node())
    except MissingError as reason:
        pytest.skip(str(reason))
    bench_query.run(bench_query.Plan(people=700, length=SHORT))
    printed = capsys.readouterr().out
    for question in ("point", "worklist", "bulk"):
        assert f"| {question} | PostGraphile |" in printed
        assert f"| {question} | **hub : PostGraphile** |" in printed


def test_the_hub_without_its_locks_answers_the_same_and_each_lock_has_its_share(capsys):
    bench_locks.run(bench_locks.Plan(people=300, length=SHORT, questions=(POINT,)))
    printed = capsys.readouterr().out
    for way in ("audit", "sealing", "authorisation", "any"):
        assert f"| point | without {way} |" in printed
    assert "| at most 40% |" in printed


def test_a_request_is_measured_stage_by_stage(capsys):
    stages.run(300, requests=20)
    printed = capsys.readouterr().out
    for stage in stages.STAGES:
        assert f"| {stage} |" in printed


def test_no_setting_of_the_hub_takes_a_lock_off():
    words = ("audit", "log", "seal", "cipher", "clear", "auth", "grant", "token", "lock", "off")
    named = [name for name in Settings.model_fields if any(word in name for word in words)]
    switches = [name for name, one in Settings.model_fields.items() if one.annotation is bool]
    assert (named, switches) == ([], [])


def test_nothing_of_a_person_is_sealed_or_refused_where_those_locks_are_off():
    catalogue = unsealed(Catalogue.discover())
    for question in bench_query.QUESTIONS:
        for dataset in catalogue:
            if dataset.navigation in question.document and dataset.name != "score":
                assert dataset.groups == {}, dataset.name
    assert "Population.name" in everything(catalogue)
    assert "Member.relation" in everything(catalogue)


def test_a_peer_that_cannot_be_had_is_left_out_and_it_is_said_why(monkeypatch, capsys):
    monkeypatch.setattr(graphile, "OWN_NODE", graphile.FOLDER / "nowhere")
    monkeypatch.setattr(graphile, "_installed_node", lambda: None)
    monkeypatch.setattr(graphile.sys, "executable", "/nowhere/python")
    found = list(bench_query.graphile_if_it_can_be_had(None, "", None))
    assert found == []
    assert "PostGraphile is left out: Node 22 cannot be had" in capsys.readouterr().err


def test_servers_that_answer_differently_are_not_compared():
    answers = {"hub": {"person": {"id": "1"}}, "strawberry": {"person": {"id": "1"}}}
    equal_or_refuse("point", answers)
    with pytest.raises(AssertionError, match="strawberry answers differently"):
        equal_or_refuse("point", answers | {"strawberry": {"person": {"id": "2"}}})
    with pytest.raises(AssertionError, match="answers with nothing"):
        equal_or_refuse("point", {"hub": {"person": None}, "strawberry": {"person": None}})


def test_people_whom_the_peer_finds_are_put_into_the_order_that_was_asked():
    data = {
        "peopleList": [
            {"nationalId": "b", "personId": "2", "populationByPersonId": {"name": "y"}},
            {"nationalId": "a", "personId": "1", "populationByPersonId": {"name": "x"}},
        ]
    }
    people = translated("bulk", data, {"numbers": ["a", "b"]})["people"]
    assert [(one["index"], one["person"]["id"]) for one in people] == [(0, "1"), (1, "2")]
