"""`hub agreements`: sharing agreements, from the request to the purge certificate."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hub.app import opened
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.desk import Done
from hub.casework.sharing.life import State, Step
from hub.casework.sharing.standing import Agreement
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.options import Home
from hub.commands.sharing import sharing_desk
from hub.query.bind import day_of
from hub.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Sharing agreements: asked for, approved by who answers for the source, confirmed by a "
        "second person, suspended at once, ended, disposed of."
    ),
)
Name = Annotated[str, typer.Argument(help="The agreement's name, such as PS-MI-2026-07.")]
By = Annotated[str, typer.Option("--by", help="Who does it: an opaque id, never a name.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for those concerned.")]
File = Annotated[Path, typer.Argument(help="The request, as TOML.")]


@app.command("list")
def listed(
    source: Annotated[str | None, typer.Option("--source", help="Only of this source.")] = None,
    home: Home = None,
) -> None:
    """List agreements and requests: where each stands, and what is due next."""
    agreements, today = run(_all(settings_or_fail(home=home)))
    for each in agreements:
        if source is None or each.source == source:
            typer.echo(_line(each, today))


@app.command()
def overdue(home: Home = None) -> None:
    """List what should have happened: answers, deliveries, purge certificates. Exits 1 if any."""
    agreements, today = run(_all(settings_or_fail(home=home)))
    clock, late = packaged_clock(), False
    for each in agreements:
        for what, day in each.overdue(clock, today):
            late = True
            typer.echo(f"{each.name}: {what} was due on {day}{_reminders(each)}")
    if late:
        raise typer.Exit(1)
    typer.echo("Nothing is overdue.")


@app.command()
def show(name: Name, home: Home = None) -> None:
    """Show one agreement with everything that was done about it."""
    agreements, today = run(_all(settings_or_fail(home=home)))
    found = next((each for each in agreements if each.name == name), None)
    if found is None:
        fail(f"there is no agreement {name}.")
    typer.echo(_line(found, today))
    for act in found.life.acts:
        typer.echo(f"  {act.on} {act.step} by {act.by}{': ' + act.why if act.why else ''}")


@app.command()
def request(file: File, by: By, home: Home = None) -> None:
    """Ask for an agreement; what the request lacks is told in one notice, to be completed."""
    settings, text = settings_or_fail(home=home), _text(file)

    async def work() -> Done:
        async with opened(settings) as core:
            return await sharing_desk(core).file(text, by)

    _tell(run(work()))


@app.command()
def complete(name: Name, file: File, by: By, home: Home = None) -> None:
    """Complete a request after the notice; the time for the answer begins anew."""
    _step(home, name, Step.COMPLETE, by, text=_text(file))


@app.command()
def notice(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Give the one notice of everything that a request lacks."""
    _step(home, name, Step.NOTICE, by, why)


@app.command()
def extend(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Extend the time for the answer, once, after the authority's consent; WHY is the reason."""
    _step(home, name, Step.EXTEND, by, why)


@app.command()
def consent(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Consent, for the authority of data sharing, to a longer time; WHY names the document."""
    _step(home, name, Step.CONSENT, by, why)


@app.command()
def approve(name: Name, by: By, home: Home = None) -> None:
    """Approve a request, for the source; it is in force once a second person confirms it."""
    _step(home, name, Step.APPROVE, by)


@app.command()
def confirm(name: Name, by: By, home: Home = None) -> None:
    """Confirm, as a second person, what was approved or resumed: it is in force at once."""
    _step(home, name, Step.CONFIRM, by)


@app.command()
def refuse(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Refuse a request, with the reasons."""
    _step(home, name, Step.REFUSE, by, why)


@app.command()
def withdraw(name: Name, by: By, home: Home = None) -> None:
    """Take a request back."""
    _step(home, name, Step.WITHDRAW, by)


@app.command()
def suspend(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Stop all reading under an agreement at once, in every worker: the kill switch."""
    _step(home, name, Step.SUSPEND, by, why)


@app.command()
def resume(name: Name, by: By, home: Home = None) -> None:
    """Propose to resume a suspended agreement; a second person confirms it."""
    _step(home, name, Step.RESUME, by)


@app.command()
def terminate(name: Name, by: By, why: Why, home: Home = None) -> None:
    """End an agreement for good, at once; a certificate that what was shared is purged is due."""
    _step(home, name, Step.TERMINATE, by, why)


@app.command("certify-purge")
def certify_purge(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Keep the receiver's certificate of disposal; WHY names the document."""
    _step(home, name, Step.CERTIFY_PURGE, by, why)


@app.command()
def remind(name: Name, by: By, home: Home = None) -> None:
    """Ask the receiver again for the certificate of disposal; the board tells how often."""
    _step(home, name, Step.REMIND, by)


@app.command()
def dispute(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Open a dispute about a request or an agreement: the departments talk first."""
    _step(home, name, Step.DISPUTE, by, why)


@app.command()
def escalate(name: Name, by: By, why: Why, home: Home = None) -> None:
    """Bring a dispute before the authority, and then before the government."""
    _step(home, name, Step.ESCALATE, by, why)


@app.command()
def settle(name: Name, by: By, why: Why, home: Home = None) -> None:
    """End a dispute, everything standing as it does; WHY says what was agreed or decided."""
    _step(home, name, Step.SETTLE, by, why)


@app.command()
def reopen(name: Name, by: By, why: Why, home: Home = None) -> None:
    """End a dispute about a refusal: the request is answered anew."""
    _step(home, name, Step.REOPEN, by, why)


def _step(
    home: Path | None, name: str, step: Step, by: str, why: str = "", text: str | None = None
) -> None:
    settings = settings_or_fail(home=home)

    async def work() -> Done:
        async with opened(settings) as core:
            return await sharing_desk(core).step(name, step, by, why, text)

    _tell(run(work()))


async def _all(settings: Settings) -> tuple[list[Agreement], date]:
    async with opened(settings) as core:
        return await sharing_desk(core).all(), day_of(core.clock())


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        fail(f"{file} cannot be read as UTF-8.")


def _line(agreement: Agreement, today: date) -> str:
    return " ".join(_words(agreement, today))


def _words(agreement: Agreement, today: date) -> Iterator[str]:
    yield f"{agreement.name}: {agreement.state(today)}"
    if agreement.problem:
        yield f"- PROBLEM: {agreement.problem}"
    request = agreement.request
    if request is not None:
        text = request.text
        yield f"({text.source} to {text.department}, {text.role}, for {text.purpose})"
    for what, day in agreement.dues(packaged_clock(), today):
        yield f"- {what} due on {day}"
    if agreement.life.state is State.NOTICED and agreement.life.acts:
        yield f"- {agreement.life.acts[-1].why}"


def _reminders(agreement: Agreement) -> str:
    """Return how often the certificate was asked for again."""
    reminded = [act.on for act in agreement.life.acts if act.step is Step.REMIND]
    return f" (reminded {len(reminded)} times, last on {reminded[-1]})" if reminded else ""


def _tell(done: Done) -> None:
    typer.echo(_line(done.agreement, done.on))
    for change in done.changes:
        typer.echo(f"  {change.told()}")
    if done.changes:
        typer.echo(f"The policy {done.policy_digest[:12]} is in force.")
