"""A migrated database a test, and one made-up district a session."""

import pytest

from tests.support.district import district, made_keyring
from tests.support.postgres import fresh_database


@pytest.fixture
def store(postgres_server, migrated):
    """Address of a database with the hub's tables that only this test uses."""
    with fresh_database(postgres_server, template=migrated) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def keyring(tmp_path_factory):
    return made_keyring(tmp_path_factory.mktemp("hub") / "keys")


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """A district of 150 households whose register runs."""
    with district(tmp_path_factory.mktemp("district"), households=150) as made:
        yield made
