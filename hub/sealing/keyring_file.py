"""The keyring file: JSON, whole or not at all.

    {"format": 3, "root": "local:...", "keys": [
      {"kind", "owner", "version", "status", "wrapped" (base64), "since" (ISO day),
       "begins" (ISO moment, of signing keys that were rotated),
       "suite" (a number, of keys of another suite than 1)}]}

Format 1 had neither `root` nor `since`, format 2 no `suite`; a file in which no key has another
suite than 1 is still written as format 2. A reader refuses a format it does not know.
"""

import base64
from pathlib import Path
from typing import Final

import msgspec

from hub.errors import SetupError
from hub.sealing.files import read_private

KEYRING_FILE: Final = "keyring.json"
_FORMAT: Final = 3
_WITHOUT_SUITES: Final = 2
_KNOWN: Final = frozenset({1, 2, 3})
_PRIMARY: Final = "primary"
Stamp = tuple[int, int, int]
"""Tells one state of the file from another: inode, moment of change, length."""


class Entry(msgspec.Struct, frozen=True):
    """One version of one key, wrapped."""

    kind: str
    owner: str
    version: int
    status: str
    wrapped: str
    since: str = ""
    begins: str | msgspec.UnsetType = msgspec.UNSET
    suite: int | msgspec.UnsetType = msgspec.UNSET
    public: str | msgspec.UnsetType = msgspec.UNSET

    def wrapping(self, wrapped: bytes) -> "Entry":
        """Return the entry with a wrapped key in it."""
        return msgspec.structs.replace(self, wrapped=base64.b64encode(wrapped).decode())

    def bytes(self) -> bytes:
        """Return the wrapped key.

        Raises:
            ValueError: It is no base64.
        """
        return base64.b64decode(self.wrapped, validate=True)


class _Head(msgspec.Struct, frozen=True):
    format: int


class _File(msgspec.Struct, frozen=True):
    format: int
    keys: list[Entry]
    root: str | None = None


def stamp_of(folder: Path) -> Stamp:
    """Return what tells whether the file changed.

    Raises:
        SetupError: There is none.
    """
    path = folder / KEYRING_FILE
    try:
        found = path.stat()
    except OSError as problem:
        raise SetupError(
            f"The key file {path} cannot be read ({problem.strerror}). "
            "Restore it from where keys are kept; `hub migrate` makes keys for a new hub only."
        ) from problem
    return found.st_ino, found.st_mtime_ns, found.st_size


def read(folder: Path) -> tuple[str | None, list[Entry]]:
    """Return which root wrapped the keys, if the file says so, and the keys.

    Raises:
        SetupError: Missing, open to others, damaged, of an unknown format; or it lists a version
            twice, or two primary keys for one use.
    """
    path = folder / KEYRING_FILE
    content = read_private(path)
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format not in _KNOWN:
            raise SetupError(f"{path} is of format {head.format}, not {_FORMAT} or before.")
        file = msgspec.json.decode(content, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise SetupError(f"{path} is damaged; restore it.") from problem
    versions = {(e.kind, e.owner, e.version) for e in file.keys}
    primaries = [(e.kind, e.owner) for e in file.keys if e.status == _PRIMARY]
    if len(versions) != len(file.keys) or len(set(primaries)) != len(primaries):
        raise SetupError(f"{path} lists a key twice; restore it.")
    return file.root, file.keys


def kept(root: str, entries: list[Entry]) -> bytes:
    """Return the content of the file."""
    suites = any(entry.suite is not msgspec.UNSET for entry in entries)
    file = _File(_FORMAT if suites else _WITHOUT_SUITES, entries, root)
    return msgspec.json.format(msgspec.json.encode(file), indent=1)
