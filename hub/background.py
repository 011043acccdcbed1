"""What goes on behind the edge, for as long as the hub serves: each job is a loop of its own.

A job whose database is away waits and goes on; one that finds something wrong with the log stops
and says so. What several processes might do at once is done under a lock, so each step is done
once.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from audit.defined import Definitions
from audit.entry import EntryKind
from audit.errors import LogError
from audit.facet_index import index_facets
from audit.indicator_rules import packaged_rules
from audit.list_maker import commit_lists, last_made
from audit.search import index_behind
from audit.twin import SUFFIX
from audit.twin_log import follow
from hub.app import Core
from hub.custody.retention import Keeper
from hub.custody.signing import SigningCustodian
from hub.delivery.log_stream import LogStream
from hub.delivery.stream_ports import EntryWords, port_of
from hub.delivery.witnesses import Witnesses, places_of
from hub.errors import HubError
from hub.query.bind import day_of
from hub.sealing.log_signing import LogSigner
from hub.store.indicator_counting import Counting
from hub.store.journal import Journal, recorded

_INDEX_EVERY_S: Final = 2.0
_INDEX_ENTRIES: Final = 5_000
_INDEX_SUBJECTS: Final = 16_384
"""Fewer subjects than that wait at the end of the log, where a look-up reads them one by one."""
_COUNT_EVERY_S: Final = 2.0
_COUNT_AGAIN_S: Final = 0.2
"""While more is waiting; the worker that leads answers too."""
_COUNT_ENTRIES: Final = 2_000
_LISTS_FIRST_S: Final = 900.0
"""After a start there is more urgent work."""
_LISTS_EVERY_S: Final = 600.0
_TWIN_EVERY_S: Final = 5.0
_TWIN_ENTRIES: Final = 2_000
_PRUNE_EVERY_S: Final = 86_400.0
_PRUNE_AGAIN_S: Final = 300.0
_SETTLE_EVERY_S: Final = 5.0
_STREAM_TIMEOUT_S: Final = 30.0

log = structlog.get_logger()


async def index_the_log(core: Core) -> None:
    """Move the index from subjects to entries forward, behind the log, for as long as we serve."""
    while True:
        moved = 0
        try:
            async with core.log_database.transaction() as connection:
                moved = await index_behind(connection, _INDEX_ENTRIES, subjects=_INDEX_SUBJECTS)
        except HubError as problem:
            log.warning("log.index.waits", code=problem.code)
        if not moved:
            await asyncio.sleep(_INDEX_EVERY_S)


async def index_the_facets(core: Core) -> None:
    """Move the index of facets forward, behind the log, for as long as we serve."""
    known = Definitions()
    while True:
        moved = 0
        try:
            async with core.log_database.transaction() as connection:
                moved = await index_facets(connection, known)
        except HubError as problem:
            log.warning("log.facets.wait", code=problem.code)
        await asyncio.sleep(_COUNT_AGAIN_S if moved else _INDEX_EVERY_S)


async def count_indicators(core: Core) -> None:
    """Count what is worth an auditor's look, behind the log, for as long as we serve."""
    counting = Counting(packaged_rules(), core.tagger.subjects)
    while True:
        moved = 0
        try:
            async with (
                core.database.transaction() as connection,
                core.log_side.beside(connection) as there,
            ):
                moved = await counting.behind(connection, _COUNT_ENTRIES, there)
        except HubError as problem:
            log.warning("indicators.wait", code=problem.code)
        await asyncio.sleep(_COUNT_AGAIN_S if moved == _COUNT_ENTRIES else _COUNT_EVERY_S)


async def commit_to_lists(core: Core) -> None:
    """Commit, once a day in Beijing, to everybody's list of entries, for as long as we serve."""
    await asyncio.sleep(_LISTS_FIRST_S)
    while True:
        try:
            async with core.log_database.connection() as connection:
                last = await last_made(connection)
                now = core.clock()
                if last is None or day_of(last) != day_of(now):
                    entry = await commit_lists(connection, partial(record_lists, core.log), now)
                    log.info("log.lists", entry=entry)
        except HubError as problem:
            log.warning("log.lists.wait", code=problem.code)
        await asyncio.sleep(_LISTS_EVERY_S)


async def record_lists(journal: Journal, record: Mapping[str, object]) -> int:
    """Put what lists come to on the log; return the entry's number.

    Raises:
        AuditUnavailableError: It is not on record.
    """
    return (await recorded(journal, EntryKind.LISTS, record)).index


def keeper_of(core: Core) -> Keeper:
    """Return what drops entries of the log, and holds them."""
    has_twin = core.settings.sm3_twin
    return Keeper(core.database, core.log, core.clock, has_twin=has_twin, side=core.log_side)


async def prune_the_log(core: Core) -> None:
    """Drop, once a day, what need not be kept any more, if the settings say so."""
    keeper = keeper_of(core)
    while core.settings.prune_daily:
        try:
            purged = await keeper.purge("hub")
        except HubError as problem:
            log.warning("log.prune.waits", code=problem.code)
            await asyncio.sleep(_PRUNE_AGAIN_S)
            continue
        except LogError as problem:
            log.exception("log.prune.refused", problem=type(problem).__name__)
            return
        log.info("log.pruned", entries=purged.dropped, minimum=purged.plan.minimum)
        await asyncio.sleep(_PRUNE_EVERY_S)


async def follow_twin(core: Core) -> None:
    """Let the SM3 twin follow behind the log, if the settings say so, for as long as we serve."""
    signer = LogSigner(core.keyring, core.settings.origin + SUFFIX)
    while core.settings.sm3_twin:
        moved = 0
        try:
            async with core.log_database.connection() as connection:
                moved = await follow(connection, signer, core.clock(), _TWIN_ENTRIES)
        except HubError as problem:
            log.warning("log.twin.waits", code=problem.code)
        except LogError as problem:
            log.exception("log.twin.refused", problem=type(problem).__name__)
            return
        if moved < _TWIN_ENTRIES:
            await asyncio.sleep(_TWIN_EVERY_S)


async def settle_keys(core: Core) -> None:
    """Write down what the clock has made of the signing keys, for as long as we serve."""
    custodian = SigningCustodian(core.keyring, core.log, "hub")
    while True:
        try:
            await custodian.settle(core.clock())
        except HubError as problem:
            log.warning("keys.settle.waits", code=problem.code)
        await asyncio.sleep(_SETTLE_EVERY_S)


async def stream_the_log(core: Core) -> None:
    """Tell the SIEM of new entries, if there is one, for as long as we serve."""
    settings = core.settings
    if settings.log_stream_url is None:
        return
    words = EntryWords(settings.origin, settings.log_stream_form)
    port = port_of(
        settings.log_stream_url,
        words,
        settings.log_stream_ca_file,
        settings.log_stream_token_file,
        _STREAM_TIMEOUT_S,
    )
    url, side = settings.log_stream_url, core.log_side
    await LogStream(core.database, url, port, core.clock, side=side).run()


async def witness_the_log(core: Core) -> None:
    """Show the log to its witnesses, if it has any, for as long as we serve."""
    await witnesses_of(core).run()


def witnesses_of(core: Core) -> Witnesses:
    """Return the witnesses of the settings.

    Raises:
        SetupError: A key of one is wrong.
    """
    settings = core.settings
    return Witnesses(
        core.log_database,
        places_of(settings.witnesses),
        core.clock,
        timedelta(seconds=settings.witness_every_s),
        timedelta(seconds=settings.witness_late_s),
    )
