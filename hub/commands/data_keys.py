"""`hub keys rotate data`: every identity gets a new data key while the hub serves."""

from collections.abc import Sequence

import typer

from hub.app import opened
from hub.commands.console import progress, progress_done, run
from hub.custody.resealing import Choice, Renewer, Resealed, Told
from hub.sealing.keyring import KeyKind
from hub.settings import Settings


def rotate_data(
    settings: Settings, by: str, departments: Sequence[str] | None, choice: Choice
) -> None:
    """Replace data keys and say what was done; exit 1 if something does not open."""

    async def work() -> list[Resealed]:
        async with opened(settings) as core:
            keys = [key for key in core.keyring.all() if key.kind is KeyKind.DEPARTMENT]
            renewer = Renewer(
                core.database, core.catalogue, core.keyring, core.tagger, core.log, by
            )
            return [
                await renewer.renew(each, choice, _telling(each))
                for each in departments or sorted({key.owner for key in keys})
            ]

    found = run(work())
    progress_done()
    for done in found:
        went_on = "" if done.is_new else "went on: "
        typer.echo(
            f"{done.department}: {went_on}{done.keys:,} data keys are new, {done.values:,} values "
            "are sealed under them."
        )
        if done.broken:
            typer.echo(
                f"{done.department}: {done.broken:,} data keys stay as they are, because they or "
                "something under them do not open. Restore those values from a backup.",
                err=True,
            )
    if any(done.broken for done in found):
        raise typer.Exit(1)


def _telling(department: str) -> Told:
    def told(done: int, total: int) -> None:
        progress(f"{department}: {done:,} of {total:,} data keys")

    return told
