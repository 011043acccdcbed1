"""A worker of the hub of a demonstration: as `hub.commands.worker`, with its way to sign in."""

from collections.abc import Sequence

import typer
from starlette.routing import BaseRoute

from hub.commands.console import settings_or_fail
from hub.commands.options import Home
from hub.commands.worker import Bound, LineNumber, Listen, work
from hub.demo.identity import with_identity
from hub.demo.signing_in import with_signing_in
from hub.http.routes import Parts


def extended(bound: Bound, parts: Parts) -> tuple[Parts, Sequence[BaseRoute]]:
    """Return the edge with the demonstration's ways to sign in.

    Raises:
        SetupError: The address is not this machine's own.
    """
    parts, signing_in = with_signing_in(parts, bound)
    parts, identity = with_identity(parts, bound)
    return parts, (*signing_in, *identity)


def main(listen: Listen, line: LineNumber, home: Home = None) -> None:
    """Answer for the demonstration of `home` until told to stop."""
    work(settings_or_fail(home=home), listen, line, extended)


if __name__ == "__main__":
    typer.run(main)
