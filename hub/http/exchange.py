"""One request as the edge sees it, one reply as the edge sends it, and what can be wrong with form.

Texts that a department chooses and the hub repeats or records (request, case and actor ids) must be
opaque: what looks like a citizen number or a phone number is refused, without repeating it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from starlette.types import Receive, Scope

from hub.access import is_opaque
from hub.errors import InvalidRequestError

_SINGLE: Final = frozenset(
    {
        b"authorization",
        b"client-cert",
        b"content-type",
        b"dpop",
        b"hub-actor",
        b"hub-case",
        b"hub-encryption",
        b"hub-request-id",
    }
)
JSON: Final = "application/json"


class NotFoundError(InvalidRequestError):
    """Ask for another path."""

    code = "NOT_FOUND"
    status = 404


class MethodNotAllowedError(InvalidRequestError):
    """Use one of `allowed`."""

    code = "METHOD_NOT_ALLOWED"
    status = 405

    def __init__(self, allowed: tuple[str, ...]) -> None:
        """Keep the methods that the path has."""
        super().__init__(f"This path takes {', '.join(allowed)} only.")
        self.allowed = allowed


class NotAcceptableError(InvalidRequestError):
    """Accept one of the media types that the message names."""

    code = "NOT_ACCEPTABLE"
    status = 406


class UnsupportedMediaTypeError(InvalidRequestError):
    """Send the media type that the message names."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415


# These two are made for each request: to freeze them would cost more than to make them.
@dataclass(slots=True)
class Incoming:
    """A request whose body has not been read yet."""

    scope: Scope
    receive: Receive
    headers: dict[bytes, bytes]
    request_id: str
    told: list[tuple[str, str]] = field(default_factory=list)
    """Headers that the reply has beside its own, whatever it says."""

    def header(self, name: bytes) -> str | None:
        """Return a header by its name in lower case."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def path_text(self, name: str) -> str:
        """Return what stands in the path at the place `name` of its route."""
        return str(self.scope["path_params"][name])


@dataclass(slots=True)
class Reply:
    """What is sent back; never cached unless `cache` says so."""

    status: int
    media_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    cache: str = "no-store"


def json_reply(content: object, status: int = 200, cache: str = "no-store") -> Reply:
    """Return `content` as JSON."""
    return Reply(status, JSON, orjson.dumps(content), cache=cache)


def check_single(pairs: Sequence[tuple[bytes, bytes]], headers: Mapping[bytes, bytes]) -> None:
    """Let only a request pass whose `headers`, as they came in `pairs`, say what they say once.

    Raises:
        InvalidRequestError: One that may stand once stands twice.
    """
    if len(headers) == len(pairs):
        return
    names = [name for name, _ in pairs]
    for name in _SINGLE:
        if names.count(name) > 1:
            raise InvalidRequestError(f"The header {name.decode()} stands more than once.")


def opaque_header(incoming: Incoming, name: bytes) -> str | None:
    """Return the opaque id in a header, or None without the header.

    Raises:
        InvalidRequestError: It is not an opaque id.
    """
    text = incoming.header(name)
    if text is not None and not is_opaque(text):
        raise InvalidRequestError(
            f"{name.decode().title()} must be an opaque id: 1 to 64 letters, digits and . _ : / -, "
            "and no citizen or phone number."
        )
    return text
