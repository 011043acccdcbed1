"""What may be asked by an address: the schema, and nothing else.

An address is written to logs of proxies and browsers, so nothing about a person is ever asked by
one. GET /graphql therefore answers an operation whose every root is `__typename`, `__schema` or
`__type`; all else is 405, with the advice to send it by POST. An address with a long run of digits
is refused whatever it asks.

Spec: GraphQL over HTTP (working draft of 2025), 5.3 GET.
"""

import re
from typing import Final
from urllib.parse import parse_qsl

import orjson
from graphql import FieldNode, GraphQLError, OperationType, get_operation_ast, parse

from hub.errors import InvalidDocumentError, InvalidRequestError, TooCostlyError
from hub.http.exchange import MethodNotAllowedError
from hub.query.measure import DocumentLimits, scan

_MAX_BYTES: Final = 8 * 1024
_MAX_FIELDS: Final = 20
_NUMBER: Final = re.compile(r"[0-9]{11,}")
_LIMITS: Final = DocumentLimits(tokens=500, nesting=32)


def asked_by_address(query: bytes) -> dict[str, object]:
    """Return the members of a request that stands in an address, as a body would have them.

    Raises:
        InvalidRequestError: It is no GraphQL request, too long, or has a number that may be
            somebody's.
    """
    if len(query) > _MAX_BYTES:
        raise InvalidRequestError(f"The address is longer than {_MAX_BYTES} bytes; use POST.")
    try:
        pairs = parse_qsl(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise InvalidRequestError("The address is not in UTF-8, or has too many fields.") from None
    members: dict[str, object] = {}
    for name, text in pairs:
        if _NUMBER.search(text):
            raise InvalidRequestError("An address never has a long number in it; use POST.")
        if name in members:
            raise InvalidRequestError("A field of the address stands twice.")
        members[name] = _object(name, text) if name in {"variables", "extensions"} else text
    return members


def _object(name: str, text: str) -> object:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        raise InvalidRequestError(f"{name} in an address is a JSON object.") from None


def check_about_schema(document: str | None, operation_name: str | None) -> None:
    """Refuse what may be about a person.

    Raises:
        MethodNotAllowedError: It is not about the schema alone.
    """
    if document is None or not _is_about_schema(document, operation_name):
        raise MethodNotAllowedError(("POST",))


def _is_about_schema(document: str, operation_name: str | None) -> bool:
    """Whether every root is one of the schema; what does not parse is left to who says why."""
    try:
        scan(document, _LIMITS)
        parsed = parse(document, no_location=True, max_lexical_tokens=_LIMITS.tokens)
    except (TooCostlyError, InvalidDocumentError, GraphQLError):
        return False
    operation = get_operation_ast(parsed, operation_name)
    if operation is None or operation.operation is not OperationType.QUERY:
        return False
    return all(
        isinstance(selected, FieldNode) and selected.name.value.startswith("__")
        for selected in operation.selection_set.selections
    )
