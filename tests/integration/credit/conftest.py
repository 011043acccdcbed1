"""The Wang family in a database of its own for each test."""

import asyncio

import pytest

from hub.sealing.keyring import Keyring
from schema.catalogue import Catalogue
from tests.support.credit import counter, stored, wang_family
from tests.support.postgres import fresh_database


@pytest.fixture(scope="session")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="session")
def applicants(postgres_server, catalogue, tmp_path_factory):
    """Name of a database that holds the family, to copy; its keys; the family."""
    keyring = Keyring.open_or_create(tmp_path_factory.mktemp("credit") / "keys")
    family = wang_family(catalogue)
    with fresh_database(postgres_server) as dsn:
        asyncio.run(stored(dsn, keyring, catalogue, family))
        yield dsn.partition("@/")[2].partition("?")[0], keyring, family


@pytest.fixture
def dsn(postgres_server, applicants):
    with fresh_database(postgres_server, template=applicants[0]) as address:
        yield address


@pytest.fixture
async def office(dsn, applicants, catalogue):
    _, keyring, family = applicants
    async with counter(dsn, keyring, catalogue, family) as made:
        yield made
