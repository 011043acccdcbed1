"""Each golden case: a document, what was planned, the SQL, the answer, what is on record."""

import json
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from hub.access import Caller
from hub.query.answer import Request
from hub.query.describe import described
from tests.support.golden import assert_same
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CASES = sorted(p for p in (Path(__file__).parents[2] / "golden" / "query").iterdir() if p.is_dir())


def filled(variables: dict, world) -> dict:
    """Replace `number:N`, `person:N`, `home:N` by number or id of the district's Nth."""
    kinds = {
        "number": world.numbers,
        "person": [str(person) for person in world.person_by_number.values()],
        "home": [str(row["household_id"]) for row in world.tables["household"]],
    }

    def one(value):
        if isinstance(value, list):
            return [one(each) for each in value]
        if isinstance(value, dict):
            return {name: one(each) for name, each in value.items()}
        kind, _, n = value.partition(":") if isinstance(value, str) else ("", "", "")
        return kinds[kind][int(n)] if kind in kinds else value

    return {name: one(value) for name, value in variables.items()}


def pretty(value) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_golden_query_is_planned_fetched_answered_and_recorded_as_reviewed(
    ask, world, case
):
    given = json.loads((case / "request.json").read_text("utf-8"))
    document = (case / "query.graphql").read_text("utf-8")
    caller = replace(Caller("", "", "", "client"), **given["caller"])
    request = Request(document, filled(given["variables"], world), None, caller, "r-1", NOW)

    await ask.answerer.answer(request)  # a new connection reads the types it will be given
    ask.database.statements = 0
    answer = await ask.answerer.answer(request)

    assert ask.database.statements == given["statements"] == 1
    (prepared,) = ask.answerer.plans._known.values()
    assert_same(case / "plan.txt", described(prepared.plan))
    sent = vars(prepared).get("earlier", prepared.statement)
    assert_same(case / "fetch.sql", sent.text + "\n")
    assert_same(case / "answer.json", pretty(orjson.loads(answer.body)))
    record = ask.log.record() | {"policy": "the digest of the policy"}
    about = sorted(
        {(s.tag, ask.log.fields_of(s.field_set)) for s in ask.log.entries[-1].subjects},
        key=lambda pair: pair[1],
    )
    record["fields"] = list(ask.log.fields_of(record["fields"]))
    record["aboutEachSubject"] = [list(fields) for _, fields in about]
    assert_same(case / "disclosure.json", pretty(record))
