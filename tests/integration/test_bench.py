"""The benchmark keeps running, and compares what is equal."""

import asyncio
import re

import asyncpg
import pytest

from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from schema.catalogue import Catalogue
from tests.bench import (
    bench_export,
    bench_locks,
    bench_profile,
    bench_query,
    bench_receiving,
    bench_sealing,
    bench_size,
    bench_workers,
    graphile,
    loading,
    stages,
)
from tests.bench.bench_query import SEED
from tests.bench.families import families, family_count
from tests.bench.graphile import MissingError, translated
from tests.bench.measuring import Length, equal_or_refuse
from tests.bench.ours import set_up
from tests.bench.questions import POINT
from tests.bench.unlocked import everything, unsealed
from tests.support.postgres import temporary_home

pytestmark = [pytest.mark.database, pytest.mark.system, pytest.mark.timeout(300)]

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


def test_a_small_district_is_measured_beside_a_larger_one(capsys):
    bench_size.run(bench_size.Plan(sizes=(300, 600), length=SHORT, questions=(POINT,)))
    printed = capsys.readouterr().out
    for connections in bench_size.CONNECTIONS:
        assert f"| point | {connections} | 600 people : 300 people |" in printed
    assert "The worker of 600 people holds" in printed


def test_a_district_is_exported_whole_and_the_memory_of_its_worker_is_told(capsys):
    bench_export.run((300,))
    printed = capsys.readouterr().out
    households = family_count(300)
    chunks = -(-households // bench_export.CHUNK)
    assert f"| 300 people | {households + chunks + 1:,} lines, " in printed


def test_hub_serve_with_two_workers_is_measured_as_one_server(capsys):
    plan = bench_workers.Plan(300, workers=(2,), length=SHORT, questions=(POINT,))
    bench_workers.run(plan)
    printed = capsys.readouterr().out
    assert "| point | 2 workers |" in printed
    assert re.search(r"supervisor and workers held at most [\d,]+, [\d,]+, [\d,]+ MiB", printed)


@pytest.mark.parametrize("cut", [1, 7, 10_000])
def test_lines_and_members_of_an_export_are_counted_wherever_it_is_cut(cut):
    lines = [b'{"cursor":"a","node":{"members":[{"relation":"02"},{"relation":"10"}]}}']
    lines += [b'{"receipt":{}}', b'{"done":true}']
    whole = b"".join(line + b"\n" for line in lines)
    counted = bench_export.counted(whole[at : at + cut] for at in range(0, len(whole), cut))
    assert (counted.lines, counted.people, counted.size) == (3, 2, len(whole))
    with pytest.raises(bench_export.BrokenExportError):
        bench_export.counted([b"".join(lines[:2]) + b"\n"])


def test_nothing_is_begun_where_the_disk_is_too_small():
    bench_size.check_room((1_000,), free=8_000_000)
    with pytest.raises(SystemExit, match="1,000 people need"):
        bench_size.check_room((1_000,), free=7_999_999)


def test_functions_and_steps_of_the_statement_are_told_by_their_own_time(capsys, tmp_path):
    plan = bench_profile.Plan(300, SHORT, questions=(POINT,), folder=tmp_path)
    bench_profile.run(plan)
    printed = capsys.readouterr().out
    assert "| `hub/query/" in printed
    assert "pages found in memory" in printed
    assert (tmp_path / "point.pstats").exists()


def test_a_step_took_what_the_steps_below_it_did_not():
    below = {"Node Type": "Seq Scan", "Relation Name": "person"}
    below |= {"Actual Loops": 3, "Actual Total Time": 2.0}
    plan = {"Node Type": "Sort", "Actual Loops": 1, "Actual Total Time": 7.5, "Plans": [below]}
    assert list(bench_profile.steps(plan)) == [("Sort", 1.5), ("Seq Scan person", 6.0)]


def test_a_large_district_is_stored_by_several_processes_as_by_one(monkeypatch):
    monkeypatch.setattr(loading, "ALONE", 0)
    monkeypatch.setattr(loading, "AT_A_TIME", 20)
    people = 300
    with temporary_home() as home, EmbeddedServer.attach_sync(home) as server:
        count = asyncio.run(set_up(Settings(home=home), people, SEED))
        stored = asyncio.run(_numbers(server.dsn()))
    made = sorted(m.number for f in families(people, SEED) for m in f.members)
    assert (count, stored) == (len(made), made)


async def _numbers(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch("select national_id from clear.person order by 1")
    finally:
        await connection.close()
    return [row[0] for row in rows]


def test_no_setting_of_the_hub_takes_a_lock_off():
    words = ("audit", "log", "seal", "cipher", "clear", "auth", "grant", "token", "lock", "off")
    named = [name for name in Settings.model_fields if any(word in name for word in words)]
    switches = [name for name, one in Settings.model_fields.items() if one.annotation is bool]
    # A log elsewhere is as durable, tiles say nothing about anybody, a stream leaves the log as it
    # is, and one suite seals as well as the other.
    stream = [f"log_stream_{name}" for name in ("url", "form", "ca_file", "token_file")]
    suites = ["sealing_suite", "sealing_suites"]
    assert named == ["audit_database_url", "log_is_public", *stream, *suites]
    # A second tree is one more, and what is pruned had been kept for its legal time.
    assert switches == ["log_is_public", "prune_daily", "sm3_twin"]


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


def test_what_a_receiver_alone_opens_is_measured(capsys, monkeypatch):
    monkeypatch.setattr(bench_sealing, "TIMES", 20)
    bench_receiving.run()
    printed = capsys.readouterr().out
    for row in ("sealed at its path", "content key to an X25519", "encrypted whole", "the look"):
        assert row in printed


def test_sealing_and_the_rotation_of_a_key_are_measured(capsys, monkeypatch):
    monkeypatch.setattr(bench_sealing, "TIMES", 20)
    bench_sealing.run(700)
    printed = capsys.readouterr().out
    for row in (
        *("a field sealed, suite 1", "a field sealed, suite 2", "a field opened, suite 2"),
        *("suite 2, keys unwrapped", "tagged, suite 2", "wrapped anew: the database"),
    ):
        assert row in printed
