"""Tokens that are bound to a certificate, over real TLS and behind a proxy that ends it."""

import base64
import ipaddress
import ssl
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient

from hub.clock import utc_now
from hub.errors import SetupError
from hub.http.certificates import Certificates, thumbprint
from hub.http.oauth import METADATA_PATH, TOKEN_PATH
from hub.http.routes import router
from hub.http.server import Serve
from hub.http.tls import server_context
from hub.settings import InvalidSettingsError, load_settings
from hub.supervision.listening import listener
from tests.support.edge import new_edge
from tests.support.serving import serving_app

pytestmark = pytest.mark.anyio


class Authority:
    """Issues certificates, each with a key of its own, as files in a folder."""

    def __init__(self, folder, name):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = self._made(self.name, self.key, ca=True)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def _made(self, subject, key, *, ca):
        now = utc_now()
        local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(local, critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, name):
        """Return the files of a certificate and its key, and the certificate's bytes."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._made(subject, key, ca=False)
        certificate, own = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(Encoding.PEM))
        own.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, own, made.public_bytes(Encoding.DER)


def bound_edge(folder, **changed):
    """Return an edge whose client's tokens are bound to its certificate."""
    edge = new_edge(folder)
    clients = {n: replace(c, sender_constraint="mtls") for n, c in edge.parts.clients.items()}
    return new_edge(folder, clients=clients, key=edge.key, **changed)


@asynccontextmanager
async def client_with(authority, port, certificate=None):
    context = ssl.create_default_context(cafile=authority.file)
    if certificate is not None:
        context.load_cert_chain(*certificate[:2])
    address = f"https://127.0.0.1:{port}"
    async with httpx2.AsyncClient(
        base_url=address, verify=context, trust_env=False, timeout=60
    ) as http:
        yield http


def ask(http, token, **headers):
    headers |= {"authorization": f"Bearer {token}"}
    return http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)


async def test_a_token_is_good_over_a_connection_with_its_certificate_only(tmp_path):
    ca = Authority(tmp_path, "ca")
    server, own, other = (ca.issue(name) for name in ("server", "own", "other"))
    foreign = Authority(tmp_path, "foreign").issue("stranger")
    edge = bound_edge(tmp_path, certificates=Certificates(is_tls=True))
    tls = server_context(server[0], server[1], ca.file)
    bound = listener("127.0.0.1", 0)
    port = bound.getsockname()[1]
    async with serving_app(router(edge.parts), bound, Serve(linger_s=5, tls=tls)):
        async with client_with(ca, port, own) as http:
            told = await http.post(TOKEN_PATH, data=edge.form())
            token = told.json()["access_token"]
            good = [await ask(http, token) for _ in range(2)]
        async with client_with(ca, port, other) as http:
            # A header of the caller's own is nobody's word.
            shown = f":{base64.b64encode(own[2]).decode()}:"
            wrong = await ask(http, token, **{"client-cert": shown})
        async with client_with(ca, port) as http:
            without = await ask(http, token)
            refused = await http.post(TOKEN_PATH, data=edge.form())
        async with client_with(ca, port, foreign) as http:
            with pytest.raises(httpx2.HTTPError):
                await ask(http, token)

    assert told.json()["token_type"] == "Bearer"
    claims = base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()
    assert f'"cnf":{{"x5t#S256":"{thumbprint(own[2])}"}}' in claims.replace(" ", "")
    assert [reply.status_code for reply in good] == [200, 200]
    assert (wrong.status_code, without.status_code) == (401, 401)
    assert "certificate" in wrong.headers["www-authenticate"]
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert len(edge.queries.asked) == 2


def test_the_header_of_a_proxy_is_believed_and_nobody_elses(tmp_path):
    der = Authority(tmp_path, "ca").issue("own")[2]
    shown = {"client-cert": f":{base64.b64encode(der).decode()}:"}
    edge = bound_edge(tmp_path, certificates=Certificates(frozenset({"192.0.2.1"})))
    app = router(edge.parts)
    proxy = TestClient(app, client=("192.0.2.1", 1))
    mapped = TestClient(app, client=("::ffff:192.0.2.1", 1))
    stranger = TestClient(app, client=("192.0.2.2", 1))
    token = proxy.post(TOKEN_PATH, data=edge.form(), headers=shown).json()["access_token"]

    assert ask(proxy, token, **shown).status_code == 200
    assert ask(mapped, token, **shown).status_code == 200
    assert ask(proxy, token).status_code == 401
    assert ask(stranger, token, **shown).status_code == 401
    refused = stranger.post(TOKEN_PATH, data=edge.form(), headers=shown)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    two = [("client-cert", shown["client-cert"])] * 2 + [("authorization", f"Bearer {token}")]
    assert proxy.post("/graphql", json={}, headers=two).status_code == 400
    for wrong in ("x", "::", ":é:", ":a:"):
        sent = {"client-cert": wrong.encode("latin-1"), "authorization": f"Bearer {token}"}
        assert proxy.post("/graphql", json={}, headers=sent).status_code == 400


def test_the_metadata_offers_certificates_where_they_can_be_shown(tmp_path):
    with_them = new_edge(tmp_path, certificates=Certificates(is_tls=True))
    without = new_edge(tmp_path)

    name = "tls_client_certificate_bound_access_tokens"
    assert with_them.http.get(METADATA_PATH).json()[name] is True
    assert without.http.get(METADATA_PATH).json()[name] is False


def test_files_that_are_none_are_named(tmp_path):
    ca = Authority(tmp_path, "ca")
    certificate, key, _ = ca.issue("server")
    _, other, _ = ca.issue("other")

    for files in (
        (certificate, other, None),
        (tmp_path / "no", key, None),
        (certificate, key, key),
    ):
        with pytest.raises(SetupError, match="TLS"):
            server_context(*files)


def test_half_of_what_tls_needs_is_refused_and_other_addresses_need_all_of_it(tmp_path):
    whole = {"tls_certificate": tmp_path / "a", "tls_key": tmp_path / "b"}
    assert load_settings(home=tmp_path, host="192.0.2.1", **whole).host == "192.0.2.1"

    for wrong in (
        {"tls_certificate": tmp_path / "a"},
        {"tls_key": tmp_path / "a"},
        {"tls_client_ca": tmp_path / "a"},
        {"host": "192.0.2.1"},
    ):
        with pytest.raises(InvalidSettingsError):
            load_settings(home=tmp_path, **wrong)
