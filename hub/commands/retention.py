"""`hub audit prune` and `hub audit hold`: entries whose time is over go, and some are held."""

from datetime import datetime
from typing import Annotated

import typer

from audit.pruning import Plan
from hub.app import opened
from hub.background import keeper_of
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.custody.retention import Purged
from hub.store.holds import Hold

app = typer.Typer(
    no_args_is_help=True, help="Hold entries of the log beyond their time: add, list, release."
)
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]


def prune(
    by: By,
    before: Annotated[
        datetime | None,
        typer.Option(
            "--before", formats=["%Y-%m-%d"], help="Only what was recorded before this day."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    home: Home = None,
) -> None:
    """Drop the entries whose legal time is over; tiles, checkpoints and what is held stay.

    It is put on the log before anything goes. Whatever ends it, the next run goes on with it.
    """
    settings = settings_or_fail(home=home)
    day = None if before is None else before.date()

    async def work() -> tuple[Purged | None, Plan, str, list[int]]:
        async with opened(settings) as core:
            keeper = keeper_of(core)
            if dry_run:
                plan, cut = await keeper.plan(day)
                return None, plan, cut.isoformat(), []
            purged = await keeper.purge(by, day)
            unused = await keeper.unused_epochs(core.keyring)
            return purged, purged.plan, purged.before.isoformat(), unused

    purged, plan, cut, unused = run(work())
    held = sum(stop - start for start, stop in plan.kept)
    told = f"recorded before {cut} and not held; minimum index {plan.minimum:,}; {held:,} are held."
    if purged is None:
        typer.echo(f"{plan.going:,} entries would be dropped: {told}")
        return
    typer.echo(f"{purged.dropped:,} entries were dropped: {told}")
    if purged.entry is not None:
        typer.echo(f"Entry {purged.entry:,} announced it.")
    for version in unused:
        typer.echo(
            f"No entry is left under epoch {version} of the subject key; destroy it with\n"
            f"  hub keys retire --kind log-subject --version {version} --by {by}"
        )


@app.command()
def add(
    first: Annotated[int, typer.Option("--from", min=0, help="The first entry that is held.")],
    last: Annotated[int, typer.Option("--to", min=0, help="The last entry that is held.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; no name, no number of a person.")],
    by: By,
    home: Home = None,
) -> None:
    """Hold entries: no purge drops them until the hold is released."""
    if last < first:
        fail("--to is not before --from.", 2)
    settings = settings_or_fail(home=home)

    async def work() -> Hold:
        async with opened(settings) as core:
            return await keeper_of(core).hold(first, last + 1, reason=reason, by=by)

    typer.echo(_line(run(work())))


@app.command("list")
def listed(home: Home = None) -> None:
    """List the holds, the oldest first."""
    settings = settings_or_fail(home=home)

    async def work() -> list[Hold]:
        async with opened(settings) as core:
            return await keeper_of(core).holds()

    for hold in run(work()):
        typer.echo(_line(hold))


@app.command()
def release(
    hold: Annotated[str, typer.Argument(help="The hold's id, as it is listed.")],
    by: By,
    home: Home = None,
) -> None:
    """Release a hold; what may go goes with the next purge."""
    settings = settings_or_fail(home=home)

    async def work() -> None:
        async with opened(settings) as core:
            await keeper_of(core).release(hold, by=by)

    run(work())
    typer.echo(f"{hold} holds nothing any more.")


def _line(hold: Hold) -> str:
    return (
        f"{hold.id}  entries {hold.start}-{hold.stop - 1}  {hold.placed_at:%Y-%m-%d}  "
        f"by {hold.placed_by}: {hold.reason}"
    )
