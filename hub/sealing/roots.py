"""Where the root key is, and what it does: it wraps every other key, and nothing else.

`Root` is the port. A root that is bytes of this process (a file, a systemd credential, a variable
of the environment) wraps with AES-KW (RFC 3394); one that never leaves its device or service
(`root_pkcs11`, `root_vault`) is asked to wrap.
"""

import base64
import binascii
import hashlib
import os
import re
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_wrap,
)
from typing_extensions import override

from hub.errors import SealBrokenError, SetupError
from hub.sealing.files import read_private

KEY_BYTES: Final = 32
ROOT_FILE: Final = "root.key"
NEXT_FILE: Final = "root.key.next"
"""The new root while it replaces the old one; see `hub.sealing.rekeying`."""
_ID_LABEL: Final = b"hub/root-id/v1\0"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
FORMS: Final = "file, file:PATH, credential:NAME, env:NAME, vault:MOUNT/KEY or a pkcs11: address"


class Root(Protocol):
    """The key above all others."""

    @property
    def id(self) -> str:
        """Names the key, and tells nothing of it; a keyring says whose it is by this."""
        ...

    def wrap(self, secret: bytes) -> bytes:
        """Return a 32-byte secret, wrapped.

        Raises:
            KeysUnavailableError: The device or service does not answer.
        """
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the secret.

        Raises:
            SealBrokenError: It was wrapped by another key, or is damaged.
            KeysUnavailableError: The device or service does not answer.
        """
        ...


class LocalRoot:
    """A root that is 32 bytes in the memory of this process."""

    def __init__(self, key: bytes, where: str) -> None:
        """Take the key; `where` it came from, for messages.

        Raises:
            SetupError: It does not have 32 bytes.
        """
        if len(key) != KEY_BYTES:
            raise SetupError(f"{where} does not hold a {KEY_BYTES}-byte key.")
        self._key = key
        self._id = "local:" + hashlib.sha256(_ID_LABEL + key).hexdigest()[:16]

    @override
    def __repr__(self) -> str:
        """Show which, not what."""
        return f"LocalRoot({self._id})"

    @property
    def id(self) -> str:
        """`local:` and the first 8 bytes of a labelled SHA-256 of the key, hexadecimal."""
        return self._id

    def wrap(self, secret: bytes) -> bytes:
        """Return `secret` wrapped with AES-KW, 8 bytes longer."""
        return aes_key_wrap(self._key, secret)

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the secret.

        Raises:
            SealBrokenError: It does not authenticate.
        """
        try:
            return aes_key_unwrap(self._key, wrapped)
        except (InvalidUnwrap, ValueError) as problem:
            raise SealBrokenError("A key of the keyring does not open.") from problem


def root_at(where: str, folder: Path) -> Root:
    """Return the root key that a setting names; `folder` is where the keyring lies.

    * `file`: `root.key` in the folder; `file:PATH` elsewhere. 32 bytes, mode 0600.
    * `credential:NAME`: a credential that systemd hands to the service (`LoadCredential=`).
    * `env:NAME`: a variable with the 32 bytes in base64; other programs of this user can read it.
    * `vault:MOUNT/KEY`: a key of the Transit engine of HashiCorp Vault or OpenBao.
    * `pkcs11:...`: a key of a PKCS #11 token, by its address (RFC 7512).

    Raises:
        SetupError: It is missing, open to others, no key, or its address is wrong.
        KeysUnavailableError: The device or service does not answer.
    """
    kind, _, name = where.partition(":")
    if kind == "file":
        path = Path(name).expanduser() if name else folder / ROOT_FILE
        return LocalRoot(read_private(path), str(path))
    if kind == "credential" and _NAME.fullmatch(name):
        return _credential(name)
    if kind == "env" and _NAME.fullmatch(name):
        return _variable(name)
    if kind == "vault" and "/" in name:
        from hub.sealing.root_vault import VaultRoot

        mount, _, key = name.rpartition("/")
        return VaultRoot.of_environment(unquote(mount), unquote(key))
    if kind == "pkcs11":
        from hub.sealing.root_pkcs11 import Pkcs11Root

        return Pkcs11Root.at(where)
    raise SetupError(f"The root key's place has a form that is not known; it is {FORMS}.")


def _credential(name: str) -> Root:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SetupError(
            f"There is no credential {name}: $CREDENTIALS_DIRECTORY is not set. systemd sets it "
            f"for a service with LoadCredential={name}:PATH."
        )
    try:
        content = (Path(folder) / name).read_bytes()
    except OSError as problem:
        raise SetupError(
            f"The credential {name} cannot be read ({problem.strerror}); the service needs "
            f"LoadCredential={name}:PATH."
        ) from problem
    return LocalRoot(content, f"The credential {name}")


def _variable(name: str) -> Root:
    try:
        key = base64.b64decode(os.environ[name], validate=True)
    except KeyError:
        raise SetupError(
            f"The variable {name} is not set; it holds the root key in base64."
        ) from None
    except (binascii.Error, ValueError) as problem:
        raise SetupError(f"The variable {name} is not base64.") from problem
    return LocalRoot(key, f"The variable {name}")
