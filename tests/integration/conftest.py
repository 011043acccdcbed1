"""One embedded server a session; one fresh database a test."""

import pytest

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
