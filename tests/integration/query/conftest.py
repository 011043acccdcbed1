"""One small district a module, written once; an answerer a test."""

import asyncio
from urllib.parse import urlsplit

import pytest

from audit.checkpoint import NoteSigner
from audit.log import Log
from audit.postgres import PostgresStorage
from hub.errors import NotGrantedError
from hub.query.answer import Request
from hub.sealing.keyring import Keyring
from schema.catalogue import Catalogue
from tests.support.asking import INSURER, OFFICER, WARNER, asking
from tests.support.auditing import LATER, LIVED_IN, POINT
from tests.support.consented import register_cases, with_consents
from tests.support.postgres import fresh_database
from tests.support.putting import put_in_force
from tests.support.twins import one_world, other_world
from tests.support.world import NOW, made_world


@pytest.fixture(scope="session")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="session")
def district(postgres_server, migrated, catalogue, tmp_path_factory):
    """Address of the district's database, its rows, and its keys."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("keys"))
    world = made_world(catalogue)
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture(scope="session")
def consented(postgres_server, migrated, catalogue, tmp_path_factory):
    """Address, rows and keys of a district whose people gave and withdrew authorisations."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("consent-keys"))
    world = with_consents(made_world(catalogue))
    with fresh_database(postgres_server, migrated) as dsn:
        asyncio.run(register_cases(dsn))
        asyncio.run(world.write(dsn, keyring))
        yield dsn, world, keyring


@pytest.fixture(scope="session")
def twins(postgres_server, migrated, catalogue, tmp_path_factory):
    """Two districts: address and keys of each, the first one's rows, and who is in the second."""
    one, (other, outsider) = one_world(catalogue), other_world(catalogue)
    places = []
    with (
        fresh_database(postgres_server, migrated) as first,
        fresh_database(postgres_server, migrated) as second,
    ):
        for dsn, world in ((first, one), (second, other)):
            keyring = Keyring.open_or_create(tmp_path_factory.mktemp("twin-keys"))
            asyncio.run(world.write(dsn, keyring))
            asyncio.run(put_in_force(dsn, catalogue))
            places.append((dsn, keyring))
        yield places, one, outsider


@pytest.fixture
def world(district):
    return district[1]


@pytest.fixture
async def ask(district, catalogue):
    dsn, _, keyring = district
    made = asking(dsn, keyring, catalogue)
    yield made
    await made.database.close()


@pytest.fixture
def own_district(district, postgres_server):
    """Address of a copy of the district's database, whose log is nobody else's."""
    template = urlsplit(district[0]).path.removeprefix("/")
    with fresh_database(postgres_server, template) as dsn:
        yield dsn


@pytest.fixture
async def audited(district, catalogue, own_district):
    signer = NoteSigner("hub.test/log", b"\7" * 32)
    async with Log(PostgresStorage(own_district), signer, lambda: NOW) as log:
        made = asking(own_district, district[2], catalogue, log=log)
        yield made
        await made.database.close()


@pytest.fixture
async def busy_log(audited, world):
    """A log in which several departments asked, with and without success."""
    for n in range(3):
        await audited.body(POINT, OFFICER, n=world.numbers[n])
    for n in range(2):
        await audited.body(POINT, INSURER, n=world.numbers[n])
    await audited.body(LIVED_IN, WARNER, n=world.numbers[1])
    with pytest.raises(NotGrantedError):
        await audited.body("{ accessLog { edges { cursor } } }", INSURER)
    later = Request(LIVED_IN, {"n": world.numbers[1]}, None, OFFICER, "r-2", LATER)
    await audited.answerer.answer(later)
    return audited
