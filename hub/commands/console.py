"""How commands speak: plain lines, progress that stays on one line, errors that say what to do."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import NoReturn, TypeVar

import typer
import uvloop

from audit.errors import LogError
from connectors.errors import SourceError
from hub.crashes import told
from hub.errors import HubError
from hub.home import HomeInUseError
from hub.settings import InvalidSettingsError, Settings, load_settings
from hub.store.embedded.errors import EmbeddedServerError
from scoring import ProfileError

T = TypeVar("T")
_FAULT = 70
"""Exit status: EX_SOFTWARE of sysexits(3)."""
_SAFE = (
    HubError,
    LogError,
    SourceError,
    HomeInUseError,
    InvalidSettingsError,
    EmbeddedServerError,
    ProfileError,
)
"""Errors whose text is written for people and names no person."""


def fail(message: str, code: int = 1) -> NoReturn:
    """Say on standard error what is wrong, and leave."""
    typer.secho(f"hub: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(code)


def settings_or_fail(**given: object) -> Settings:
    """Return the settings; a wrong one ends the command with its name and reason."""
    try:
        return load_settings(**{name: value for name, value in given.items() if value is not None})
    except InvalidSettingsError as problem:
        fail(str(problem), 2)


def run(work: Coroutine[object, object, T]) -> T:
    """Run a command's work; what can be said clearly is said.

    Anything else is a fault of the program: where it is is told, but no word of the error itself,
    which may quote a value, and no variable.
    """
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except _SAFE as problem:
        fail(str(problem))
    except KeyboardInterrupt:
        fail("stopped", 130)
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except Exception as fault:  # noqa: BLE001 - nothing of it may be shown as it is
        for line in told(fault):
            typer.echo(line, err=True)
        fail("this is a fault of the program; report the lines above.", _FAULT)


def progress(text: str) -> None:
    """Show how far long work is, on one line, if somebody is looking."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{text}")
        sys.stderr.flush()


def progress_done() -> None:
    """Clear the line of `progress`."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
