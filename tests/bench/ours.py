"""The hub as `hub serve` runs it, in one worker: edge, answerer, log, the index behind the log."""

import asyncio
import logging
import os
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from hub.app import apply_policy, catalogue_of, opened, prepare
from hub.background import index_the_facets, index_the_log
from hub.commands.migrate import first_policy
from hub.demo.client import Department
from hub.demo.installation import OFFICER, key_file, register_clients
from hub.sealing import seals
from hub.service import rooms_of
from hub.settings import Settings
from hub.supervision.listening import listener
from tests.bench.loading import fill
from tests.bench.measuring import Server
from tests.bench.serving import Worker, run_worker, serve, worker
from tests.bench.unlocked import PURPOSE, Lock, core_without, edge_without, unsealed

ANEW_S = 180.0
ENVIRONMENT = {"HUB_QUOTA_UNITS": str(10**12)}
"""One department asks all day here: its quota is kept, but it is not to be what is measured."""


@dataclass(frozen=True, slots=True)
class Hub:
    """How the hub is served: as it is, unless the bench takes something from it."""

    off: frozenset[Lock] = frozenset()
    is_cold: bool = False
    """Whether no opened data key is remembered, and no cipher: each is made anew."""
    profile: Path | None = None
    """Where the profile of the worker is written, from the word to begin until its end."""


AS_IT_IS = Hub()


async def set_up(
    settings: Settings, people: int, seed: int, *, with_clear: bool = True, is_sealed: bool = True
) -> int:
    """Make a hub with about that many people in it; return how many they are."""
    first_policy(settings)
    register_clients(settings)
    catalogue = catalogue_of(settings)
    await prepare(settings, catalogue if is_sealed else unsealed(catalogue))
    async with opened(settings) as core:
        filled = core if is_sealed else core_without(core, frozenset({Lock.SEALING}), cold=False)
        await apply_policy(filled)
        return await fill(filled, people, seed, with_clear=with_clear, is_sealed=is_sealed)


class SignedIn:
    """The officer who goes through the warnings; signs in anew before the token's ten minutes."""

    def __init__(self, home: Path, port: int) -> None:
        """Sign in when first asked."""
        self._home, self._port = home, port
        self._token, self._until = "", 0.0

    def __call__(self) -> str:
        """Return an access token that lives for minutes yet."""
        now = time.monotonic()
        if now > self._until:
            key = key_file(self._home, OFFICER)
            address = f"http://127.0.0.1:{self._port}"
            officer = Department.signed_by(address, OFFICER.id, key)
            with officer.http:
                self._token, self._until = officer.token(PURPOSE), now + ANEW_S
        return self._token


def serve_ours(line: Connection, home: Path, hub: Hub) -> None:
    """Serve the hub of `home`; tells its port. Only warnings are logged, among the tables."""
    os.environ.update(ENVIRONMENT)
    if hub.is_cold:
        seals.cipher_of = seals.cipher_of.__wrapped__  # type: ignore[attr-defined, misc]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def main() -> None:
        with listener("127.0.0.1", 0) as bound:
            issuer = f"http://127.0.0.1:{bound.getsockname()[1]}"
            async with opened(Settings(home=home)) as whole:
                core = core_without(whole, hub.off, cold=hub.is_cold)
                async with rooms_of(core) as rooms:
                    edge = edge_without(core, rooms, issuer, hub.off)
                    behind = [
                        asyncio.create_task(each(core))
                        for each in (index_the_log, index_the_facets)
                    ]
                    await serve(line, edge, bound, hub.profile)
                    for task in behind:
                        task.cancel()

    run_worker(main)


def all_serving(stack: ExitStack, wanted: Iterable[tuple[Path, str, Hub]]) -> list[Server]:
    """Serve each hub, of a home under a name, until `stack` is closed; they start side by side."""
    started = [
        (home, name, hub, stack.enter_context(worker(serve_ours, home, hub)))
        for home, name, hub in wanted
    ]
    return [_heard(home, name, hub, process) for home, name, hub, process in started]


def _heard(home: Path, name: str, hub: Hub, process: Worker) -> Server:
    port: int = process.heard()
    token = None if Lock.AUTHORISATION in hub.off else SignedIn(home, port)
    return Server(name, port, process.pid, home, token)
