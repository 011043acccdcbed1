"""`hub seals`: where seals were found broken, and to say that it is cleared up."""

from typing import Annotated

import msgspec
import typer

from audit.entry import EntryKind
from hub.access import OPAQUE
from hub.app import opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.settings import Settings
from hub.store.breaks import Broken, all_breaks, settle_breaks
from hub.store.journal import recorded

app = typer.Typer(
    no_args_is_help=True,
    help="Broken seals: where stored values did not open, and that it is cleared up.",
)
_METRIC = "hub_seals_broken"


@app.command()
def status(
    home: Home = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, one list.")] = False,
    metrics: Annotated[
        bool, typer.Option("--metrics", help="As text for Prometheus, such as a textfile.")
    ] = False,
) -> None:
    """Show how many seals were found broken in each dataset; exit 1 if any."""
    found = run(_all(settings_or_fail(home=home)))
    if metrics:
        typer.echo("\n".join(exposed(found)))
        return
    if as_json:
        listed = [msgspec.to_builtins(each) for each in found]
        typer.echo(msgspec.json.format(msgspec.json.encode(listed), indent=1).decode())
    else:
        for each in found:
            typer.echo(_line(each))
        if not found:
            typer.echo("No seal was found broken.")
    if found:
        raise typer.Exit(1)


@app.command()
def settle(
    by: Annotated[str, typer.Option("--by", help="Who says so: an opaque id, never a name.")],
    why: Annotated[str, typer.Option("--why", help="What was found, and done; on record.")],
    department: Annotated[
        str | None, typer.Option("--department", help="Of this one only; left out: of all.")
    ] = None,
    home: Home = None,
) -> None:
    """Say, on record, that what was found broken is cleared up; counting begins anew."""
    settings = settings_or_fail(home=home)
    if not OPAQUE.fullmatch(by):
        fail("--by is an opaque id: letters, digits and ._:/- only.", 2)
    for each in (settled := run(_settled(settings, department, by, why))):
        typer.echo(f"settled: {_line(each)}")
    if not settled:
        typer.echo("There was nothing to settle.")


def exposed(found: list[Broken]) -> list[str]:
    """Return the counts in the text format of Prometheus."""
    lines = [
        f"# HELP {_METRIC} Seals found broken and not settled.",
        f"# TYPE {_METRIC} gauge",
    ]
    for each in found:
        labels = f'department="{each.department}",dataset="{each.dataset}",reason="{each.reason}"'
        lines.append(f"{_METRIC}{{{labels}}} {each.found}")
    return lines


async def _all(settings: Settings) -> list[Broken]:
    async with opened(settings) as core, core.database.connection() as connection:
        return await all_breaks(connection)


async def _settled(settings: Settings, department: str | None, by: str, why: str) -> list[Broken]:
    async with opened(settings) as core, core.database.transaction() as connection:
        settled = await settle_breaks(connection, department)
        for each in settled:
            about = {"act": "seal settled", "owner": each.department, "dataset": each.dataset}
            about |= {"reason": each.reason, "by": by, "why": why, "outcome": "announced"}
            await recorded(core.log, EntryKind.KEY, {**about, "found": each.found})
        return settled


def _line(each: Broken) -> str:
    days = f"{each.first_at:%Y-%m-%d %H:%M} to {each.last_at:%Y-%m-%d %H:%M} UTC"
    return f"{each.department}  {each.dataset}  {each.reason}  {each.found:,} times, {days}"
