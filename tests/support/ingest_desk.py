"""A hub on a database of its own, and a connector a department that tests put records into."""

from connectors.department import discover
from hub.access import default_policy_text
from hub.query.policies import publish_policy
from hub.store.sources import add_to_scope
from tests.support.asking import OFFICER, asking
from tests.support.cases import register_case
from tests.support.district import NOW
from tests.support.records import ListConnector

DEPARTMENTS = discover()


class Desk:
    """A hub, and a connector for each department."""

    def __init__(self, hub):
        self.hub = hub
        self.sources = {name: ListConnector(name) for name in DEPARTMENTS}

    async def scope(self, *, numbers=(), homes=(), revision=1):
        tags = [self.hub.tagger.person(n) for n in numbers]
        tags += [self.hub.tagger.household(n) for n in homes]
        async with self.hub.database.connection() as connection:
            await add_to_scope(connection, tags, ("household", revision, self.hub.tagger.version))

    async def give(self, *records):
        department = DEPARTMENTS[records[0].department]
        source = self.sources[department.name]
        source.records += records
        return await self.hub.ingest.run(department, source)

    async def read(self, statement, *arguments):
        async with self.hub.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    async def spans(self, table):
        return await self.read(
            f"SELECT valid_from, valid_to FROM {table} WHERE known_to = 'infinity' "  # noqa: S608 - a name in a test
            "ORDER BY valid_from"
        )

    async def ask(self, document, caller=OFFICER, **variables):
        """Return the data that GraphQL answers; the default policy is in force."""
        async with self.hub.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), self.hub.catalogue, NOW)
            await register_case(connection)
        made = asking(self.hub.dsn, self.hub.keyring, self.hub.catalogue)
        try:
            body = await made.body(document, caller, **variables)
        finally:
            await made.database.close()
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def knows(self):
        """Return the newest known time: for asking again as it was known now."""
        ((at,),) = await self.read("SELECT at FROM known_time")
        return at.isoformat()
