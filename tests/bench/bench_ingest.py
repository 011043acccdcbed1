"""How fast three departments' records become sealed facts, scores and alerts, all on record.

A made-up district with its planted faults is read as the demonstration reads it: a REST register, a
SQL database, CSV drops, whole pipeline, one process. Reading it all again changes nothing.
"""

import asyncio
import resource
import tempfile
from pathlib import Path

from connectors.department import discover
from hub.app import apply_policy, catalogue_of, ingest_of, opened, prepare
from hub.commands.migrate import first_policy
from hub.ingest.report import IngestReport
from hub.ingest.scope import load_scope
from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.support.district import ORDER, District, clock, district
from tests.support.postgres import temporary_home


def _row(turn: str, report: IngestReport) -> None:
    rate = report.read / report.seconds
    print(
        f"| {turn} | {report.department} | {report.read:,} | {report.accepted:,} "
        f"| {report.households:,} | {report.seconds:.1f} s | {rate:,.0f} records/s |",
        flush=True,
    )


async def _read(settings: Settings, source: District) -> None:
    first_policy(settings)
    await prepare(settings, catalogue_of(settings))
    async with opened(settings, clock) as core:
        await apply_policy(core)
        await load_scope(core.database, core.log, core.tagger, source.places.monitoring_list)
        intake = await ingest_of(core)
        for turn in ("first", "again"):
            read, seconds = 0, 0.0
            for name in ORDER:
                department = discover()[name]
                report = await intake.run(department, department.connect(source.settings[name]))
                read, seconds = read + report.read, seconds + report.seconds
                _row(turn, report)
            if read:
                print(
                    f"| {turn} | all | {read:,} | | | {seconds:.1f} s | {read / seconds:,.0f}/s |"
                )


def run(households: int) -> None:
    """Read a district of that many households, with the demonstration's faults in it."""
    with (
        temporary_home() as home,
        tempfile.TemporaryDirectory() as place,
        district(Path(place), households) as source,
        EmbeddedServer.attach_sync(home),
    ):
        print(
            "\n| turn | department | read | accepted | households scored | took | rate |"
            "\n|---|---|--:|--:|--:|--:|--:|"
        )
        asyncio.run(_read(Settings(home=home), source))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{peak:,.0f} MiB at the most in the reading process")
