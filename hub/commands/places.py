"""Reads where each department's system is, from `departments.toml` in the home.

[public-security]                  # a source: what its connector needs (docs/operations.md)
url = "https://..."
token_file = "keys/register.token" # paths are relative to the file

[live.banks]                       # asked about one person at a time, never read
url = "https://..."
token_file = "keys/banks.token"

[receivers.medical-insurance]      # a receiver of messages
url = "https://..."
key_file = "keys/medical-insurance.jwks"
"""

import json
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hub.errors import SetupError

RECEIVERS: Final = "receivers"
LIVE: Final = "live"
_THIS_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PATHS: Final = ("folder", "roster")
_FILE: Final = "_file"


@dataclass(frozen=True, slots=True)
class Places:
    """Sources and receivers by department, each with its settings, which may hold passwords."""

    sources: Mapping[str, Mapping[str, str]] = field(repr=False)
    receivers: Mapping[str, Mapping[str, str]] = field(repr=False)
    live: Mapping[str, Mapping[str, str]] = field(repr=False, default_factory=dict)
    """Sources that are asked about one person, and never read."""


def read_places(path: Path) -> Places:
    """Return what the file says; a hub without one has no sources and no receivers.

    Raises:
        SetupError: It cannot be read, an entry is no table of texts, or an address in it has a
            password and others than its owner may read it.
    """
    if not path.exists():
        return Places({}, {})
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise SetupError(f"{path} cannot be read: {problem}.") from problem
    receivers, live = content.pop(RECEIVERS, {}), content.pop(LIVE, {})
    places = Places(_tables(path, content), _tables(path, receivers), _tables(path, live))
    _refuse_open_passwords(path, places)
    return places


def _refuse_open_passwords(path: Path, places: Places) -> None:
    is_open = stat.S_IMODE(path.stat().st_mode) & 0o077
    named = (*places.sources.items(), *places.receivers.items(), *places.live.items())
    for name, table in named:
        if is_open and _has_password(table.get("url", "")):
            raise SetupError(
                f"{path} holds a password for {name} and is open to others; run `chmod 600 {path}`."
            )


def _has_password(url: str) -> bool:
    try:
        return urlsplit(url).password is not None
    except ValueError:
        return False


def is_usable(url: str) -> bool:
    """Whether a message that names people may go there: encrypted, or not beyond this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and host in _THIS_MACHINE)
    )


def _tables(path: Path, content: object) -> dict[str, dict[str, str]]:
    if not isinstance(content, dict):
        raise SetupError(f"{path}: [receivers] must hold one table for each receiver.")
    tables: dict[str, dict[str, str]] = {}
    for name, table in content.items():
        if not isinstance(table, dict) or not all(isinstance(v, str) for v in table.values()):
            raise SetupError(f"{path}: [{name}] must be a table of texts.")
        tables[name] = {key: _absolute(path, key, value) for key, value in table.items()}
    return tables


def _absolute(path: Path, key: str, value: str) -> str:
    return str(path.parent / value) if key in _PATHS or key.endswith(_FILE) else value


def encryption_keys(receiver: str, settings: Mapping[str, str]) -> Mapping[str, object]:
    """Return the JWK set with a receiver's public encryption key.

    Raises:
        SetupError: There is no `key_file`, or it cannot be read.
    """
    try:
        keys: Mapping[str, object] = json.loads(Path(settings["key_file"]).read_text("utf-8"))
    except (KeyError, OSError, ValueError) as problem:
        raise SetupError(
            f"The receiver {receiver} needs key_file: a JWK set with its public encryption key."
        ) from problem
    return keys
