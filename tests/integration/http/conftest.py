import asyncio

import pytest

from hub.store.migrate import migrate
from schema.catalogue import Catalogue


@pytest.fixture
def hub_database(database):
    """Address of a database with every table of the hub and an empty log."""
    asyncio.run(migrate(database, Catalogue.discover()))
    return database
