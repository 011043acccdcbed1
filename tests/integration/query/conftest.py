"""One small district a module, written once; an answerer a test."""

import asyncio

import pytest

from hub.sealing.keyring import Keyring
from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from tests.support.asking import asking
from tests.support.postgres import fresh_database
from tests.support.world import made_world


@pytest.fixture(scope="session")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="session")
def district(postgres_server, catalogue, tmp_path_factory):
    """Address of the district's database, its rows, and its keys."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("keys"))
    world = made_world(catalogue)
    with fresh_database(postgres_server) as dsn:
        asyncio.run(migrate(dsn, catalogue))
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture
def world(district):
    return district[1]


@pytest.fixture
async def ask(district, catalogue):
    dsn, _, keyring = district
    made = asking(dsn, keyring, catalogue)
    yield made
    await made.database.close()
