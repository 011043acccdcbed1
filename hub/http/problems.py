"""The only place where an error becomes its outside form.

A `HubError` that the caller can act on says what it says: its text is safe by contract. Everything
else is told by an error id alone; the log line with that id has class names and places in the code,
never a text of a foreign exception, which may quote a value.

Spec: GraphQL 7.1.2 (errors), RFC 9457 (problem details), RFC 6749 5.2, RFC 6750 3.
"""

from dataclasses import replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import orjson
import structlog

from hub.crashes import causes, frames
from hub.errors import (
    CaseRefusedError,
    HubError,
    InvalidDocumentError,
    NotGrantedError,
    RefusedError,
    TooCostlyError,
    UnauthenticatedError,
    UnavailableError,
)
from hub.http.exchange import JSON, MethodNotAllowedError, Reply
from hub.query.quota import QuotaExceededError

PROBLEM_JSON: Final = "application/problem+json"
_GENERIC: Final = (
    "The hub cannot answer this. Nothing was disclosed; tell its operator the error id."
)
_INTERNAL: Final = 500
_BEARER: Final = 'Bearer realm="hub"'
_DPOP: Final = 'DPoP realm="hub", algs="ES256"'
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http")


class Form(StrEnum):
    """How a path says what went wrong."""

    GRAPHQL = "graphql"
    OAUTH = "oauth"
    PROBLEM = "problem"


class OAuthError(RefusedError):
    """The token endpoint refuses; `error` is the code of RFC 6749 5.2 or RFC 9396 5."""

    code = "OAUTH"

    def __init__(
        self, error: str, message: str, status: int = 400, *, nonce: str | None = None
    ) -> None:
        """Keep the code and the status beside the message, and the nonce of the next proof."""
        super().__init__(message)
        self.error = error
        self.http_status = status
        self.nonce = nonce


def outside(error: Exception, form: Form, request_id: str, media_type: str = JSON) -> Reply:
    """Return what the caller is told of `error`; log it if the hub is to blame.

    `media_type` is what the GraphQL caller accepts. Under application/json a well-formed request
    that is refused keeps status 200, as the GraphQL-over-HTTP specification has it for that type.
    """
    status = status_of(error)
    error_id = request_id if status >= _INTERNAL else None
    if error_id is not None:
        _record(error, error_id)
    elif isinstance(error, OAuthError | UnauthenticatedError):
        # Nobody knows who asked, so the access log has nothing to say; the operator must see it.
        _log.warning("not signed in", request=request_id, error=error.error or "no token")
    message = str(error) if isinstance(error, HubError) and status != _INTERNAL else _GENERIC
    headers = _headers(error, message)
    match form:
        case Form.GRAPHQL:
            return Reply(status, media_type, _graphql(error, message, request_id), headers)
        case Form.OAUTH:
            return Reply(status, JSON, _oauth(error, message, status), headers)
        case Form.PROBLEM:
            body = _problem(error, message, status, request_id)
            return Reply(status, PROBLEM_JSON, body, headers)


def refused_operation(error: RefusedError, request_id: str, media_type: str) -> Reply:
    """Return what the caller of a well-formed GraphQL request is told: 200 under plain JSON.

    A quota that is spent is 429 under both: programs that come back look at the status alone.
    """
    reply = outside(error, Form.GRAPHQL, request_id, media_type)
    is_plain = media_type == JSON and not isinstance(error, QuotaExceededError)
    return replace(reply, status=200) if is_plain else reply


def log_failure(error: Exception, request_id: str) -> None:
    """Log what failed in a part of an answer that was sent all the same, if the hub is to blame."""
    if status_of(error) >= _INTERNAL:
        _record(error, request_id)


def status_of(error: Exception) -> int:
    """Return the HTTP status of `error`."""
    if isinstance(error, OAuthError):
        return error.http_status
    return error.status if isinstance(error, HubError) else _INTERNAL


def _code(error: Exception) -> str:
    return error.code if isinstance(error, HubError) else HubError.code


def _graphql(error: Exception, message: str, request_id: str) -> bytes:
    extensions: dict[str, object] = {"code": _code(error), "requestId": request_id}
    if isinstance(error, NotGrantedError) and error.fields:
        extensions["fields"] = list(error.fields)
    if isinstance(error, CaseRefusedError):
        extensions["reason"] = error.reason
    if isinstance(error, TooCostlyError):
        extensions |= _limit(error)
    told: dict[str, object] = {"message": message}
    if isinstance(error, InvalidDocumentError) and error.locations:
        told["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return orjson.dumps({"errors": [told | {"extensions": extensions}]})


def _limit(error: TooCostlyError) -> dict[str, object]:
    """Return which limit was passed, its value, and for the cost what it is and what costs most."""
    told: dict[str, object] = {"limit": error.limit, "allowed": error.allowed}
    if error.cost is not None:
        told["cost"] = error.cost
    if error.root is not None:
        told["root"] = error.root
    return told


def _oauth(error: Exception, message: str, status: int) -> bytes:
    if isinstance(error, OAuthError | UnauthenticatedError):
        code = error.error
    elif isinstance(error, UnavailableError):
        code = "temporarily_unavailable"
    else:
        code = "invalid_request" if status < _INTERNAL else "server_error"
    return orjson.dumps({"error": code, "error_description": _quotable(message)})


def _problem(error: Exception, message: str, status: int, request_id: str) -> bytes:
    return orjson.dumps(
        {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": message,
            "code": _code(error),
            "requestId": request_id,
        }
    )


def _headers(error: Exception, message: str) -> tuple[tuple[str, str], ...]:
    if isinstance(error, UnauthenticatedError):
        challenge = ("www-authenticate", _challenge(error.scheme, error.error, message))
        return (challenge,) if error.nonce is None else (challenge, ("dpop-nonce", error.nonce))
    if isinstance(error, OAuthError) and error.nonce is not None:
        return (("dpop-nonce", error.nonce),)
    if isinstance(error, UnavailableError | QuotaExceededError):
        return (("retry-after", str(error.retry_after_s)),)
    if isinstance(error, MethodNotAllowedError):
        return (("allow", ", ".join(error.allowed)),)
    return ()


def _challenge(scheme: str, error: str, message: str) -> str:
    """Return the challenge of RFC 6750 3 or RFC 9449 7.1; without a token both, and no error."""
    if not error:
        return f"{_BEARER}, {_DPOP}"
    start = _DPOP if scheme == "DPoP" else _BEARER
    return f'{start}, error="{error}", error_description="{_quotable(message)}"'


def _quotable(message: str) -> str:
    """Return `message` in the characters that RFC 6749 and 6750 allow in a description."""
    plain = message.replace('"', "'").replace("\\", "/")
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)


def _record(error: Exception, error_id: str) -> None:
    """Log what happened and where, in the code's words only."""
    report = _log.warning if isinstance(error, UnavailableError) else _log.error
    report("request failed", error_id=error_id, error=causes(error), frames=frames(error))
