"""A hub takes in, scores, decides, sends and answers while its data keys are replaced."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from hub.access import default_policy_text
from hub.access.policy import load_policy
from hub.custody import resealing
from hub.custody.resealing import Choice, Renewer
from hub.errors import KeysUnavailableError
from hub.ingest.full_pass import FullPass
from hub.ingest.grants import catalogue_check
from hub.ingest.rescore import Rescorer
from hub.ingest.vectors_read import VectorsReader
from hub.query.policies import publish_policy
from hub.sealing.tags import Tagger
from hub.store.cursors import begin_reading
from hub.store.database import Database
from hub.store.present import strays
from schema.catalogue import Catalogue
from scoring.alerts import AlertParameters
from scoring.facts import fields_number
from scoring.parameters.working_days import packaged_calendar
from scoring.profile import packaged_profile
from tests.fakes.audit_log import FakeLog
from tests.support.asking import WARNER, asking
from tests.support.casework import OFFICER, REGIONS, decision, desk, receiver
from tests.support.district import NOW, ORDER
from tests.support.postgres import fresh_database
from tests.support.sealed_values import opened_values

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.system, pytest.mark.timeout(300)]
CATALOGUE = Catalogue.discover()
SEALED = """
    query($n: Int!) { warnings(first: $n) { edges { node { household { members {
      person { population { name birthDate } disabilityCertificates { category } }
    } } } } } }
"""


@pytest.fixture
def own(postgres_server, migrated):
    """Address of a database into which nothing was read yet."""
    with fresh_database(postgres_server, migrated) as dsn:
        yield dsn


@asynccontextmanager
async def replacing(dsn, keyring):
    """Replace every data key again and again while this is open; give how many that were."""
    database, ended, replaced = Database(dsn, size=2), asyncio.Event(), [0]
    renewer = Renewer(database, CATALOGUE, keyring, Tagger(keyring), FakeLog(), "op-1")

    async def work():
        while not ended.is_set():
            for department in ("civil-affairs", *ORDER):
                try:
                    done = await renewer.renew(department, Choice(anew=True), lambda *_: None)
                except KeysUnavailableError:
                    continue  # a department that has no key
                assert done.broken == 0
                replaced[0] += done.keys

    working = asyncio.create_task(work())
    try:
        yield replaced
        ended.set()
        await working
    finally:
        working.cancel()
        await database.close()


@asynccontextmanager
async def asked(dsn, keyring):
    """Ask for what is sealed, without a pause, while this is open; give the answers' sizes."""
    ours, ended, sizes = asking(dsn, keyring, CATALOGUE), asyncio.Event(), []

    async def work():
        while not ended.is_set():
            body = await ours.body(SEALED, WARNER, n=20)
            assert "errors" not in body, body
            sizes.append(len(body["data"]["warnings"]["edges"]))

    working = [asyncio.create_task(work()) for _ in range(2)]
    try:
        yield sizes
        ended.set()
        for each in working:
            await each
    finally:
        for each in working:
            each.cancel()
        await ours.database.close()


def whole_pass(hub, journal, days):
    """Return what scores the whole population as of a later day."""
    at, policy = NOW + timedelta(days=days), load_policy(default_policy_text(), CATALOGUE)
    profile = packaged_profile(at.date(), catalogue_check(CATALOGUE, policy, at.date()))
    parameters = AlertParameters(profile.document, packaged_calendar())
    parts = (hub.facts, hub.keys, hub.tagger, journal, profile, parameters)
    rescorer = Rescorer(*parts, lambda: at)
    reader = VectorsReader(hub.keys, fields_number(rescorer.profile.fields_read))
    return FullPass(hub.database, rescorer, reader)


async def test_nothing_fails_and_everything_opens(
    own, keys_of_the_hub, hamlet, tmp_path, monkeypatch
):
    monkeypatch.setattr(resealing, "KEYS", 25)
    with receiver(tmp_path / "insurer", keys_of_the_hub, hamlet.places) as url:
        async with desk(own, keys_of_the_hub, url) as office:
            hub = office.hub
            async with hub.database.connection() as connection:
                await publish_policy(connection, default_policy_text(), CATALOGUE, NOW)
            await hub.load_scope(hamlet)
            async with replacing(own, keys_of_the_hub) as replaced:
                await hub.read(hamlet, ORDER[0])  # who there is
                async with asked(own, keys_of_the_hub) as sizes:
                    for department in ORDER[1:]:
                        await hub.read(hamlet, department)
                    await whole_pass(hub, office.journal, 40).run()
                    household, _ = await office.warned_household()
                    told = await office.recognise(decision(household), OFFICER, REGIONS)
                    sent = await office.sender.deliver_pending()
                    while (sent.acknowledged or sent.postponed) and (await office.queue()).waiting:
                        office.clock.forward(minutes=5)
                        sent = await office.sender.deliver_pending()
                    async with hub.database.connection() as connection:
                        for department in ORDER:
                            await begin_reading(connection, department)
                    await hub.read_all(hamlet)
            received = await office.received()
            async with (
                hub.database.connection() as connection,
                connection.transaction(isolation="repeatable_read"),
            ):
                values = await opened_values(connection, CATALOGUE, keys_of_the_hub)
                people = await connection.fetchval("select count(*) from data_key")
                assert await strays(connection) == 0

    assert replaced[0] > 3 * people
    assert len(sizes) > 20
    assert max(sizes) > 0
    assert len(received) == told.people
    tables = {table for table, *_ in values}
    assert {"source_record", "score", "score_input", "outbox", "cursor", "population"} <= tables
