"""The certificate by which a caller proved who it is, as far as one was shown.

The hub's own server keeps the thumbprint of each connection's certificate, once the handshake has
verified it. Where a proxy ends TLS, its header `Client-Cert` says which certificate it verified;
that is believed of the configured addresses only, and from those nothing else is: the certificate
of the proxy's own connection is not the caller's.

Spec: RFC 8705 3.1 (x5t#S256), RFC 9440 (Client-Cert).
"""

import base64
import binascii
import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from hub.errors import InvalidRequestError
from hub.http.exchange import Incoming

SCOPE_KEY: Final = "hub.certificate"
"""Where the server keeps the thumbprint of a connection's certificate for its requests."""
HEADER: Final = b"client-cert"
_BYTES: Final = re.compile(r":(?P<content>[A-Za-z0-9+/]+=*):")


@dataclass(frozen=True, slots=True)
class Certificates:
    """Finds the certificate of a caller; `proxies` are the addresses whose header is believed."""

    proxies: frozenset[str] = frozenset()
    is_tls: bool = False
    """Whether the hub's own server asks for certificates."""

    @property
    def are_offered(self) -> bool:
        """Whether any caller can show a certificate here."""
        return self.is_tls or bool(self.proxies)

    def of(self, incoming: Incoming) -> str | None:
        """Return the SHA-256 thumbprint of the caller's certificate, or None if it showed none.

        Raises:
            InvalidRequestError: A proxy sent what is no certificate.
        """
        client = incoming.scope.get("client")
        if self.proxies and client is not None and _normal(client[0]) in self.proxies:
            return _stated(incoming.header(HEADER))
        found = incoming.scope.get(SCOPE_KEY)
        return found if isinstance(found, str) else None


def thumbprint(der: bytes) -> str:
    """Return `x5t#S256` of a certificate: SHA-256 of its DER in base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def _stated(header: str | None) -> str | None:
    """Return the thumbprint of the certificate in a header: a byte sequence of RFC 8941."""
    if header is None:
        return None
    found = _BYTES.fullmatch(header.strip(" "))
    try:
        return thumbprint(base64.b64decode(found["content"] if found else "?", validate=True))
    except binascii.Error:
        raise InvalidRequestError(
            "Client-Cert must be one certificate, as RFC 9440 has it."
        ) from None


def _normal(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)
