"""The hub as `hub serve` runs it, in one worker: edge, answerer, log, the index behind the log."""

import asyncio
import logging
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


async def set_up(settings: Settings, people: int, seed: int) -> int:
    """Make a hub with at least that many people in it; return how many they are."""
    first_policy(settings)
    register_clients(settings)
    await prepare(settings, catalogue_of(settings))
    async with opened(settings) as core:
        await apply_policy(core)
        return await fill(core, people, seed)


def token(home: Path, port: int) -> str:
    """Sign in as the officer who goes through the warnings; good for ten minutes."""
    key = key_file(home, OFFICER)
    officer = Department.signed_by(f"http://127.0.0.1:{port}", OFFICER.id, key)
    with officer.http:
        return officer.token(PURPOSE)


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
