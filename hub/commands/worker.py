"""One worker of `hub serve`: `python -m hub.commands.worker`, started by the supervisor.

It answers on the port that it inherits, and says so once it can. The worker that is told to lead
also does what is done once for all of them: it indexes behind the log, shows it to witnesses,
counts indicators, sends the outbox, follows commitments, drops old entries of the log. When it
ends, the supervisor tells another one; what was under way is taken up again, for each of these can
be done twice. Each worker puts its own start and end on record: it is workers that open what is
sealed.
"""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import structlog
import typer
from starlette.routing import BaseRoute

from audit.entry import EntryKind
from hub.app import Core, opened
from hub.background import (
    commit_to_lists,
    count_indicators,
    follow_twin,
    index_the_facets,
    index_the_log,
    prune_the_log,
    settle_keys,
    stream_the_log,
    witness_the_log,
)
from hub.commands.console import run, settings_or_fail
from hub.commands.credit import credit_office, follow_commitments
from hub.commands.indicators import tell_findings
from hub.commands.options import Home
from hub.commands.receivers import commands_of, office_of, sender_of
from hub.dumps import forbid_dumps
from hub.http.routes import Parts
from hub.http.server import Serve, Server
from hub.http.tls import server_context
from hub.service import application, check_connections, rooms_of, say, serve_with, unextended
from hub.settings import Settings
from hub.supervision.crew import Word
from hub.supervision.line import Ready
from hub.supervision.station import Station

Bound = tuple[str, int]
"""Host and port that are listened on."""
BoundExtension = Callable[[Bound, Parts], tuple[Parts, Sequence[BaseRoute]]]
Listen = Annotated[int, typer.Option("--listen", help="Descriptor of the listening socket.")]
LineNumber = Annotated[int, typer.Option("--line", help="Descriptor of the line to whoever asks.")]
Workers = Annotated[int | None, typer.Option("--workers", help="As given to `hub serve`.")]

_IGNORED = (signal.SIGINT, signal.SIGHUP)
"""A terminal sends them to every process of `hub serve`; its supervisor decides what they mean."""


def _as_it_is(bound: Bound, parts: Parts) -> tuple[Parts, Sequence[BaseRoute]]:
    del bound
    return unextended(parts)


def main(listen: Listen, line: LineNumber, home: Home = None, workers: Workers = None) -> None:
    """Answer on the descriptor `listen` until told to stop on the descriptor `line`."""
    work(settings_or_fail(home=home, workers=workers), listen, line)


def work(settings: Settings, listen: int, line: int, extend: BoundExtension = _as_it_is) -> None:
    """Be a worker as the settings say; exit 1 where that cannot be."""
    forbid_dumps()
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=listen) as bound, socket.socket(fileno=line) as to_supervisor:
        run(worked(settings, bound, to_supervisor, extend))


@dataclass(slots=True)
class Leading:
    """What one worker does for all of them, once it is told to and until it ends."""

    jobs: Sequence[Callable[[], Coroutine[object, object, None]]]
    group: asyncio.TaskGroup
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        """Do it from now on; when one of the jobs fails, the worker ends."""
        self._tasks += [self.group.create_task(job()) for job in self.jobs]

    def end(self) -> None:
        """Do it no more."""
        for task in self._tasks:
            task.cancel()


def write_log() -> None:
    """Write the log to standard output: a JSON object a line.

    A line is one write, its end included: workers share the file, whether Python buffers or not.
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(),
    )


async def worked(
    settings: Settings, bound: socket.socket, line: socket.socket, extend: BoundExtension
) -> None:
    """Serve on `bound`; on return nothing of it runs any more, and its end is on record."""
    write_log()
    host, port = bound.getsockname()[:2]
    tls = tls_of(settings)
    issuer = settings.public_url or f"{'http' if tls is None else 'https'}://{host}:{port}"
    station = await Station.over(line)
    async with opened(settings) as core, rooms_of(core) as rooms, sender_of(core) as sender:
        await check_connections(core)
        office = office_of(core, rooms.clients)
        credit = credit_office(core, office)
        commands = commands_of(core, rooms, office, credit)
        app = application(core, rooms, commands, issuer, partial(extend, (host, port)))
        await say(core, EntryKind.START)
        server = Server(
            app,
            Serve(
                settings.drain_s,
                2 * settings.max_waiting,
                has_others=settings.workers > 1,
                max_body_bytes=settings.max_body_bytes,
                tls=tls,
            ),
            on_ready=partial(station.say, Ready(settings.workers, issuer)),
            signals=(signal.SIGTERM,),
        )
        async with asyncio.TaskGroup() as group:
            jobs = (
                partial(index_the_log, core),
                partial(index_the_facets, core),
                partial(count_indicators, core),
                partial(tell_findings, core),
                partial(settle_keys, core),
                partial(prune_the_log, core),
                partial(commit_to_lists, core),
                partial(follow_twin, core),
                partial(witness_the_log, core),
                partial(stream_the_log, core),
                sender.run,
                partial(follow_commitments, credit),
            )
            leading = Leading(jobs, group)
            share = 1 / settings.workers
            obeying = group.create_task(obey(station, leading, server, share))
            await serve_with(server, bound)
            obeying.cancel()
            leading.end()
        await _last_word(core)
    station.close()


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """Return what the server speaks TLS with, or None where a proxy does.

    Raises:
        SetupError: A file of it cannot be used.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return server_context(settings.tls_certificate, settings.tls_key, settings.tls_client_ca)


async def obey(station: Station, leading: Leading, server: Server, share: float) -> None:
    """Carry out the supervisor's orders until the last one; `share` is what one worker has."""
    async with asyncio.TaskGroup() as group:
        async for order in station.orders():
            match order:
                case Word.LEAD:
                    leading.begin()
                case Word.SHED:
                    server.shed(share)
                case Word.RETIRE:
                    leading.end()
                    group.create_task(server.retire())
                case _:
                    leading.end()
                    server.stop()


async def _last_word(core: Core) -> None:
    with contextlib.suppress(Exception):
        # The end is announced if it can be; a hub that cannot say so must still end.
        await say(core, EntryKind.STOP)


if __name__ == "__main__":
    typer.run(main)
