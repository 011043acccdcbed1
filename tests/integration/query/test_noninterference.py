"""What a caller may not read has no influence on a single byte that it is told.

Two districts differ in all that the reader is denied (values, whole datasets, people outside its
rows, what nobody authorised); every question, right or refused, ends in the same bytes: ids,
cursors, counts, orders, errors, cost. There are no subscriptions: `/export` is the one answer that
comes in parts.
"""

from random import Random

import pytest

from tests.support.asking import asking
from tests.support.questions import generated, questions
from tests.support.twins import (
    MUTE,
    OWNER,
    READER,
    RECEIVER,
    ask_all,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(240)]


@pytest.fixture
async def asks(twins, catalogue):
    places, _, _ = twins
    made = [asking(dsn, keyring, catalogue) for dsn, keyring in places]
    yield made
    for one in made:
        await one.database.close()


async def both(asks, asked, caller, before=()):
    """Ask both districts the same, and return what each said; `before` come others who ask it."""
    told = []
    for ask in asks:
        for other in before:
            await ask_all(ask, asked, other)
        told.append(await ask_all(ask, asked, caller))
    return told


def _apart(one: bytes, other: bytes) -> str:
    """Return where two answers part."""
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    return f"{one[max(at - 80, 0) : at + 60]!r} {other[max(at - 80, 0) : at + 60]!r}"


def differing(told) -> list[str]:
    return [
        f"{one.name}: {_apart(one.said, other.said)}"
        for one, other in zip(*told, strict=True)
        if one.said != other.said
    ]


async def test_what_is_denied_changes_no_byte_of_any_answer(asks, twins):
    """The owner asks first: that it is told what differs, and is remembered, helps nobody else."""
    _, world, outsider = twins
    asked = questions(world, outsider)

    names = {line.partition(":")[0] for line in differing(await both(asks, asked, OWNER))}
    told = {
        caller.client_id: await both(asks, asked, caller) for caller in (READER, RECEIVER, MUTE)
    }

    assert {"person", "people", "household", "entities", "households in order"} <= names
    assert {"households filtered", "warnings", "export of households, whole"} <= names
    for said in told.values():
        assert differing(said) == []
    assert sum(b'"data":{"' in one.said for one in told["reader"][0]) > 40
    assert sum(b"NOT_GRANTED" in one.said for one in told["reader"][0]) > 20


async def test_what_was_remembered_of_another_caller_is_told_to_nobody_else(asks, twins):
    _, world, outsider = twins
    asked = [one for one in questions(world, outsider) if "export" not in one[0]][::3]
    first, second = asks

    alone = await ask_all(first, asked, READER)
    await ask_all(second, asked, OWNER)
    after = await ask_all(second, asked, READER)

    data = [[one.said.partition(b',"extensions":{"cost"')[0] for one in t] for t in (alone, after)]
    assert data[0] == data[1]


async def test_made_up_operations_are_answered_alike(asks, twins):
    _, world, _ = twins
    schema = asks[0].answerer.documents.schema
    asked = generated(schema, world, Random(3), 120)

    told = await both(asks, asked, READER)

    assert differing(told) == []
    assert sum(one.said.startswith(b'{"data"') for one in told[0]) > 60


async def test_no_operation_is_a_subscription(asks):
    assert asks[0].answerer.documents.schema.subscription_type is None
