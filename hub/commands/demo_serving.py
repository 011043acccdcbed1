"""The hub of a demonstration: `hub serve`, and a way for pages to sign in without a key.

`hub demo` runs it in a process of its own: `python -m hub.commands.demo_serving`. It is no command
of `hub`, so that nobody starts an installation with it by mistake.
"""

import resource
from collections.abc import Sequence

import typer
from starlette.routing import BaseRoute

from hub.commands.console import settings_or_fail
from hub.commands.options import Home
from hub.commands.serve import Bound, Port, PortFile, serve_home
from hub.demo.signing_in import with_signing_in
from hub.http.routes import Parts


def extended(bound: Bound, parts: Parts) -> tuple[Parts, Sequence[BaseRoute]]:
    """Return the edge with the demonstration's way to sign in.

    Raises:
        SetupError: The address is not this machine's own.
    """
    return with_signing_in(parts, bound)


def main(home: Home = None, port: Port = None, port_file: PortFile = None) -> None:
    """Serve the demonstration of `home` until SIGTERM or Ctrl-C."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve_home(settings_or_fail(home=home, port=port), port_file, extended)


if __name__ == "__main__":
    typer.run(main)
