"""The hub of a demonstration: `hub serve`, and a way for pages to sign in without a key.

`hub demo` runs it in a process of its own: `python -m hub.commands.demo_serving`. It is no command
of `hub`, so that nobody starts an installation with it by mistake.
"""

import typer

from hub.commands.console import settings_or_fail
from hub.commands.options import Home
from hub.commands.serve import Port, PortFile, supervise
from hub.dumps import forbid_dumps

WORKER = "hub.commands.demo_worker"


def main(home: Home = None, port: Port = None, port_file: PortFile = None) -> None:
    """Serve the demonstration of `home` until SIGTERM or Ctrl-C."""
    forbid_dumps()
    supervise(settings_or_fail(home=home, port=port), WORKER, port_file)


if __name__ == "__main__":
    typer.run(main)
