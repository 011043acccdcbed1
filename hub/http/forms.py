"""The forms that clients of the authorization server send, and the proof of who they are.

Spec: RFC 6749 appendix B, RFC 7521 4.2.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from authlib.oauth2.rfc7523 import (  # type: ignore[import-untyped]  # Authlib ships no types
    JWTBearerClientAssertion,
)

from hub.http.exchange import Incoming
from hub.http.limits import MAX_FORM_BYTES, read_body
from hub.http.problems import OAuthError

ASSERTION_TYPE: Final[str] = JWTBearerClientAssertion.CLIENT_ASSERTION_TYPE
_FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 20


async def read_form(incoming: Incoming, within_s: float) -> Mapping[str, str]:
    """Return the parameters of a form of at most 16 KiB that arrives in time, none twice.

    Raises:
        OAuthError: It is no such form.
        BodyTooLargeError: It is longer.
        BodyTimeoutError: It did not arrive in time.
    """
    media_type = (incoming.header(b"content-type") or "").partition(";")[0].strip().lower()
    if media_type != _FORM:
        raise OAuthError("invalid_request", f"Send the parameters as {_FORM}.")
    body = await read_body(incoming.receive, MAX_FORM_BYTES, within_s=within_s)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=False,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:
        raise OAuthError("invalid_request", "The body is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "A parameter stands more than once.")
    return form


def stated_assertion(form: Mapping[str, str]) -> str:
    """Return the assertion by which a client proves itself; no other way is offered.

    Raises:
        OAuthError: There is none.
    """
    assertion = form.get("client_assertion")
    if assertion is None or form.get("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthError(
            "invalid_client",
            f"Prove the client by client_assertion with client_assertion_type {ASSERTION_TYPE}.",
            401,
        )
    return assertion
