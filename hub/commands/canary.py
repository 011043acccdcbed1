"""`hub doctor --canary`: does anything lie in clear that ought to be sealed?"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from hub.app import Core
from hub.commands.console import progress
from hub.commands.finding import Finding
from hub.custody.canary import Canary, Searched
from hub.errors import HubError
from hub.home import Home
from hub.store.embedded.rendezvous import runtime_folder

_SHOWN: Final = 20
_UNSEEN: Final = (
    "its files, write-ahead log, temporary files and server's log are out of sight: search them "
    "on its machine"
)


@dataclass(frozen=True, slots=True)
class SearchPlaces:
    """What else is searched, and what is not."""

    also: tuple[Path, ...] = ()
    leave_out: tuple[Path, ...] = ()


async def searched(core: Core, places: SearchPlaces) -> list[Finding]:
    """Search for values that ought to be sealed; return what was found, by place."""
    home = Home.at(core.settings.home)
    embedded = core.settings.database_url is None
    settings = core.settings
    known = {settings.unit_name, settings.unit_code, settings.origin, settings.public_url or ""}
    canary = Canary(
        core.database, core.catalogue, core.data_keys, core.log, frozenset(known), core.log_side
    )
    folders = tuple(_folders(home, places))
    try:
        done = await canary.search(
            folders, places.leave_out, home.data if embedded else None, progress
        )
    except (HubError, asyncpg.PostgresError, OSError) as problem:
        said = str(problem) if isinstance(problem, HubError) else type(problem).__name__
        advice = "Nothing can be said of what lies in clear; run it again."
        return [Finding("nothing in clear", is_ok=False, found=said, advice=advice)]
    return list(_told(done, embedded=embedded, places=places))


def _folders(home: Home, places: SearchPlaces) -> Iterator[Path]:
    yield home.root
    runtime = runtime_folder(home)
    if runtime is not None and runtime.is_dir():
        yield runtime
    temporary = Path(tempfile.gettempdir())
    if not home.root.is_relative_to(temporary):
        yield from sorted(temporary.glob("hub-*"))
    yield from places.also


def _told(done: Searched, *, embedded: bool, places: SearchPlaces) -> Iterator[Finding]:
    name = "nothing in clear"
    seen = (
        f"{done.values:,} values in {done.tables:,} tables and {done.files:,} files, "
        f"{done.read >> 20:,} MiB"
    )
    if not done.is_sharp:
        yield Finding(name, False, "the search did not find its own control", "Report it.")
    if done.unreadable:
        found = f"{len(done.unreadable)} files cannot be read: {', '.join(done.unreadable[:3])}"
        advice = "Run it as who owns the home and its database."
        yield Finding(name, is_ok=False, found=found, advice=advice)
    for each in done.found[:_SHOWN]:
        found = f"{each.place} holds values of {each.label} in clear, {each.count} times"
        advice = "See docs/operations.md, Something in clear."
        yield Finding(name, is_ok=False, found=found, advice=advice)
    if len(done.found) > _SHOWN:
        found = f"and {len(done.found) - _SHOWN} places more"
        yield Finding(name, is_ok=False, found=found, advice="See above.")
    if done.values == 0:
        found = "there is nothing sealed yet to search for"
        yield Finding(name, is_ok=False, found=found, advice="Search later.", is_ours=False)
    elif not done.found and not done.unreadable:
        left = (
            f"; not searched: {', '.join(map(str, places.leave_out))}" if places.leave_out else ""
        )
        yield Finding(name, is_ok=True, found=f"{seen}: none found{left}")
    if not embedded:
        yield Finding(
            "database of your own", False, _UNSEEN, "See docs/operations.md.", is_ours=False
        )
