"""How fast all departments' records become sealed facts, scores and alerts, all on record.

A made-up district with its planted faults is read as the demonstration reads it, every department's
system over its own socket or file, whole pipeline, one process; scores come once, at the end.
Reading it all again changes nothing. Then the whole population is scored by columns.
"""

import asyncio
import resource
import tempfile
from pathlib import Path
from time import perf_counter

from connectors.department import discover
from hub.app import apply_policy, catalogue_of, full_pass_of, ingest_of, opened, prepare
from hub.commands.migrate import first_policy
from hub.ingest.pipeline import Ingest
from hub.ingest.report import IngestReport
from hub.ingest.scope import load_scope
from hub.settings import Settings
from hub.store.embedded import EmbeddedServer
from tests.support.district import ORDER, District, clock, district
from tests.support.postgres import temporary_home


def _row(turn: str, report: IngestReport) -> None:
    rate = report.read / report.seconds if report.seconds else 0.0
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
            await _turn(intake, source, turn)
        for turn in ("pass", "pass again"):
            began = perf_counter()
            done = await (await full_pass_of(core)).run()
            seconds = perf_counter() - began
            print(
                f"| {turn} | all | {done.rescored.changed:,} changed | | {done.households:,} "
                f"| {seconds:.2f} s | {done.households / seconds:,.0f} households/s |"
            )


async def _turn(intake: Ingest, source: District, turn: str) -> None:
    began, read = perf_counter(), 0
    for name in ORDER:
        department = discover()[name]
        connector = department.connect(source.settings[name])
        report = await intake.run(department, connector, then_score=False)
        read += report.read
        _row(turn, report)
    scored_from = perf_counter()
    scored = await intake.score_waiting()
    seconds = perf_counter() - scored_from
    print(f"| {turn} | scores | | | {scored.households:,} | {seconds:.1f} s | |")
    seconds = perf_counter() - began
    print(f"| {turn} | all | {read:,} | | | {seconds:.1f} s | {read / seconds:,.0f} records/s |")


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
