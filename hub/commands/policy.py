"""`hub policy`: in force and before; what differs; two people to widen it; signed for auditors."""

import json
from pathlib import Path
from typing import Annotated

import typer

from hub.access.difference import Change, difference
from hub.access.policy import load_former
from hub.app import opened
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.export import TYPE, exported, is_of_text, written
from hub.casework.sharing.policy_desk import PolicyChange
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.commands.sharing import policy_desk
from hub.errors import SetupError
from hub.query.bind import day_of
from hub.sealing.documents import ForgedError, opened_document
from hub.settings import Settings
from hub.store.sharing import Revision, revisions

app = typer.Typer(
    no_args_is_help=True,
    help="The policy in force and those before it: history, difference, two people to widen it.",
)
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]


@app.command()
def history(home: Home = None) -> None:
    """List every policy that was in force: revision, digest, since when, by whom, why."""
    for each in run(_revisions(settings_or_fail(home=home))):
        when = each.at.isoformat(timespec="seconds")
        why = f": {each.why}" if each.why else ""
        typer.echo(f"{each.number} {each.digest[:12]} since {when} by {each.by}{why}")


@app.command()
def show(
    revision: Annotated[
        int | None, typer.Argument(help="Which; default: the one in force.")
    ] = None,
    home: Home = None,
) -> None:
    """Show a policy's text."""
    known = run(_revisions(settings_or_fail(home=home)))
    typer.echo(_one(known, revision).document, nl=False)


@app.command()
def diff(
    before: Annotated[int, typer.Argument(help="The earlier revision.")],
    after: Annotated[int | None, typer.Argument(help="The later one; default: in force.")] = None,
    home: Home = None,
) -> None:
    """Say in plain words what two policies decide differently; + widens access, - does not."""
    changes = run(_difference(settings_or_fail(home=home), before, after))
    _tell(changes)


@app.command("propose")
def propose_(
    by: By,
    why: Annotated[str, typer.Option("--why", help="The reason, kept with the revision.")] = "",
    home: Home = None,
) -> None:
    """Propose the policy file: a second person puts it in force where it widens access."""
    settings = settings_or_fail(home=home)

    async def work() -> PolicyChange:
        async with opened(settings) as core:
            return await policy_desk(core).propose(by, why)

    proposed = run(work())
    _tell(proposed.changes)
    typer.echo(f"Proposed. Another person: hub policy confirm {proposed.digest[:12]} --by NAME")


@app.command("confirm")
def confirm_(
    digest: Annotated[str, typer.Argument(help="The first characters of the proposal's digest.")],
    by: By,
    home: Home = None,
) -> None:
    """Put a proposed policy in force, as a second person."""
    settings = settings_or_fail(home=home)

    async def work() -> PolicyChange:
        async with opened(settings) as core:
            return await policy_desk(core).confirm(digest, by)

    confirmed = run(work())
    _tell(confirmed.changes)
    typer.echo(f"The policy {confirmed.digest[:12]} is in force.")


@app.command()
def export(
    signed: Annotated[bool, typer.Option("--signed", help="As a JWS, signed by the hub.")] = False,
    home: Home = None,
) -> None:
    """Print the policy in force and all agreements as one document, to be kept by an auditor.

    Signed it is a compact JWS (ES256, RFC 7515) of the key that signs messages: `hub deliver
    --keys` gives the public half.
    """
    settings = settings_or_fail(home=home)

    async def work() -> str:
        async with opened(settings) as core:
            today = day_of(core.clock())
            whole = await exported(core.database, core.catalogue, packaged_clock(), today)
            text = written(whole)
            return core.signer.sign(text, TYPE) if signed else text.decode()

    typer.echo(run(work()))


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="What `hub policy export --signed` printed.")],
    jwks: Annotated[Path, typer.Option("--jwks", help="The hub's public keys, a JWK Set.")],
    policy: Annotated[
        Path | None, typer.Option("--policy", help="A policy's text that it must be about.")
    ] = None,
) -> None:
    """Check a signed export without a hub; print what it is about. Exits 1 if it is not genuine."""
    try:
        keys = json.loads(jwks.read_text("utf-8"))
        payload = opened_document(file.read_text("ascii"), keys, TYPE)
        told = json.loads(payload)
        is_right = policy is None or is_of_text(told, policy.read_text("utf-8"))
    except (OSError, ValueError) as problem:
        fail(f"It cannot be read: {type(problem).__name__}.")
    except ForgedError as forged:
        fail(f"It is not genuine: {forged}.")
    if not is_right:
        fail("It is genuine, and about another policy's text.")
    typer.echo(
        f"Genuine: policy {told['digest'][:12]}, revision {told['revision']}, on {told['day']}: "
        f"{len(told['entitlements'])} entitlements, {len(told['agreements'])} agreements."
    )


async def _revisions(settings: Settings) -> list[Revision]:
    async with opened(settings) as core, core.database.connection() as connection:
        return await revisions(connection)


async def _difference(settings: Settings, before: int, after: int | None) -> tuple[Change, ...]:
    async with opened(settings) as core, core.database.connection() as connection:
        known = await revisions(connection)
        old, new = _one(known, before), _one(known, after)
        catalogue = core.catalogue
        return difference(
            load_former(old.document, catalogue), load_former(new.document, catalogue)
        )


def _one(known: list[Revision], number: int | None) -> Revision:
    found = [each for each in known if number is None or each.number == number]
    if not found:
        raise SetupError(f"There is no revision {number}; `hub policy history` lists them.")
    return found[-1]


def _tell(changes: tuple[Change, ...]) -> None:
    for change in changes:
        typer.echo(f"{'+' if change.widens else '-'} {change.told()}")
    if not changes:
        typer.echo("They decide alike.")
