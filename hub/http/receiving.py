"""How an answer leaves: as its client is registered, or as the request asks, whichever is more.

A request asks by the header `Hub-Encryption`, or by accepting `application/jose`, for more than the
registration demands, never for less.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hub.access import Caller
from hub.clock import Clock
from hub.errors import InvalidRequestError, UnauthenticatedError
from hub.http.clients import Client
from hub.http.encryption import ENCRYPTIONS, Encryption, demands
from hub.http.exchange import Incoming, NotAcceptableError
from hub.http.media import JOSE, names_jose, takes, takes_any
from hub.query.receiving import Form, Receiving, Sign

HEADER: Final = b"hub-encryption"


@dataclass(frozen=True, slots=True)
class Receivers:
    """What is known of who receives answers; lives as long as the edge."""

    clients: Mapping[str, Client]
    clock: Clock
    signer: Callable[[], Sign] = field(repr=False)
    """Gives what signs answers; asked for when the first one must be signed."""

    def receiving(self, caller: Caller, incoming: Incoming) -> Receiving | None:
        """Return how the answer to a request leaves; None: in clear.

        Of a client that has no key now, what is returned refuses when it is used.

        Raises:
            UnauthenticatedError: The client is registered no more.
            InvalidRequestError: The header has another word, or asks for less than is demanded.
            NotAcceptableError: The answer would be application/jose, and the caller takes none.
        """
        client = self.clients.get(caller.client_id)
        stated, accept = incoming.headers.get(HEADER), incoming.headers.get(b"accept")
        if client is None:
            raise UnauthenticatedError("The client is registered no more.")
        if client.encryption == "none" and stated is None and not names_jose(accept):
            return None
        chosen = _chosen(client.encryption, stated, accept)
        if chosen == "none":
            return None
        form = Form(chosen)
        if form is not Form.FIELDS and not takes_any(accept) and not takes(accept, JOSE):
            raise NotAcceptableError(f"The answer leaves encrypted as a whole: accept {JOSE} too.")
        sign = self.signer() if form is Form.SIGNED_RESPONSE else None
        return Receiving(form, client.encryption_key_at(self.clock()), sign)


def media_type_of(receiving: Receiving | None, clear: str) -> str:
    """Return the media type of an answer that would have `clear` if it were not encrypted."""
    return clear if receiving is None or receiving.seals_values else JOSE


def _chosen(registered: Encryption, stated: bytes | None, accept: bytes | None) -> Encryption:
    chosen = registered
    if stated is not None:
        word = stated.decode("latin-1").strip()
        found = next((each for each in ENCRYPTIONS if each == word), None)
        if found is None:
            raise InvalidRequestError(f"Hub-Encryption is one of: {', '.join(ENCRYPTIONS)}.")
        if demands(found) < demands(registered):
            raise InvalidRequestError(
                f"Hub-Encryption asks for {found}, and answers to your client leave with "
                f"{registered} at the least: more can be asked for, never less."
            )
        chosen = found
    if demands(chosen) < demands("response") and names_jose(accept):
        chosen = "response"
    return chosen
