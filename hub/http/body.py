"""A JSON body is found small and unambiguous before anything is done with it.

The number of its objects and lists is bounded before it is parsed, its nesting and the number of
its values right after, before anybody walks through them. A key that stands twice in one object is
refused: a proxy that reads the first and a server that reads the last would not see the same
request. The usual body is known to have none by counting; only another one is read a second time.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.errors import InvalidRequestError

_HOLDERS: Final[frozenset[type]] = frozenset((dict, list))


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much a body may hold; its bytes are bounded where it is read."""

    brackets: int = 20_000
    """Opening brackets and braces, those in texts counted too."""
    nesting: int = 16
    """Objects and lists inside one another, below the body's own object."""
    values: int = 20_000
    """Members and items, of all objects and lists together."""


LIMITS: Final = BodyLimits()


class BodyTooComplexError(InvalidRequestError):
    """Send less, or less deep: the message gives the limit."""

    code = "BODY_TOO_COMPLEX"


def read_object(body: bytes, limits: BodyLimits = LIMITS) -> dict[str, object] | list[object]:
    """Return the object in `body`, or the list of a batch, which nobody takes.

    Raises:
        InvalidRequestError: It is no JSON object, has a key twice, or the character NUL in a text.
        BodyTooComplexError: It has more brackets, values or nesting than `limits` allow.
    """
    is_long = len(body) > limits.brackets  # a shorter one cannot have that many
    if is_long and body.count(b"{") + body.count(b"[") > limits.brackets:
        raise BodyTooComplexError(f"The body has more than {limits.brackets} objects and lists.")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequestError("The body is not JSON in UTF-8.") from None
    if isinstance(content, list):
        return content
    if not isinstance(content, dict):
        raise InvalidRequestError("The body must be a JSON object.")
    keys = _keys(content, limits)
    document = content.get("query")
    colons = document.count(":") if isinstance(document, str) else 0
    is_escaped = b"\\" in body and b"\\u" in body
    if is_escaped and b"\\u0000" in body:
        raise InvalidRequestError("A text of the body has the character NUL; no value has it.")
    # Each key is followed by a colon: if there are no more of them, no key stood twice.
    if is_escaped or body.count(b":") != keys + colons:
        _check_keys(body)
    return content


def _keys(content: dict[str, Any], limits: BodyLimits) -> int:
    """Return how many keys all objects have together, once values and nesting are in bounds."""
    keys = values = len(content)
    level: list[Any] = [item for item in content.values() if type(item) in _HOLDERS]
    depth = 0
    while level:
        depth += 1
        if depth > limits.nesting:
            raise BodyTooComplexError(f"The body is nested deeper than {limits.nesting}.")
        below: list[Any] = []
        for holder in level:
            values += len(holder)
            items = holder
            if isinstance(holder, dict):
                keys += len(holder)
                items = holder.values()
            if not _HOLDERS.isdisjoint(map(type, items)):
                below += [item for item in items if type(item) in _HOLDERS]
        if values > limits.values:
            raise BodyTooComplexError(f"The body has more than {limits.values} values.")
        level = below
    return keys


def _check_keys(body: bytes) -> None:
    """Read the body again, by a parser that tells every key."""
    try:
        json.loads(body, object_pairs_hook=_distinct, parse_int=str, parse_float=str)
    except RecursionError:
        raise BodyTooComplexError("The body is nested too deep.") from None


def _distinct(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise InvalidRequestError("A key stands twice in one object of the body.")
