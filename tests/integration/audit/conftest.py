"""A log in a fresh database."""

import asyncio

import asyncpg
import pytest

from audit.postgres import create_schema


async def _create(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        await create_schema(connection)
        await create_schema(connection)
    finally:
        await connection.close()


@pytest.fixture
def log_dsn(database):
    """Address of a database with an empty log."""
    asyncio.run(_create(database))
    return database
