"""Which media types a GraphQL request has, and which its answer will have.

Spec: GraphQL over HTTP (working draft of 2025), section 4 and appendix A; RFC 9110 12.5.1.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from hub.http.exchange import JSON, Incoming, NotAcceptableError, UnsupportedMediaTypeError

GRAPHQL_JSON: Final = "application/graphql-response+json"
UNSTATED: Final = "application/json; charset=utf-8"
"""For who states no type: JSON as everybody reads it, with the status codes of the type above."""
JOSE: Final = "application/jose"
"""An answer that is encrypted whole; what is refused is told as to who states no type."""
_ANY: Final = frozenset({"*/*", "application/*"})
_PLAIN: Final[Mapping[str | None, str]] = {
    None: UNSTATED, "*/*": UNSTATED, GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, JOSE: UNSTATED,
}  # fmt: skip
"""What nearly everybody sends as Accept, with what they get."""
_UTF_8: Final = frozenset({"", "utf-8", "utf8"})
_REMEMBERED: Final = 64
"""Values of a header of which it is remembered what they say: callers repeat theirs."""


def accepted(header: str | None) -> str | None:
    """Return the media type of a clear answer or a refusal, or None if the caller accepts none.

    Who states neither type, but takes any, or application/jose, gets application/json with a
    charset. Of two that are
    accepted, the one with the higher q wins, and between equals the one that stands first here:
    application/graphql-response+json, application/json, any.
    """
    plain = _PLAIN.get(header)
    if header is None or plain is not None:
        return plain
    quality = {GRAPHQL_JSON: 0.0, JSON: 0.0, UNSTATED: 0.0}
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        wanted = name.strip().lower()
        kind = UNSTATED if wanted in _ANY or wanted == JOSE else wanted
        if kind in quality:
            quality[kind] = max(quality[kind], _quality(parameters))
    best = max(quality, key=lambda name: quality[name])
    return best if quality[best] > 0 else None


def takes(header: bytes | None, kind: str) -> bool:
    """Whether Accept names a media type, with a weight above nothing."""
    return any(name == kind and q > 0 for name, q in _named(header))


@lru_cache(_REMEMBERED)
def names_jose(header: bytes | None) -> bool:
    """Whether Accept names application/jose itself."""
    return header is not None and b"jose" in header.lower() and takes(header, JOSE)


def takes_any(header: bytes | None) -> bool:
    """Whether Accept leaves the media type to us."""
    return header is None or any(name in _ANY and q > 0 for name, q in _named(header))


def _named(header: bytes | None) -> Iterator[tuple[str, float]]:
    for part in (header or b"").decode("latin-1").split(","):
        name, _, parameters = part.partition(";")
        yield name.strip().lower(), _quality(parameters)


def check_accept(incoming: Incoming) -> str:
    """Return the media type of the answer.

    Raises:
        NotAcceptableError: The caller takes neither that we send.
    """
    chosen = _accepted(incoming.headers.get(b"accept"))
    if chosen is None:
        raise NotAcceptableError(f"Accept {GRAPHQL_JSON}, {JSON} or {JOSE}.")
    return chosen


def check_media_types(incoming: Incoming) -> str:
    """Return the media type of the answer, once the request has one that we take.

    Raises:
        NotAcceptableError: The caller takes neither that we send.
        UnsupportedMediaTypeError: The body is not JSON in UTF-8.
    """
    chosen = check_accept(incoming)
    check_json_body(incoming)
    return chosen


def check_json_body(incoming: Incoming) -> None:
    """Let only a body pass that says it is JSON in UTF-8.

    Raises:
        UnsupportedMediaTypeError: It says something else, or nothing.
    """
    if not _is_json(incoming.headers.get(b"content-type", b"")):
        raise UnsupportedMediaTypeError(f"Send the request as {JSON} in UTF-8.")


@lru_cache(_REMEMBERED)
def _accepted(header: bytes | None) -> str | None:
    return accepted(None if header is None else header.decode("latin-1"))


@lru_cache(_REMEMBERED)
def _is_json(declared: bytes) -> bool:
    name, _, parameters = declared.decode("latin-1").partition(";")
    charset = parameters.partition("charset=")[2].partition(";")[0].strip(' "').lower()
    return name.strip().lower() == JSON and charset in _UTF_8


def _quality(parameters: str) -> float:
    """Return the weight that an entry of Accept gives; what cannot be read counts as 1."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0
