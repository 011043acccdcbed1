"""TLS of the hub's own server: for installations without a proxy in front.

A client may show a certificate, and must show one that the configured authorities issued. Whose it
is does not sign anybody in; tokens are bound to it.

Spec: RFC 8446, RFC 9325 (recommendations), RFC 8705 3.
"""

import ssl
from pathlib import Path

from hub.errors import SetupError


def server_context(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    """Return what the server speaks TLS with, 1.2 or newer.

    Raises:
        SetupError: A file cannot be read, or certificate and key do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        raise SetupError(
            f"TLS: {certificate} and {key} cannot be read as a certificate and its key, in PEM."
        ) from None
    if client_ca is not None:
        try:
            context.load_verify_locations(client_ca)
        except (OSError, ssl.SSLError):
            raise SetupError(f"TLS: {client_ca} cannot be read as certificates in PEM.") from None
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
