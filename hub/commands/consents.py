"""`hub consents`: which authorisations are on file, by opaque ids, and to withdraw them."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

import typer

from hub.access import Caller, Purpose
from hub.app import opened
from hub.casework.consents import RevokeAuthorisation
from hub.commands.console import fail, run, settings_or_fail
from hub.commands.credit import credit_office
from hub.commands.options import Home
from hub.commands.receivers import office_of
from hub.http.registry import LiveClients
from hub.store.consents import Given, authorisation, authorisations
from scoring.score import CHINA

app = typer.Typer(
    no_args_is_help=True,
    help="Authorisations of people: what is on file, by opaque ids, and to withdraw them.",
)
_OPERATOR: Final = Caller("civil-affairs", "operator", Purpose.VERIFY, "hub-consents")
_EVERYWHERE: Final = ("",)
Person = Annotated[str | None, typer.Option("--person", help="Person.id of whom they are about.")]
Source = Annotated[str | None, typer.Option("--source", help="Only for this department.")]


@app.command("list")
def list_(
    home: Home = None,
    person: Person = None,
    source: Source = None,
    ended: Annotated[
        bool, typer.Option("--ended", help="Those too that have ended or were withdrawn.")
    ] = False,
) -> None:
    """List what is on file, the earliest first, at most a thousand."""
    settings, who = settings_or_fail(home=home), None if person is None else _id(person)

    async def work() -> list[Given]:
        async with opened(settings) as core, core.database.connection() as connection:
            today = core.clock().astimezone(CHINA).date()
            return await authorisations(connection, today, person=who, source=source, ended=ended)

    for given in run(work()):
        typer.echo(_line(given))


@app.command()
def show(
    authorisation_id: Annotated[str, typer.Argument(help="Authorisation.recordId.")],
    home: Home = None,
) -> None:
    """Show one authorisation; exit 1 if there is none with this id."""
    settings, record_id = settings_or_fail(home=home), _id(authorisation_id)

    async def work() -> Given | None:
        async with opened(settings) as core, core.database.connection() as connection:
            today = core.clock().astimezone(CHINA).date()
            return await authorisation(connection, today, record_id)

    found = run(work())
    if found is None:
        fail("There is no such authorisation.")
    typer.echo(_line(found))


@app.command()
def revoke(
    person: Annotated[str, typer.Option("--person", help="Person.id of whom they are about.")],
    home: Home = None,
    source: Source = None,
) -> None:
    """Withdraw what a person authorised, at once; answers of live sources are deleted with it."""
    settings, who = settings_or_fail(home=home), str(_id(person))
    sources = None if source is None else [source]
    stated = {"personId": who, "sources": sources, "purposes": None}

    async def work() -> Mapping[str, object]:
        async with opened(settings) as core:
            clients = await LiveClients.opened(settings.clients_file, core.database)
            room = RevokeAuthorisation(credit_office(core, office_of(core, clients)))
            return await room.withdraw(stated, _OPERATOR, _EVERYWHERE)

    done = run(work())
    typer.echo(f"{done['revoked']} withdrawn, {done['forgotten']} answers deleted.")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        fail("An id of the graph is needed, as Person.id and Authorisation.recordId are.", 2)


def _line(given: Given) -> str:
    ended = "" if given.revoked_at is None else f"  withdrawn {given.revoked_at:%Y-%m-%d %H:%M}Z"
    days = f"{given.start} until {given.end}" if given.revoked_at is None else f"{given.start}"
    return (
        f"{given.record_id}  person {given.person_id}  {given.source} {given.purpose}  "
        f"{given.signed_by}  {days}{ended}"
    )
