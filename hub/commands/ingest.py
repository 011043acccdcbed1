"""`hub scope` and `hub ingest`: whom the hub may keep, and what departments know of them."""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from connectors.department import DEFAULT_PACKAGES, Department, discover
from connectors.errors import SourceError
from hub.app import Core, ingest_of, opened
from hub.commands.console import fail, progress, progress_done, run, settings_or_fail
from hub.commands.options import Home
from hub.commands.places import read_places
from hub.errors import CorruptError, HubError, UnavailableError
from hub.ingest.pipeline import Ingest
from hub.ingest.report import IngestReport
from hub.ingest.rescore import Rescored
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
    A department that cannot be read is told with its place and reason; the others are read all
    the same, and the command ends with code 1.
    Where the systems are stands in departments.toml in the home.
    """
    settings = settings_or_fail(home=home)

    async def work() -> Outcome:
        async with opened(settings) as core:
            return await try_departments(core, department or (), replay=replay)

    outcome = run(work())
    for report in outcome.reports:
        typer.echo(summary(report))
    if outcome.scored.households:
        typer.echo(f"{outcome.scored.households:,} households scored.")
    if outcome.scored.broken:
        typer.echo(f"{outcome.scored.broken:,} households wait: a stored value does not open.")
    if outcome.failures:
        fail("\nhub: ".join(map(str, outcome.failures)))


@dataclass(slots=True)
class Outcome:
    """What became of each department that was asked for, and the scores that waited for it."""

    reports: list[IngestReport] = field(default_factory=list)
    failures: list[SourceError | HubError] = field(default_factory=list)
    """One for each department that could not be read to its end; each names it."""
    scored: Rescored = field(default_factory=Rescored)


async def read_departments(
    core: Core, wanted: Sequence[str], *, replay: bool = False
) -> list[IngestReport]:
    """Return what became of each department's records, the register first.

    Households that were scored at the end count in the last report.

    Raises:
        SourceError, IngestFailedError: A department could not be read; the others were.
        SetupError: No policy is in force, or departments.toml cannot be read.
    """
    outcome = await try_departments(core, wanted, replay=replay)
    for problem in outcome.failures:
        raise problem
    if outcome.reports:
        outcome.reports[-1].scored(outcome.scored)
    return outcome.reports


async def try_departments(core: Core, wanted: Sequence[str], *, replay: bool = False) -> Outcome:
    """Read one department after the other, the register first, whatever becomes of each.

    Households whose facts changed are scored once, at the end.

    Raises:
        SetupError: No policy is in force, or departments.toml cannot be read.
    """
    known = departments_of(core.settings)
    places = read_places(core.settings.departments_file)
    names = in_order(wanted or [name for name in known if name in places.sources])
    chosen = [_described(known, name) for name in names]
    settings = {} if replay else {d.name: _settings(d, places.sources) for d in chosen}
    intake, outcome = await ingest_of(core), Outcome()
    with _rare_collections():
        for department in chosen:
            with _failures_in(outcome):
                if replay:
                    report = await intake.replay(department)
                else:
                    report = await _read(intake, department, settings[department.name])
                outcome.reports.append(report)
            progress_done()
        with _failures_in(outcome):
            outcome.scored = await intake.score_waiting()
    return outcome


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for cyclic garbage less often: a page makes many values and no cycles.

    At the usual thresholds the collector takes a fifth of the processor time.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _failures_in(outcome: Outcome) -> Iterator[None]:
    """Keep what keeps one department from being read, so that the next one is."""
    try:
        yield
    except (SourceError, UnavailableError, CorruptError) as problem:
        outcome.failures.append(problem)


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


def _settings(
    department: Department, sources: Mapping[str, Mapping[str, str]]
) -> Mapping[str, str]:
    if department.name not in sources:
        needs = ", ".join(f"{key} ({text})" for key, text in department.settings.items())
        fail(f"departments.toml has no [{department.name}]; it needs: {needs}.", 2)
    return sources[department.name]


async def _read(
    intake: Ingest, department: Department, settings: Mapping[str, str]
) -> IngestReport:
    connector = department.connect(settings)

    def tell(report: IngestReport) -> None:
        progress(f"{department.name}: {report.read:,} read, {report.accepted:,} accepted")

    return await intake.run(department, connector, tell, then_score=False)


def summary(report: IngestReport) -> str:
    """Return what an ingest did, in one line and one more for what waits."""
    rate = report.read / report.seconds if report.seconds else 0.0
    line = (
        f"{report.department}: {report.read:,} read, {report.accepted:,} accepted, "
        f"{report.unchanged:,} unchanged, {report.stale:,} stale, {report.ended:,} ended, "
        f"{report.out_of_scope:,} out of scope, {report.quarantined.total():,} in quarantine; "
        f"{report.people:,} people new; "
        f"{report.seconds:.1f} s ({rate:,.0f} records/s)"
    )
    if report.households:
        line += f"\n  {report.households:,} households scored"
    if report.quarantined:
        reasons = ", ".join(f"{n} {code}" for code, n in sorted(report.quarantined.items()))
        line += f"\n  in quarantine: {reasons}"
    return line
