"""Certificates for servers of tests: an authority of its own, and what it issued."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def write_authority(folder: Path, address: str) -> tuple[Path, Path, Path]:
    """Write an authority's certificate, and a server's with its key; return the three files."""
    folder.mkdir()
    now = datetime.now(UTC)  # noqa: TID251 - TLS has the clock of the machine
    top, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    top_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {folder.name}")])

    def builder(name, public, days):
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(top_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=days))
        )

    authority = (
        builder(top_name, top.public_key(), 2)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(top, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "siem")])
    own = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    server = builder(name, leaf.public_key(), 1).add_extension(own, critical=False)
    files = folder / "authority.pem", folder / "server.pem", folder / "server.key"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(authority.public_bytes(pem))
    files[1].write_bytes(server.sign(top, hashes.SHA256()).public_bytes(pem))
    files[2].write_bytes(
        leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files
