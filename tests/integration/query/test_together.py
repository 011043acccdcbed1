"""Whoever asks while others ask by the same plan gets, and is on record with, the same as alone."""

import asyncio
from dataclasses import replace

import orjson
import pytest

from hub.query.answer import Request
from tests.support.asking import INSURER, OFFICER
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POINT = """query Point($n: String!) {
  person(nationalId: $n) {
    id
    population { name birthDate }
    medicalEnrolments { scheme }
    household { region members { relation person { id } } }
  }
}"""


async def answered(ask, number, caller, request_id):
    request = Request(POINT, {"n": number}, None, caller, request_id, NOW)
    body = orjson.loads((await ask.answerer.answer(request)).body)
    return {name: body.get(name) for name in ("data", "errors")}


def on_record(ask):
    """Return who was disclosed to whom, by the request: the people and the fields of each."""
    return {
        orjson.loads(entry.record)["request"]: sorted(
            (subject.hex() if isinstance(subject, bytes) else str(subject))
            for subject in entry.subjects
        )
        for entry in ask.log.entries
    }


async def test_forty_at_once_get_what_each_gets_alone(ask, world):
    numbers = (world.numbers * 3)[:40]
    callers = [OFFICER, INSURER, replace(OFFICER, actor="u18")]
    asked = [(n, callers[i % 3], f"r-{i}") for i, n in enumerate(numbers)]
    alone = [await answered(ask, *each) for each in asked]
    told, statements = on_record(ask), ask.database.statements
    ask.log.entries.clear()

    async with asyncio.TaskGroup() as group:
        together = [group.create_task(answered(ask, *each)) for each in asked]

    assert [each.result() for each in together] == alone
    assert on_record(ask) == told
    assert len(told) == len(asked)
    assert len({str(each) for each in alone}) > 10
    assert ask.database.statements - statements < statements
