"""The long-lived keys: versioned, each wrapped by a root key that lives in a file of its own.

`root.key` holds 32 random bytes. `keyring.json` beside it holds every other key wrapped with
AES-KW (RFC 3394) under the root: department keys, tag keys, the log's subject-tag key, signing
seeds. A key has versions; one is primary and seals, the others still open. The keyring file may
be backed up with the database, the root key must not be.

The JSON form: {"format": 1, "keys": [{"kind", "owner", "version", "status", "wrapped"}]}; a
reader refuses a format it does not know.
"""

import base64
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from typing_extensions import override

from hub.errors import KeysUnavailableError, SetupError
from hub.sealing.files import read_private, write_private

_FORMAT: Final = 1
_KEY_BYTES: Final = 32
HUB: Final = "hub"
"""Owner of the keys that belong to no department."""


class KeyKind(StrEnum):
    """What a key is for; keys of different kinds never meet."""

    DEPARTMENT = "department"
    TAG = "tag"
    SUBJECT = "log-subject"
    LOG = "log-signing"
    TOKEN = "token-signing"  # noqa: S105 - the name of a kind
    OUTBOUND = "outbound-signing"


class KeyStatus(StrEnum):
    """A primary key seals and opens; a decrypt-only key opens."""

    PRIMARY = "primary"
    DECRYPT_ONLY = "decrypt-only"


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one key."""

    kind: KeyKind
    owner: str
    version: int
    status: KeyStatus
    secret: bytes

    @override
    def __repr__(self) -> str:
        """Show everything but the secret."""
        return f"Key({self.kind}, {self.owner}, v{self.version}, {self.status})"


class _Entry(msgspec.Struct, frozen=True):
    kind: KeyKind
    owner: str
    version: int
    status: KeyStatus
    wrapped: str


class _Head(msgspec.Struct, frozen=True):
    format: int


class _File(msgspec.Struct, frozen=True):
    format: int
    keys: list[_Entry]


class Keyring:
    """Every long-lived key, unwrapped in memory; lives as long as the process."""

    def __init__(self, folder: Path, root: bytes, keys: list[Key]) -> None:
        """Index keys that were already unwrapped; use `open` or `create`."""
        self._folder = folder
        self._root = root
        self._keys = {(k.kind, k.owner, k.version): k for k in keys}
        self._primary = {(k.kind, k.owner): k for k in keys if k.status is KeyStatus.PRIMARY}

    @classmethod
    def open(cls, folder: Path) -> "Keyring":
        """Load the keys from `folder`.

        Raises:
            SetupError: A file is missing, open to others, damaged, or of another root key.
        """
        root = read_private(folder / "root.key")
        if len(root) != _KEY_BYTES:
            raise SetupError(f"{folder / 'root.key'} does not hold a {_KEY_BYTES}-byte key.")
        return cls(folder, root, [_unwrapped(root, e, folder) for e in _entries(folder)])

    @classmethod
    def open_or_create(cls, folder: Path) -> "Keyring":
        """Load the keys from `folder`; make a root key and an empty keyring if it has none.

        A folder with one file of the two is never completed: that would hide a loss.

        Raises:
            SetupError: As `open`.
        """
        names = ("root.key", "keyring.json")
        if any((folder / name).exists() for name in names):
            return cls.open(folder)
        root = secrets.token_bytes(_KEY_BYTES)
        write_private(folder / "root.key", root)
        ring = cls(folder, root, [])
        ring._save()
        return ring

    def ensure(self, kind: KeyKind, owner: str = HUB) -> Key:
        """Return the primary key, made and saved now if there is none yet."""
        found = self._primary.get((kind, owner))
        if found is not None:
            return found
        taken = [v for k, o, v in self._keys if (k, o) == (kind, owner)]
        version = max(taken, default=0) + 1  # what older versions sealed must still open
        made = Key(kind, owner, version, KeyStatus.PRIMARY, secrets.token_bytes(_KEY_BYTES))
        self._keys[kind, owner, version] = made
        self._primary[kind, owner] = made
        self._save()
        return made

    def primary(self, kind: KeyKind, owner: str = HUB) -> Key:
        """Return the key that seals.

        Raises:
            KeysUnavailableError: There is none; `hub migrate` makes it.
        """
        try:
            return self._primary[kind, owner]
        except KeyError:
            raise KeysUnavailableError(
                f"There is no {kind} key of {owner}; run `hub migrate` to make the missing keys."
            ) from None

    def version(self, kind: KeyKind, owner: str, version: int) -> Key:
        """Return one version of a key, to open with.

        Raises:
            KeysUnavailableError: That version is not in the keyring.
        """
        try:
            return self._keys[kind, owner, version]
        except KeyError:
            raise KeysUnavailableError(
                f"Version {version} of the {kind} key of {owner} is not in the keyring."
            ) from None

    def _save(self) -> None:
        entries = [
            _Entry(
                key.kind,
                key.owner,
                key.version,
                key.status,
                base64.b64encode(aes_key_wrap(self._root, key.secret)).decode(),
            )
            for _, key in sorted(self._keys.items())
        ]
        content = msgspec.json.format(msgspec.json.encode(_File(_FORMAT, entries)), indent=1)
        write_private(self._folder / "keyring.json", content)


def _entries(folder: Path) -> list[_Entry]:
    """Return what the keyring file lists: known format, one primary and one of each version."""
    path = folder / "keyring.json"
    content = read_private(path)
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.format != _FORMAT:
            raise SetupError(f"{path} is of format {head.format}, not {_FORMAT}.")
        entries = msgspec.json.decode(content, type=_File).keys
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise SetupError(f"{path} is damaged; restore it.") from problem
    versions = {(e.kind, e.owner, e.version) for e in entries}
    primaries = [(e.kind, e.owner) for e in entries if e.status is KeyStatus.PRIMARY]
    if len(versions) != len(entries) or len(set(primaries)) != len(primaries):
        raise SetupError(f"{path} lists a key twice; restore it.")
    return entries


def _unwrapped(root: bytes, entry: _Entry, folder: Path) -> Key:
    try:
        secret = aes_key_unwrap(root, base64.b64decode(entry.wrapped, validate=True))
    except (InvalidUnwrap, ValueError) as problem:
        raise SetupError(
            f"The root key in {folder} does not open the {entry.kind} key of {entry.owner}: "
            "root.key and keyring.json belong to different hubs, or one is damaged."
        ) from problem
    return Key(entry.kind, entry.owner, entry.version, entry.status, secret)
