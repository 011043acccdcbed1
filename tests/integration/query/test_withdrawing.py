"""What is withdrawn while an export runs, or a plan is remembered, is not in the next answer."""

import asyncio

import asyncpg
import orjson
import pytest

from hub.errors import NotGrantedError
from hub.query import export as export_rows
from hub.query.answer import Request
from hub.query.export import Exporter
from hub.query.policies import publish_policy
from hub.sealing.keyring import Keyring
from tests.support.asking import asking
from tests.support.postgres import fresh_database
from tests.support.twins import READER, one_world, policy_text
from tests.support.world import LOADED, NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PEOPLE = """query ($n: [String!]!) { people(nationalIds: $n)
  { index status person { id bankDeposits { amountCents } population { name } } } }"""
WITHDRAW = """update consent set revoked_at = now() where source = 'banks' and purpose = 'VERIFY'"""


@pytest.fixture
def own(postgres_server, migrated, catalogue, tmp_path):
    """A district of its own, whose people withdraw what they gave: address, rows, keys."""
    keyring, world = Keyring.open_or_create(tmp_path), one_world(catalogue)
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture
async def workers(own, catalogue):
    """Two answerers over one database, as two workers are, and a connection to it."""
    dsn, _, keyring = own
    made = [asking(dsn, keyring, catalogue) for _ in range(2)]
    connection = await asyncpg.connect(dsn)
    await publish_policy(connection, policy_text(catalogue), catalogue, LOADED)
    yield made, connection
    await connection.close()
    for one in made:
        await one.database.close()


def told(lines: bytes) -> list[dict]:
    rows = map(orjson.loads, lines.splitlines())
    return [row["person"] for row in rows if row.get("person")]


@pytest.fixture(autouse=True)
def three_chunks(own, monkeypatch):
    monkeypatch.setattr(export_rows, "_SIZES", (len(own[1].numbers),))


async def begun(ask, numbers):
    answerer = ask.answerer
    exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
    request = Request(PEOPLE, {"n": numbers * 3}, None, READER, "r-1", NOW)
    return await exporter.begin(request)


async def test_the_next_chunk_of_a_running_export_does_not_hold_what_was_withdrawn(workers, own):
    (ask, _), connection = workers
    export = await begun(ask, own[1].numbers)

    first = told(await export.step(READER, NOW))
    await connection.execute(WITHDRAW)
    second = await export.step(READER, NOW)

    assert any(person["bankDeposits"] is not None for person in first)
    assert {person["bankDeposits"] is None for person in told(second)} == {True}
    assert [p["id"] for p in told(second)] == [p["id"] for p in first]
    assert not export.is_done


async def test_the_next_chunk_is_refused_once_the_agreement_is_suspended(workers, own, catalogue):
    (ask, _), connection = workers
    export = await begun(ask, own[1].numbers)
    await export.step(READER, NOW)

    text = policy_text(catalogue)
    names = {f"A-{n}" for n in range(400) if f'"A-{n}"' in text}
    every = "\n".join(f'[[suspension]]\nagreement = "{name}"' for name in sorted(names))
    await publish_policy(connection, f"{text}\n{every}", catalogue, LOADED)

    with pytest.raises(NotGrantedError):
        await export.step(READER, NOW)


async def test_a_plan_that_another_worker_remembers_opens_nothing_that_was_withdrawn(workers, own):
    asks, connection = workers
    before = [await ask.body(PEOPLE, READER, n=own[1].numbers) for ask in asks]

    await connection.execute(WITHDRAW)
    after = [await ask.body(PEOPLE, READER, n=own[1].numbers) for ask in asks]

    for body in before:
        assert any(one["person"]["bankDeposits"] for one in body["data"]["people"] if one["person"])
    for body in after:
        people = [one["person"] for one in body["data"]["people"] if one["person"]]
        assert {person["bankDeposits"] is None for person in people} == {True}
        assert "CONSENT_REQUIRED" in {e["extensions"]["reason"] for e in body["errors"]}
