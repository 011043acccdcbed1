"""PKCS #11 tokens: their addresses, and signing in to them.

Spec: PKCS #11 2.40; RFC 7512 (addresses).
"""

import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from hub.errors import KeysUnavailableError, SetupError
from hub.sealing.files import read_private

_PIN: Final = "HUB_PKCS11_PIN"


def opened_session(address: str) -> tuple[Any, str]:
    """Sign in to the token of an address; return the session and the label of the object.

    Raises:
        SetupError: The address lacks something, the module cannot be loaded, or the package
            python-pkcs11 is not installed.
        KeysUnavailableError: There is no such token, or the PIN is refused.
    """
    try:
        import pkcs11
    except ImportError as problem:
        raise SetupError(
            "A PKCS #11 key needs the package python-pkcs11: install the hub with its extra "
            "`pkcs11`."
        ) from problem
    path, query = address_parts(address)
    try:
        token, label, module = path["token"], path["object"], query["module-path"]
    except KeyError as problem:
        raise SetupError(
            f"The pkcs11: address lacks {problem.args[0]}; it is "
            "pkcs11:token=T;object=O?module-path=M&pin-source=file:P."
        ) from None
    pin = _pin(query.get("pin-source"))
    try:
        library = pkcs11.lib(module)
    except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as problem:
        raise SetupError("The PKCS #11 module of the address cannot be loaded.") from problem
    try:
        return _session(library.get_token(token_label=token), pin), label
    except pkcs11.exceptions.PKCS11Error as problem:
        raise KeysUnavailableError(
            f"The PKCS #11 token cannot be opened ({type(problem).__name__})."
        ) from None  # what lies below may quote what it was asked with


def address_parts(address: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the attributes of an address' path and of its query."""
    path, _, query = address.removeprefix("pkcs11:").partition("?")
    return _attributes(path, ";"), _attributes(query, "&")


def _session(token: Any, pin: str) -> Any:
    import pkcs11

    try:
        return token.open(user_pin=pin)
    except pkcs11.exceptions.UserAlreadyLoggedIn:  # once for all sessions of a process
        return token.open()


def _attributes(text: str, between: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(between) if part)
    return {name: unquote(value) for name, _, value in pairs}


def _pin(source: str | None) -> str:
    if source is not None:
        return read_private(Path(source.removeprefix("file:"))).decode().strip()
    pin = os.environ.get(_PIN)
    if not pin:
        raise SetupError(f"The PIN of the token is neither at pin-source nor in {_PIN}.")
    return pin
