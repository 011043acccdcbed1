"""Changes to the registry of clients: on record first, then stored, then known to every worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from audit.entry import EntryKind
from hub.access import is_opaque
from hub.clock import Clock
from hub.errors import SetupError, StoreUnavailableError
from hub.http.clients import Client
from hub.http.registrations import (
    Change,
    Registration,
    client_of,
    document_of,
    registration_in,
    taken_over,
)
from hub.store.clients import locked_client, put_client
from hub.store.database import Database
from hub.store.journal import Journal, recorded

Taking = Callable[[Registration | None, datetime], Change]
"""A step: what becomes of what is registered, if anything, at a moment.

Raises:
    SetupError: It cannot be done.
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Who does what about which client, and why."""

    client: str
    step: str
    by: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ClientDesk:
    """Changes registrations; the file's entry of a client is taken over by its first change."""

    database: Database
    journal: Journal
    clock: Clock
    listed: Mapping[str, Client]
    """What the file of clients says."""

    async def change(self, order: Order, taking: Taking) -> Registration:
        """Carry out a step; on return it is on record and stored, and workers know in a second.

        Raises:
            SetupError: It cannot be done; nothing was changed.
            AuditUnavailableError: It is not on record; nothing was changed.
            StoreUnavailableError: Nobody knows whether it was stored; look, and do it again.
        """
        if not is_opaque(order.by):
            raise SetupError("Name who does it by an opaque id: letters, digits and ._:/- only.")
        try:
            async with self.database.transaction() as connection:
                now = self.clock()
                stored = await locked_client(connection, order.client)
                earlier = self._listed(order.client)
                if stored is not None:
                    earlier = registration_in(stored.document)
                change = taking(earlier, now)
                client_of(order.client, change.registration)  # it must be readable
                await recorded(self.journal, EntryKind.POLICY, _record(order, change))
                document = document_of(change.registration)
                await put_client(connection, order.client, document, order.by, now)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The change may not be stored; look.") from problem
        return change.registration

    def _listed(self, client_id: str) -> Registration | None:
        client = self.listed.get(client_id)
        return None if client is None else taken_over(client)


def there(registration: Registration | None) -> Registration:
    """Return what is registered.

    Raises:
        SetupError: Nothing is.
    """
    if registration is None:
        raise SetupError("There is no such client; `hub clients list` has them.")
    return registration


def _record(order: Order, change: Change) -> dict[str, object]:
    made = change.registration
    return {
        "client": order.client,
        "department": made.department,
        "step": order.step,
        "actor": order.by,
        "why": order.why,
        "keys": list(change.keys),
        "state": made.state,
        "purposes": sorted(made.purposes),
        "encryption": made.encryption,
        "outcome": "announced",
    }
