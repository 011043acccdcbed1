"""`hub serve`: answer departments until told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer
from starlette.routing import BaseRoute

from audit.entry import EntryKind
from hub.app import Core, opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.credit import credit_office, follow_commitments
from hub.commands.options import Home
from hub.commands.receivers import commands_of, office_of, sender_of
from hub.home import AlreadyServingError, ServeLock
from hub.home import Home as HomeFolder
from hub.http.routes import Parts
from hub.service import (
    application,
    index_the_log,
    listener,
    rooms_of,
    say,
    serve_on,
    unextended,
    watch_the_database,
)
from hub.settings import Settings

Port = Annotated[
    int | None, typer.Option("--port", help="Port on this machine (HUB_PORT); 0 takes a free one.")
]
PortFile = Annotated[
    Path | None, typer.Option("--port-file", help="Write the address here once it is served.")
]


Bound = tuple[str, int]
"""Host and port that are listened on."""
BoundExtension = Callable[[Bound, Parts], tuple[Parts, Sequence[BaseRoute]]]


def _as_it_is(bound: Bound, parts: Parts) -> tuple[Parts, Sequence[BaseRoute]]:
    del bound
    return unextended(parts)


def serve(home: Home = None, port: Port = None, port_file: PortFile = None) -> None:
    """Answer departments' queries on this machine until SIGTERM or Ctrl-C.

    Starts the embedded database if none runs. Requests under way are finished before it ends.
    Put a proxy that speaks TLS in front; the hub itself listens on loopback only.
    """
    serve_home(settings_or_fail(home=home, port=port), port_file)


def serve_home(
    settings: Settings, port_file: Path | None, extend: BoundExtension = _as_it_is
) -> None:
    """Serve as the settings say, as the only one on this home; exit 1 where that cannot be."""
    try:
        bound = listener(settings.host, settings.port)
    except OSError as problem:
        fail(f"{settings.host}:{settings.port} cannot be had ({problem.strerror}).")
    with bound:
        try:
            with ServeLock(HomeFolder.at(settings.home)):
                run(served(settings, bound, port_file, extend))
        except AlreadyServingError as problem:
            fail(str(problem))


async def served(
    settings: Settings, bound: socket.socket, port_file: Path | None, extend: BoundExtension
) -> None:
    """Serve on `bound`; on return nothing of it runs any more, and its end is on record."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    )
    host, port = bound.getsockname()[:2]
    extension = partial(extend, (host, port))
    issuer = settings.public_url or f"http://{host}:{port}"
    async with opened(settings) as core, rooms_of(core) as rooms, sender_of(core) as sender:
        office = office_of(core)
        credit = credit_office(core, office)
        commands = commands_of(core, rooms, office, credit)
        app = application(core, rooms, commands, issuer, extension)
        await say(core, EntryKind.START)
        async with asyncio.TaskGroup() as group:
            behind = [
                group.create_task(watch_the_database(core)),
                group.create_task(index_the_log(core)),
                group.create_task(sender.run()),
                group.create_task(follow_commitments(credit)),
            ]
            if port_file is not None:
                await asyncio.to_thread(port_file.write_text, issuer, encoding="ascii")
            typer.echo(f"hub: serving {issuer}/graphql")
            await serve_on(app, bound, max_body_bytes=settings.max_body_bytes)
            for task in behind:
                task.cancel()
        await _last_word(core)


async def _last_word(core: Core) -> None:
    with contextlib.suppress(Exception):
        # The end is announced if it can be; a hub that cannot say so must still end.
        await say(core, EntryKind.STOP)
