"""The policy in force: kept in the database, loaded into memory, told apart by its digest.

Every fetch reads the digest in its own snapshot; a reader whose policy is older discards its rows
and loads anew. So a lost notification cannot keep an old right alive.
"""

from datetime import datetime

import asyncpg

from hub.access import Policy, load_policy
from hub.errors import SetupError
from hub.store.database import Database
from hub.store.wall import raise_roles
from schema.catalogue import Catalogue

_READ = "select document from policy_revision"
_DIGEST = "select digest from policy_revision"
_PUBLISH = """
    insert into policy_revision (one, revision, digest, document, loaded_at, made_by, why)
    values (true, 1, $1, $2, $3, $4, $5)
    on conflict (one) do update
        set revision = policy_revision.revision + 1, digest = excluded.digest,
            document = excluded.document, loaded_at = excluded.loaded_at,
            made_by = excluded.made_by, why = excluded.why
        where policy_revision.digest <> excluded.digest
"""


class Policies:
    """The policy that this process answers by; replaced whole, never changed."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        """Load nothing yet."""
        self._database = database
        self._catalogue = catalogue
        self._current: Policy | None = None

    async def current(self) -> Policy:
        """Return the policy in memory; the first time it is loaded.

        Raises:
            SetupError: None is in force, or the stored one does not fit the catalogue.
        """
        return self._current or await self.reload()

    async def is_in_force(self, policy: Policy) -> bool:
        """Whether `policy` is the one that the database has; asked before a refusal stands."""
        async with self._database.connection() as connection:
            digest: object = await connection.fetchval(_DIGEST)
        return digest == policy.digest

    async def reload(self) -> Policy:
        """Load the policy that the database has.

        Raises:
            SetupError: As `current`.
        """
        async with self._database.connection() as connection:
            text = await connection.fetchval(_READ)
        if text is None:
            raise SetupError("No policy is in force; run `hub migrate`.")
        self._current = load_policy(text, self._catalogue)
        return self._current


async def publish_policy(
    connection: asyncpg.Connection,
    text: str,
    catalogue: Catalogue,
    at: datetime,
    *,
    by: str = "operator",
    why: str = "",
) -> Policy:
    """Put a policy in force for every process, once it has been found sound.

    The same text again changes nothing. Readers' roles in the database follow it at once.

    Raises:
        PolicyError: It is refused; the old one stays.
        SetupError: The hub may not make roles in the database; the same.
        StoreUnavailableError: A new region waits too long for its tables; the same.
    """
    policy = load_policy(text, catalogue)
    await connection.execute(_PUBLISH, policy.digest, text, at, by, why)
    await raise_roles(connection, policy, catalogue)
    return policy
