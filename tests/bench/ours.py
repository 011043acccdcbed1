"""The hub as `hub serve` runs it, in one worker: edge, answerer, log, the index behind the log."""

import asyncio
import logging
import time
from multiprocessing.connection import Connection
from pathlib import Path

import structlog

from hub.app import apply_policy, catalogue_of, opened, prepare
from hub.commands.migrate import first_policy
from hub.demo.client import Department
from hub.demo.installation import OFFICER, key_file, register_clients
from hub.service import application, index_the_log, listener, rooms_of
from hub.settings import Settings
from tests.bench.loading import fill
from tests.bench.serving import run_worker, serve

PURPOSE = "WARN"
ANEW_S = 180.0


async def set_up(settings: Settings, people: int, seed: int) -> int:
    """Make a hub with at least that many people in it; return how many they are."""
    first_policy(settings)
    register_clients(settings)
    await prepare(settings, catalogue_of(settings))
    async with opened(settings) as core:
        await apply_policy(core)
        return await fill(core, people, seed)


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


def serve_ours(line: Connection, home: Path, profile: Path | None) -> None:
    """Serve the hub of `home`; tells its port. Only warnings are logged, among the tables."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

    async def main() -> None:
        with listener("127.0.0.1", 0) as bound:
            issuer = f"http://127.0.0.1:{bound.getsockname()[1]}"
            async with opened(Settings(home=home)) as core, rooms_of(core) as rooms:
                edge = application(core, rooms, rooms.queries, issuer)
                index = asyncio.create_task(index_the_log(core))
                await serve(line, edge, bound)
                index.cancel()

    run_worker(main, profile)
