"""`hub deliver`: send what waits in the outbox, once, without serving."""

import json
from typing import Annotated

import typer

from audit.entry import EntryKind
from hub.app import Core, opened
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.commands.receivers import KNOWN, sender_of
from hub.delivery.sender import Delivered
from hub.errors import HubError
from hub.sealing.keyring import Keyring
from hub.sealing.signing import MessageSigner
from hub.settings import Settings
from hub.store.journal import recorded
from hub.store.outbox import revive


def deliver(
    home: Home = None,
    revive_for: Annotated[
        str | None,
        typer.Option(
            "--revive", help="First let this receiver's dead and postponed messages be due."
        ),
    ] = None,
    keys: Annotated[
        bool,
        typer.Option("--keys", help="Print the JWK set that verifies messages, and send nothing."),
    ] = False,
) -> None:
    """Send every message that is due, in order for each receiver; exit 1 if one is dead.

    `hub serve` does this by itself. A dead message blocks its receiver's queue until an operator
    has looked at it and revives it; nothing is ever skipped. Reviving is on record.
    """
    settings = settings_or_fail(home=home)
    if keys:
        typer.echo(json.dumps(_public_keys(settings), indent=2))
        return

    if revive_for is not None and revive_for not in KNOWN:
        fail(f"The hub writes to no receiver of this name. It writes to: {', '.join(KNOWN)}.")

    async def work() -> Delivered:
        async with opened(settings) as core, sender_of(core) as sender:
            if revive_for is not None:
                await _revive(core, revive_for)
            return await sender.deliver_pending()

    done = run(work())
    typer.echo(
        f"{done.acknowledged:,} acknowledged, {done.postponed:,} postponed, {done.dead:,} dead"
    )
    for receiver, reason in sorted(done.last_errors.items()):
        typer.echo(f"  {receiver}: {reason}")
    if done.dead:
        raise typer.Exit(1)


def _public_keys(settings: Settings) -> dict[str, list[dict[str, object]]]:
    try:
        return MessageSigner(Keyring.open(settings.key_folder, settings.root_key)).jwks()
    except HubError as problem:
        fail(str(problem))


async def _revive(core: Core, receiver: str) -> None:
    async with core.database.transaction() as connection:
        revived = await revive(connection, receiver, core.clock())
        about = {"department": "civil-affairs", "receiver": receiver, "revived": revived}
        await recorded(core.log, EntryKind.MESSAGE, {**about, "outcome": "announced"})
    typer.echo(f"{revived:,} messages for {receiver} are due again.")
