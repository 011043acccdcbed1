"""Puts the policy of the twins in force."""

import asyncpg

from hub.query.policies import publish_policy
from tests.support.twins import policy_text
from tests.support.world import LOADED


async def put_in_force(dsn: str, catalogue) -> None:
    """Publish the policy under which twins are asked."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await publish_policy(connection, policy_text(catalogue), catalogue, LOADED)
    await connection.close()
