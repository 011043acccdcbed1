"""The `hub` command: a first-time reader of `hub --help` knows what to type next."""

import sys
from importlib import import_module
from typing import Final

import typer

from hub.dumps import forbid_dumps

_HELP: Final = (
    "A GraphQL data-sharing hub for social assistance.\n\n"
    "Start with `hub demo`: it sets up a made-up district, fills the graph and serves it. "
    "For an installation: `hub migrate`, then `hub scope`, `hub ingest`, `hub serve`. "
    "Settings come from HUB_* variables or hub.toml in the home; docs/settings.md has them all."
)
_COMMANDS: Final = {
    "demo": "demo",
    "serve": "serve",
    "reload": "serve",
    "migrate": "migrate",
    "scope": "ingest",
    "ingest": "ingest",
    "score": "score",
    "deliver": "outbox",
    "audit": "audit",
    "consents": "consents",
    "clients": "clients",
    "cases": "cases",
    "documents": "documents",
    "agreements": "agreements",
    "policy": "policy",
    "access": "access",
    "explain": "explain",
    "token": "token",
    "keys": "keys",
    "seals": "seals",
    "doctor": "doctor",
}
"""Each command and the module of `hub.commands` that has it, in the order of the help."""


def application(only: str | None = None) -> typer.Typer:
    """Return the program; with the command `only` alone, if it is one, because that is quicker."""
    app = typer.Typer(
        name="hub",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
        help=_HELP,
    )
    app.callback()(_nothing)  # without it, a program of one command would not take its name
    for name in [only] if only in _COMMANDS else _COMMANDS:
        module = import_module(f"hub.commands.{_COMMANDS[name]}")
        group = getattr(module, "app", None)
        if isinstance(group, typer.Typer):
            app.add_typer(group, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def _nothing() -> None:
    """Do nothing before a command."""


def main() -> None:
    """Run the command line; a crash leaves no memory with keys in it on the disk."""
    forbid_dumps()
    application(sys.argv[1] if len(sys.argv) > 1 else None)()


if __name__ == "__main__":
    main()
