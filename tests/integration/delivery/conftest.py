"""A hub that has read a small district, and the insurer's own receiver."""

import asyncio

import pytest

from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.district import district, hub_on, made_keyring
from tests.support.postgres import fresh_database


@pytest.fixture(scope="session")
def keys_of_the_hub(tmp_path_factory):
    return made_keyring(tmp_path_factory.mktemp("hub") / "keys")


@pytest.fixture(scope="session")
def hamlet(tmp_path_factory):
    """A district of 14 households; one of them paid very much for treatment."""
    with district(tmp_path_factory.mktemp("hamlet"), households=14) as made:
        yield made


@pytest.fixture(scope="session")
def read_hamlet(postgres_server, hamlet, keys_of_the_hub):
    """Name of a database into which the hamlet was read, to copy."""

    async def fill(dsn):
        await migrate(dsn, Catalogue.discover())
        async with hub_on(dsn, keys_of_the_hub, journal=FakeLog()) as hub:
            await hub.load_scope(hamlet)
            await hub.read_all(hamlet)

    with fresh_database(postgres_server) as dsn:
        asyncio.run(fill(dsn))
        yield dsn.partition("@/")[2].partition("?")[0]


@pytest.fixture
def store(postgres_server, read_hamlet):
    """Address of a database that holds the hamlet and that only this test uses."""
    with fresh_database(postgres_server, template=read_hamlet) as dsn:
        yield dsn
