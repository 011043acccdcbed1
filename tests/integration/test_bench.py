"""The benchmark keeps running, and compares what is equal."""

import pytest

from tests.bench import bench_query
from tests.bench.families import families

pytestmark = [pytest.mark.database, pytest.mark.system, pytest.mark.timeout(180)]


def test_nobody_of_the_made_up_people_has_another_ones_number():
    numbers = [member.number for family in families(30_000, 1) for member in family.members]
    assert len(set(numbers)) == len(numbers)


def test_the_hub_and_its_peer_give_the_same_answers_and_both_are_measured(capsys):
    bench_query.run(bench_query.Plan(people=700, rounds=1, seconds=0.3))
    printed = capsys.readouterr().out
    for question in ("point", "worklist", "bulk"):
        assert f"| {question} | hub |" in printed
        assert f"| {question} | **ratio** |" in printed


def test_servers_that_answer_differently_are_not_compared(monkeypatch):
    answers = iter([b'{"data":{"person":{"id":"1"}}}', b'{"data":{"person":{"id":"2"}}}'])
    monkeypatch.setattr(bench_query, "ask", lambda server, body: next(answers))
    servers = [bench_query.Server(name, 1, None, 1) for name in ("hub", "strawberry")]
    with pytest.raises(AssertionError, match="differently"):
        bench_query.check_equal(servers, [b"{}"])
