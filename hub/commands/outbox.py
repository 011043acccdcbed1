"""`hub deliver`: send what waits in the outbox, once, without serving."""

import typer

from hub.app import opened
from hub.commands.console import run, settings_or_fail
from hub.commands.options import Home
from hub.commands.receivers import sender_of
from hub.delivery.sender import Delivered


def deliver(home: Home = None) -> None:
    """Send every message that is due, in order for each receiver; exit 1 if one is dead.

    `hub serve` does this by itself. A dead message blocks its receiver's queue until an operator
    has looked at it; nothing is ever skipped.
    """
    settings = settings_or_fail(home=home)

    async def work() -> Delivered:
        async with opened(settings) as core, sender_of(core) as sender:
            return await sender.deliver_pending()

    done = run(work())
    typer.echo(
        f"{done.acknowledged:,} acknowledged, {done.postponed:,} postponed, {done.dead:,} dead"
    )
    for receiver, reason in sorted(done.last_errors.items()):
        typer.echo(f"  {receiver}: {reason}")
    if done.dead:
        raise typer.Exit(1)
