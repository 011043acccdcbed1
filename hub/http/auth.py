"""Who is asking: a token, checked once and then remembered while it lives.

A token that is bound to a key or a certificate is worth nothing without it: the proof is checked
with every request, and such a token is refused as a bearer token.

Spec: RFC 6750 2.1 and 3, RFC 9068 4, RFC 9449 7, RFC 8705 3.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Final

from hub.access import Caller
from hub.clock import Clock
from hub.errors import InvalidRequestError, UnauthenticatedError
from hub.http.certificates import Certificates
from hub.http.clients import Client
from hub.http.dpop import (
    HEADER,
    NONCE_HEADER,
    InvalidProofError,
    NonceNeededError,
    ProofCheck,
    UsedBeforeError,
)
from hub.http.exchange import Incoming, opaque_header
from hub.http.issuers import Issuers
from hub.http.jose import InvalidTokenError
from hub.http.registry import Registered
from hub.http.reuse import Reuse, Unnoted
from hub.http.revocations import Revocations
from hub.http.tokens import Binding, VerifiedToken

_SCHEMES: Final = {"bearer": "Bearer", "dpop": "DPoP"}
_DPOP: Final = "DPoP"
_RECHECK_S: Final = 600.0
"""So long a remembered token is not looked into: then its issuer may have withdrawn its key."""


@dataclass(frozen=True, slots=True)
class Possession:
    """How a caller shows that it has what its token is bound to."""

    proofs: ProofCheck
    certificates: Certificates = field(default_factory=Certificates)
    reuse: Reuse = field(default_factory=Unnoted)
    """Who hears of a proof that is sent again."""


@dataclass(frozen=True, slots=True)
class _Known:
    token: VerifiedToken
    until: float
    """When it is checked anew, or has ended; seconds since the epoch."""


class Authenticator:
    """Finds the caller of a request. Its memory belongs to one event loop, and is bounded."""

    def __init__(
        self,
        issuers: Issuers,
        registered: Registered,
        clock: Clock,
        possession: Possession,
        revocations: Revocations,
        *,
        remembered: int,
    ) -> None:
        """Remember at most `remembered` tokens."""
        self._issuers = issuers
        self._clients = registered.clients
        self._registry = registered.registry
        self._revision = self._registry.revision
        self._clock = clock
        self._proofs = possession.proofs
        self._certificates = possession.certificates
        self._reuse = possession.reuse
        self._revocations = revocations
        self._remembered = remembered
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def caller(self, incoming: Incoming) -> Caller:
        """Return who asks.

        1. There is one Authorization header, of the scheme Bearer or DPoP, with one token.
        2. The token is ours, or of an issuer that is trusted, and alive (`Issuers.verified`), or
           was so a while ago and has not expired; and nobody has revoked it.
        3. Its client is still registered, for the same department, role and purpose, and the token
           is bound as the registry demands of that client, and for no region beyond its own. When
           the registry has changed, every token is looked into again. A client that was disabled
           has no tokens of before.
        4. What it is bound to is proven: a key by the proof in `DPoP` (`ProofCheck.proven`), under
           the scheme DPoP only; a certificate by the connection. What is not bound is no DPoP.
        5. `Hub-Case` and `Hub-Actor`, if sent, are opaque ids; a person's token says who acts, so
           that there is no `Hub-Actor` beside it.

        Raises:
            UnauthenticatedError: 1 to 4; get a token, or make the proof anew.
            InvalidRequestError: 5, or the header of 1 is malformed; 400, as RFC 6750 3.1 has it.
            UnavailableError: It cannot be known whether the token is its issuer's, whether it was
                revoked, or its proof used.
        """
        # Step 1.
        scheme, token = _credentials(incoming)
        # Steps 2 and 3.
        known = await self.live(token, scheme)
        # Step 4.
        if known.binding is not None or scheme == _DPOP:
            try:
                self._check_possession(scheme, known.binding, incoming)
            except UsedBeforeError as refused:
                whose = known.caller
                await self._reuse.seen(whose.department, whose.client_id, "proof")
                raise _unproven(refused) from None
        return _asking(known.caller, incoming)

    async def still(self, incoming: Incoming) -> Caller:
        """Return who asks in a request that was let in before and goes on; its proof is used up.

        Raises:
            UnauthenticatedError: The token has ended meanwhile.
        """
        scheme, token = _credentials(incoming)
        known = await self.live(token, scheme)
        return _asking(known.caller, incoming)

    async def live(self, token: str, scheme: str = "Bearer") -> VerifiedToken:
        """Return what a token says that would be taken now, if its bearer can use it (2 and 3).

        Raises:
            UnauthenticatedError: It would not.
            StoreUnavailableError: It cannot be known whether it was revoked, or its client is
                still registered.
        """
        await self._registry.fresh()
        if self._registry.revision != self._revision:
            self._known.clear()
            self._revision = self._registry.revision
        known = self._known.get(token)
        if known is None or known.until <= self._clock().timestamp():
            self._known.pop(token, None)
            known = await self._verified(scheme, token)
        if await self._revocations.is_revoked(known.token.caller.client_id, known.token.jti):
            raise _refusal("it was revoked", scheme)
        return known.token

    def _check_possession(self, scheme: str, binding: Binding | None, incoming: Incoming) -> None:
        if scheme == _DPOP and (binding is None or binding.jkt is None):
            raise _refusal("it is not bound to a key: send it as a bearer token", "Bearer")
        if binding is not None and binding.jkt is not None:
            self._check_proof(scheme, binding.jkt, incoming)
        if binding is not None and binding.x5t is not None:
            presented = self._certificates.of(incoming)
            if presented is None or not secrets.compare_digest(
                presented.encode(), binding.x5t.encode()
            ):
                raise _refusal("it is bound to a certificate, and this is another one or none")

    def _check_proof(self, scheme: str, jkt: str, incoming: Incoming) -> None:
        if scheme != _DPOP:
            raise _refusal("it is bound to a key: send it with a proof, as DPoP", _DPOP)
        now = self._clock().timestamp()
        proof = incoming.header(HEADER)
        if proof is None:
            raise UnauthenticatedError(
                "Send a proof of the token's key in the header DPoP.",
                "invalid_dpop_proof",
                scheme=_DPOP,
                nonce=self._proofs.nonce(now),
            )
        _, token = _credentials(incoming)
        method, path = incoming.scope["method"], incoming.scope["path"]
        try:
            thumbprint, fresh = self._proofs.proven(proof, method, path, now, token)
        except UsedBeforeError:
            raise
        except InvalidProofError as refused:
            raise _unproven(refused) from None
        except NonceNeededError:
            raise UnauthenticatedError(
                "Make the proof with the nonce in the header DPoP-Nonce.",
                "use_dpop_nonce",
                scheme=_DPOP,
                nonce=self._proofs.nonce(now),
            ) from None
        if not secrets.compare_digest(thumbprint.encode(), jkt.encode()):
            raise _refusal("it is bound to another key than the proof's", _DPOP)
        if fresh is not None:
            incoming.told.append((NONCE_HEADER, fresh))

    async def _verified(self, scheme: str, token: str) -> _Known:
        try:
            verified = await self._issuers.verified(token, self._clock())
        except InvalidTokenError as refused:
            raise _refusal(str(refused), scheme) from None
        caller = verified.caller
        client = self._clients.get(caller.client_id)
        if (
            client is None
            or (client.department, client.role) != (caller.department, caller.role)
            or caller.purpose not in client.purposes
        ):
            raise _refusal("its client is not registered like that any more", scheme)
        if verified.issued_at < client.tokens_from:
            raise _refusal("its client's tokens of before were all revoked", scheme)
        if not _is_bound_as(client, verified.binding):
            raise _refusal(
                f"tokens of its client are bound by {client.sender_constraint}, and it is not",
                scheme,
            )
        if not verified.details.is_within(client.area):
            raise _refusal("it is for a region that its client is not registered for", scheme)
        if verified.details.regions is None:
            verified = replace(verified, caller=replace(caller, area=client.area))
        now = self._clock().timestamp()
        known = _Known(
            verified,
            min(verified.expires_at, now + _RECHECK_S),
        )
        while len(self._known) >= self._remembered:
            self._known.popitem(last=False)
        self._known[token] = known
        return known


def _is_bound_as(client: Client, binding: Binding | None) -> bool:
    match client.sender_constraint:
        case "dpop":
            return binding is not None and binding.jkt is not None
        case "mtls":
            pinned = client.certificates
            x5t = None if binding is None else binding.x5t
            return x5t is not None and (not pinned or x5t in pinned)
        case "bearer":
            return True


def _asking(caller: Caller, incoming: Incoming) -> Caller:
    # Step 5.
    headers = incoming.headers
    if b"hub-case" not in headers and b"hub-actor" not in headers:
        return caller
    case = opaque_header(incoming, b"hub-case")
    actor = opaque_header(incoming, b"hub-actor")
    if actor is not None and caller.actor is not None:
        raise InvalidRequestError("Send no Hub-Actor: the token says who has signed in.")
    if actor is None:
        return replace(caller, case=case)
    return replace(caller, case=case, actor=actor, is_actor_stated=True)


def _unproven(refused: InvalidProofError) -> UnauthenticatedError:
    return UnauthenticatedError(
        f"The proof is refused: {refused}.", "invalid_dpop_proof", scheme=_DPOP
    )


def _refusal(reason: str, scheme: str = "Bearer") -> UnauthenticatedError:
    return UnauthenticatedError(f"The access token is refused: {reason}.", scheme=scheme)


def _credentials(incoming: Incoming) -> tuple[str, str]:
    """Return the scheme and the token of a request."""
    header = incoming.headers.get(b"authorization", b"").decode("latin-1")
    name, _, token = header.partition(" ")
    scheme = _SCHEMES.get(name.lower())
    if scheme is None:
        raise UnauthenticatedError("Send an access token: Authorization: Bearer <token>.", "")
    token = token.strip(" ")
    if not token or " " in token:
        raise InvalidRequestError(f"The Authorization header must be {scheme} and one token.")
    return scheme, token
