"""`hub audit`: verify the access log, export it, show the key to verify it with."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from audit.export import export_log
from audit.forms import FORMS
from audit.list_maker import commit_lists
from audit.verify import Verdict, report, verify_database, verify_export
from hub.app import opened, server_of
from hub.background import record_lists
from hub.commands import indicators, replays, retention
from hub.commands.console import fail, progress, progress_done, run, settings_or_fail
from hub.commands.options import Home
from hub.query.log_export import LogExporter, Sought
from hub.sealing.keyring import Keyring
from hub.sealing.log_signing import LogSigner
from hub.service import log_exporter
from hub.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="The access log: verify it, export it for an auditor, keep and drop its entries.",
)
app.add_typer(indicators.app, name="indicators")
app.add_typer(retention.app, name="hold")
app.command()(retention.prune)
app.add_typer(replays.app, name="replay")
Folder = Annotated[Path, typer.Argument(help="Folder of an export.")]
OPERATOR: Final = {"department": "civil-affairs", "actor": None, "client": "operator"}
"""Who exports at the hub's own machine."""
_FORMATS: Final = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Vkey = Annotated[str | None, typer.Option("--vkey", help="Verifier key; default: this hub's own.")]


def verifier_key(settings: Settings) -> str:
    """Return the keys by which anybody can verify this hub's log, a line each.

    Raises:
        SetupError: The hub has no keys yet.
    """
    keyring = Keyring.open(settings.key_folder, settings.root_key)
    return "\n".join(LogSigner(keyring, settings.origin).vkeys)


def _progress(done: int, size: int) -> None:
    progress(f"verified {done:,} of {size:,} entries")


async def verified(settings: Settings, vkey: str, notes: Sequence[str] = ()) -> Verdict:
    """Return the verdict over the whole log in this hub's database."""
    async with server_of(settings) as server:
        return await asyncio.to_thread(
            verify_database, server.log_dsn, vkey, witnessed=notes, progress=_progress
        )


@app.command()
def verify(
    home: Home = None,
    vkey: Vkey = None,
    export: Annotated[
        Path | None, typer.Option("--export", help="Verify this exported folder instead.")
    ] = None,
    witnessed: Annotated[
        list[Path],
        typer.Option(
            "--witnessed",
            exists=True,
            dir_okay=False,
            help="A checkpoint that was kept elsewhere; the log must still fit it. Repeatable.",
        ),
    ] = [],  # noqa: B006 - typer reads it, nobody changes it
) -> None:
    """Recompute every entry, tile, root and signature; exit 1 if anything does not fit.

    Works offline. With --export and --vkey it needs neither keys nor database:
    `hub-audit verify-export` does the same without the hub.
    """
    settings = settings_or_fail(home=home)
    notes = [path.read_text("utf-8") for path in witnessed]

    async def work() -> Verdict:
        key = vkey or verifier_key(settings)
        if export is not None:
            return await asyncio.to_thread(
                verify_export, export, key, witnessed=notes, progress=_progress
            )
        return await verified(settings, key, notes)

    verdict = run(work())
    progress_done()
    typer.echo(report(verdict))
    if not verdict.ok:
        raise typer.Exit(1)


@app.command()
def export(
    folder: Folder,
    home: Home = None,
    forms: Annotated[
        list[str], typer.Option("--form", help="In this form as well: csv or ocsf. Repeatable.")
    ] = [],  # noqa: B006 - typer reads it, nobody changes it
    department: Annotated[
        str | None, typer.Option("--department", help="Only what this department asked.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=_FORMATS, help="From then on, UTC.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=_FORMATS, help="Before then, UTC.")
    ] = None,
    subject_file: Annotated[
        Path | None,
        typer.Option(
            "--subject-file",
            exists=True,
            dir_okay=False,
            help="Only about the person whose citizen number stands in this file.",
        ),
    ] = None,
) -> None:
    """Write the log into FOLDER, signed: static files that other people's programs can verify.

    The whole log; or, with one of the last four options, the entries that were looked for, each
    with its proof. That it was exported is on record.
    """
    settings = settings_or_fail(home=home)
    if folder.exists() and any(folder.iterdir()):
        fail(f"{folder} is not empty; choose a new folder.")
    if not set(forms) <= FORMS.keys():
        fail("a form is csv or ocsf.", 2)
    number = None if subject_file is None else subject_file.read_text("utf-8").strip()
    sought = Sought(number, department, _utc(since), _utc(until), tuple(dict.fromkeys(forms)))

    async def work() -> int:
        async with opened(settings) as core:
            exporter = log_exporter(core)
            if sought.is_all:
                sealing = await exporter.sealing(sought.forms, OPERATOR)
                dsn = core.server.log_dsn
                return await asyncio.to_thread(export_log, dsn, folder, _progress, sealing)
            return await _selected(exporter, sought, folder)

    entries = run(work())
    progress_done()
    typer.echo(f"{entries:,} entries are in {folder}; verify them with")
    typer.echo(f"  hub-audit verify-export {folder} --vkey '{verifier_key(settings)}'")


async def _selected(exporter: LogExporter, sought: Sought, folder: Path) -> int:
    """Write what was looked for to a folder, and return how many entries that is."""
    wanted = await exporter.begin(sought, OPERATOR)
    lines = 0
    async with aclosing(exporter.files(wanted)) as files:
        async for path, content in files:
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            lines += content.count(b"\n") if path.startswith("records/") else 0
            progress(f"written {lines:,} entries")
    return lines


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


@app.command("commit-lists")
def commit_everybodys_lists(home: Home = None) -> None:
    """Commit now, on the log, to everybody's list of entries; a hub that serves does it each night.

    Goes on where a run that was stopped got to.
    """
    settings = settings_or_fail(home=home)

    async def work() -> int:
        async with opened(settings) as core, core.log_database.connection() as connection:
            append = partial(record_lists, core.log)
            return await commit_lists(connection, append, core.clock(), _listed)

    entry = run(work())
    progress_done()
    typer.echo(f"Entry {entry:,} commits to everybody's list.")


def _listed(done: int, size: int) -> None:
    progress(f"{done} of {size} parts of the lists")


@app.command()
def key(home: Home = None) -> None:
    """Show the log's verifier key; keep it where the hub's operator cannot change it.

    After the key was changed these are several, a line each: of what signs, and of what signed.
    """
    settings = settings_or_fail(home=home)

    async def work() -> str:
        return verifier_key(settings)

    typer.echo(run(work()))
