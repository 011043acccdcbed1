"""The registry of clients as a worker knows it: the file's entries, and over them the database's.

What `hub clients` changes is known to every worker within half a second: each asks for what has
changed since the newest revision it knows, when what it knows is older than `FRESH_S`. While it
cannot ask, nobody signs in and no token is taken.

A registration in the database stands for its client alone, whatever the file says of the same id.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog
from typing_extensions import override

from hub.errors import SetupError
from hub.http.clients import Client, read_clients
from hub.http.looking import Looking
from hub.http.registrations import Registration, client_of, registration_in
from hub.store.clients import StoredClient, changed_since
from hub.store.database import Connections

FRESH_S: Final = 0.5
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.clients")


class Registry(Protocol):
    """Keeps who is registered up to date."""

    @property
    def revision(self) -> int:
        """The newest change that is known."""
        ...

    async def fresh(self) -> None:
        """Return when what is known is at most half a second old.

        Raises:
            StoreUnavailableError: Nobody knows; refuse.
        """


@dataclass(frozen=True, slots=True)
class Unchanging:
    """A registry that nobody changes while it is served: a file's alone."""

    revision: int = 0

    async def fresh(self) -> None:
        """It is."""


@dataclass(frozen=True, slots=True)
class Registered:
    """Who is registered, and what keeps it up to date."""

    clients: Mapping[str, Client]
    registry: Registry


class LiveClients(Mapping[str, Client]):
    """Who may sign in now, by id; what is remembered belongs to one event loop."""

    def __init__(
        self,
        listed: Mapping[str, Client],
        database: Connections,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin with the clients of the file."""
        self._listed = listed
        self._database = database
        self._monotonic = monotonic
        self._stored: dict[str, Registration] = {}
        self._clients: dict[str, Client] = dict(listed)
        self._read_at = float("-inf")
        self._looking = Looking(self._is_fresh, self._look)
        self._revision = 0
        self.heard: list[Callable[[], None]] = []
        """Who is told, after a change is known."""

    @classmethod
    async def opened(cls, path: Path, database: Connections) -> "LiveClients":
        """Return the registry of a hub: the file at `path`, if there is one, and what is stored.

        Raises:
            SetupError: The file is wrong.
            StoreUnavailableError: The database cannot be asked.
        """
        found = cls(_listed(path), database)
        await found.fresh()
        return found

    @property
    def revision(self) -> int:
        """The newest change that is known."""
        return self._revision

    @property
    def known(self) -> Collection[str]:
        """Every id that was ever registered, also of those that may not sign in now."""
        return self._listed.keys() | self._stored.keys()

    @property
    def listed(self) -> Mapping[str, Client]:
        """What the file says."""
        return self._listed

    @property
    def stored(self) -> Mapping[str, Registration]:
        """What the database says."""
        return self._stored

    async def fresh(self) -> None:
        """Return when what is known is at most half a second old; nearly always at once."""
        if not self._is_fresh():
            await self._looking.fresh()

    def _is_fresh(self) -> bool:
        return self._monotonic() - self._read_at < FRESH_S

    async def _look(self) -> None:
        began = self._monotonic()
        async with self._database.connection() as connection:
            changed = await changed_since(connection, self._revision)
        is_news = self._read_at > float("-inf")
        for row in changed:
            self._take(row)
            if is_news:
                _log.info("client changed", client=row.id, revision=row.revision)
        if changed:
            for tell in self.heard:
                tell()
        # What was changed after the question was sent may not be among them.
        self._read_at = began

    def _take(self, row: StoredClient) -> None:
        """Know one change; what cannot be read leaves its client without access."""
        self._clients.pop(row.id, None)
        try:
            registration = registration_in(row.document)
            self._stored[row.id] = registration
            if registration.state == "active":
                self._clients[row.id] = client_of(row.id, registration)
        except SetupError as problem:
            _log.error("client cannot be read", client=row.id, reason=str(problem))
        self._revision = row.revision

    @override
    def __getitem__(self, client_id: str) -> Client:
        return self._clients[client_id]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._clients)

    @override
    def __len__(self) -> int:
        return len(self._clients)


def _listed(path: Path) -> Mapping[str, Client]:
    return read_clients(path) if path.exists() else {}


@dataclass(frozen=True, slots=True)
class Renamed(Mapping[str, Client]):
    """Clients under the names that somebody else has for them."""

    names: Mapping[str, str]
    """From those names to our ids."""
    clients: Mapping[str, Client]

    @override
    def __getitem__(self, name: str) -> Client:
        return self.clients[self.names[name]]

    @override
    def __iter__(self) -> Iterator[str]:
        return (name for name, own in self.names.items() if own in self.clients)

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class BoundClients:
    """Clients that may run registered documents only."""

    clients: Mapping[str, Client]

    def __contains__(self, client_id: object) -> bool:
        """Whether the client of that id is one."""
        client = self.clients.get(client_id) if isinstance(client_id, str) else None
        return client is not None and client.is_bound


@dataclass(frozen=True, slots=True)
class ClientQuotas(Mapping[str, int]):
    """The quotas of clients that have one of their own, as they are registered now."""

    clients: Mapping[str, Client]

    @override
    def __getitem__(self, client_id: str) -> int:
        quota = self.clients[client_id].quota
        if quota is None:
            raise KeyError(client_id)
        return quota

    @override
    def __iter__(self) -> Iterator[str]:
        return (name for name, client in self.clients.items() if client.quota is not None)

    @override
    def __len__(self) -> int:
        return sum(1 for _ in self)
