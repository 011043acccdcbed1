"""Addresses that are this machine's, that are safe to ask, or that a request says it comes from."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from hub.errors import InvalidRequestError, SetupError
from hub.http.exchange import JSON, Incoming, UnsupportedMediaTypeError

_SAME: Final = "same-origin"


class ForeignRequestError(InvalidRequestError):
    """The request does not come from a page of this hub; open the hub by its own address."""

    code = "FOREIGN_REQUEST"
    status = 403


def is_loopback(name: str) -> bool:
    """Whether `name` is this machine and no other: localhost, or an address of its loopback."""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def check_address(place: str, name: str, url: str) -> None:
    """See to it that `url` can be asked with nobody between: HTTPS, or this machine.

    Raises:
        SetupError: It cannot; `place` and `name` say where it stands.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise SetupError(f"{place}: {name} is no address.") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not is_safe or not host or parts.username is not None or parts.fragment:
        raise SetupError(f"{place}: {name} must be https://, or http:// on this machine.")


def check_same_origin(incoming: Incoming, origin: str) -> None:
    """See to it that a page of `origin` sends this, as JSON: a form of another site cannot.

    Raises:
        ForeignRequestError: `Origin` is another or missing, or `Sec-Fetch-Site` says otherwise.
        UnsupportedMediaTypeError: It is no JSON.
    """
    site = incoming.header(b"sec-fetch-site") or _SAME
    if incoming.header(b"origin") != origin or site != _SAME:
        raise ForeignRequestError("Only a page of this hub may sign in here.")
    if (incoming.header(b"content-type") or "").strip().lower() != JSON:
        raise UnsupportedMediaTypeError(f"Send the choice as {JSON}.")
