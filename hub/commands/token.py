"""`hub token`: an access token for a client whose private key lies on this machine."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import httpx2
import typer

from hub.commands.console import fail, settings_or_fail
from hub.commands.options import Home
from hub.demo.client import AskError, Department


def token(
    client: Annotated[str, typer.Argument(help="Client id; `hub clients list` has them.")],
    purpose: Annotated[str, typer.Option("--purpose", help="The declared purpose, such as WARN.")],
    home: Home = None,
    hub: Annotated[
        str | None,
        typer.Option("--hub", help="Address of the hub; default: as the settings have it."),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="Private JWK; default: in the home's clients/."),
    ] = None,
) -> None:
    """Sign in as CLIENT and print the access token, to try a query with curl."""
    settings = settings_or_fail(home=home)
    key_file = key or settings.home / "clients" / f"{client}.jwk"
    if not key_file.is_file():
        fail(f"there is no key at {key_file}.")
    scheme = "http" if settings.tls_certificate is None else "https"
    address = hub or settings.public_url or f"{scheme}://{settings.host}:{settings.port}"
    try:
        with closing(Department.signed_by(address, client, key_file)) as department:
            typer.echo(department.token(purpose))
    except AskError as problem:
        fail(str(problem))
    except httpx2.HTTPError as problem:
        fail(f"{address} does not answer ({type(problem).__name__}).")
