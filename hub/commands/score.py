"""`hub score`: every household's score of today, or what another profile would do to the bands."""

from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from hub.app import full_pass_of, ingest_of, opened, profile_from
from hub.commands.console import fail, progress, progress_done, run, settings_or_fail
from hub.commands.options import Home
from hub.ingest.full_pass import Pass, Preview
from scoring import Band


def score(
    home: Home = None,
    preview: Annotated[
        Path | None,
        typer.Option(
            "--preview", help="A profile (TOML): tell how bands would change, write nothing."
        ),
    ] = None,
) -> None:
    """Score the whole population on this day: ages and look-back windows move without any record.

    Only what changed is written. Stop it when you like and run it again: what is done stays done,
    and a second pass on the same day writes nothing. It is on record like every reading.
    """
    settings = settings_or_fail(home=home)
    if preview is not None and not preview.is_file():
        fail(f"{preview} is no file.", 2)

    async def work() -> Pass | Preview:
        async with opened(settings) as core:
            whole = await full_pass_of(core)
            if preview is not None:
                changed = await profile_from(core, preview.read_text("utf-8"))
                return await whole.preview(changed, lambda p: progress(f"{p.households:,}"))
            waited = await (await ingest_of(core)).score_waiting()
            done = await whole.run(lambda p: progress(f"{p.households:,} households"))
            done.rescored.broken = max(done.rescored.broken, waited.broken)
            return done

    began = perf_counter()
    done = run(work())
    progress_done()
    for line in _told(done):
        typer.echo(line)
    typer.echo(f"{perf_counter() - began:.1f} s")
    if isinstance(done, Pass) and done.rescored.broken:
        fail(f"{left_out(done.rescored.broken)} See `hub seals status`.")


def left_out(broken: int) -> str:
    """Return how many households have no score of today because of a broken seal."""
    return f"{broken:,} households were left out: a stored value of theirs does not open."


def _told(done: Pass | Preview) -> list[str]:
    if isinstance(done, Preview):
        return _preview(done)
    scored, changed = done.households, done.rescored.changed
    lines = [f"{scored:,} households scored, {changed:,} scores changed."]
    if done.from_facts:
        lines.append(f"{done.from_facts:,} of them were read anew from their facts.")
    if done.rescored.alerts:
        counts = ", ".join(f"{n:,} {what}" for what, n in sorted(done.rescored.alerts.items()))
        lines.append(f"Alerts: {counts}.")
    return lines


def _preview(done: Preview) -> list[str]:
    """Return a table: bands of today down, bands under the changed profile across."""
    lines = [f"{'today / then':<14}" + "".join(f"{band.value:>12}" for band in Band)]
    for old in Band:
        cells = "".join(f"{done.moves[old, new]:>12,}" for new in Band)
        lines.append(f"{old.value:<14}{cells}")
    moved = sum(n for (old, new), n in done.moves.items() if old is not new)
    lines.append(f"{done.households:,} households, {moved:,} would change their band.")
    if done.left_out:
        lines.append(f"{done.left_out:,} are left out: `hub score` reads them anew first.")
    return lines
