"""`hub scope` and `hub ingest`: whom the hub may keep, and what departments know of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from connectors.department import DEFAULT_PACKAGES, Department, discover
from hub.app import Core, ingest_of, opened
from hub.commands.console import fail, progress, progress_done, run, settings_or_fail
from hub.commands.options import Home
from hub.commands.places import read_places
from hub.ingest.pipeline import Ingest
from hub.ingest.report import IngestReport
from hub.ingest.scope import ScopeReport, load_scope
from hub.settings import Settings

REGISTER = "public-security"
"""It is read first: people and households come from it."""


def scope(
    roll: Annotated[Path, typer.Argument(help="CSV: 申请人身份证号, 户号, 原因; UTF-8.")],
    home: Home = None,
) -> None:
    """Load civil affairs' own list: only people on it and their household members are kept.

    Numbers are stored as keyed tags. Loading the same list again adds nothing.
    """
    settings = settings_or_fail(home=home)

    async def work() -> ScopeReport:
        async with opened(settings) as core:
            return await load_scope(core.database, core.log, core.tagger, roll)

    if not roll.is_file():
        fail(f"{roll} is no file.")
    report = run(work())
    typer.echo(f"{report.rows:,} rows were taken, {report.added:,} numbers are new in scope.")
    for piece in report.unreadable:
        typer.echo(f"  {piece.location} was not taken: {piece.reason}")


def ingest(
    department: Annotated[
        list[str] | None, typer.Argument(help="Departments to read; default: all that are set up.")
    ] = None,
    home: Home = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Try the records in quarantine again instead.")
    ] = False,
) -> None:
    """Read departments' systems from where the last run ended, into the graph.

    Each page is one transaction with its cursor; what cannot be accepted waits in quarantine with
    its reasons. Run it as often as you like: what has not changed changes nothing.
    Where the systems are stands in departments.toml in the home.
    """
    settings = settings_or_fail(home=home)

    async def work() -> list[IngestReport]:
        async with opened(settings) as core:
            return await read_departments(core, department or (), replay=replay)

    for report in run(work()):
        typer.echo(summary(report))


async def read_departments(
    core: Core, wanted: Sequence[str], *, replay: bool = False
) -> list[IngestReport]:
    """Return what became of each department's records, the register first.

    Raises:
        SourceError, IngestFailedError: One department could not be read; those before it stand.
        SetupError: A department is not known, or not set up.
    """
    known = departments_of(core.settings)
    places = read_places(core.settings.departments_file)
    chosen = in_order(wanted or [name for name in known if name in places.sources])
    intake = await ingest_of(core)
    reports = []
    for name in chosen:
        described = _described(known, name)
        if replay:
            report = await intake.replay(described)
        else:
            report = await _read(intake, described, places.sources.get(name))
        progress_done()
        reports.append(report)
    return reports


def departments_of(settings: Settings) -> Mapping[str, Department]:
    """Return the departments that can be read: the hub's own and those of the settings."""
    return discover((*DEFAULT_PACKAGES, *settings.connector_packages))


def in_order(names: Sequence[str]) -> list[str]:
    """Return `names` with the register first."""
    return sorted(names, key=lambda name: (name != REGISTER, name))


def _described(known: Mapping[str, Department], name: str) -> Department:
    if name not in known:
        fail(f"there is no department {name}; known are: {', '.join(known)}.", 2)
    return known[name]


async def _read(
    intake: Ingest, department: Department, settings: Mapping[str, str] | None
) -> IngestReport:
    if settings is None:
        needs = ", ".join(f"{key} ({text})" for key, text in department.settings.items())
        fail(f"departments.toml has no [{department.name}]; it needs: {needs}.", 2)
    connector = department.connect(settings)

    def tell(report: IngestReport) -> None:
        progress(f"{department.name}: {report.read:,} read, {report.accepted:,} accepted")

    return await intake.run(department, connector, tell)


def summary(report: IngestReport) -> str:
    """Return what an ingest did, in one line and one more for what waits."""
    rate = report.read / report.seconds if report.seconds else 0.0
    line = (
        f"{report.department}: {report.read:,} read, {report.accepted:,} accepted, "
        f"{report.unchanged:,} unchanged, {report.stale:,} stale, {report.ended:,} ended, "
        f"{report.out_of_scope:,} out of scope, {report.quarantined.total():,} in quarantine; "
        f"{report.people:,} people new, {report.households:,} households scored; "
        f"{report.seconds:.1f} s ({rate:,.0f} records/s)"
    )
    if report.quarantined:
        reasons = ", ".join(f"{n} {code}" for code, n in sorted(report.quarantined.items()))
        line += f"\n  in quarantine: {reasons}"
    return line
