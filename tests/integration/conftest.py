"""One embedded server a session; one fresh database a test."""

import asyncio

import pytest

from hub.store.migrate import migrate
from schema.catalogue import Catalogue
from tests.support.postgres import fresh_database, running_server


@pytest.fixture(scope="session")
def postgres_server():
    """Address of the hub's own database on a running embedded server."""
    with running_server() as server:
        yield server.dsn()


@pytest.fixture
def database(postgres_server):
    """Address of an empty database that only this test uses."""
    with fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def migrated(postgres_server):
    """Name of a database with every table of the hub and an empty log, to copy."""
    with fresh_database(postgres_server) as dsn:
        asyncio.run(migrate(dsn, Catalogue.discover()))
        yield dsn.partition("@/")[2].partition("?")[0]


@pytest.fixture
def hub_database(postgres_server, migrated):
    """Address of such a database that only this test uses."""
    with fresh_database(postgres_server, template=migrated) as dsn:
        yield dsn
