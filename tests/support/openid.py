"""An OpenID provider on a port of this machine that can be told to do wrong, and browsers."""

import base64
import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from hub.http.issuer_keys import KeySources
from hub.http.routes import router
from hub.http.sign_in import load_sign_in
from tests.support.edge import ISSUER, new_edge

CALLBACK = f"{ISSUER}/session/callback"


@dataclass
class OpenId:
    """Gives ID tokens for codes that it made; `changed` and `header` spoil what they say."""

    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "openid-1"}))
    signed_by: ECKey | None = None
    changed: dict = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    status: int = 200
    clock: object = None
    address: str = ""

    def code(self, location, roles=("auditor",)):
        """Return a code for who was sent here to `location`."""
        asked = dict(parse_qsl(urlsplit(location).query))
        code = f"code-{len(self.codes)}"
        self.codes[code] = (asked["nonce"], asked["code_challenge"], roles)
        return code

    def answer(self, form):
        """Return status and body for a token request."""
        self.asked.append(form)
        if self.status != 200:
            return self.status, b"no"
        nonce, challenge, roles = self.codes.pop(form["code"], (None, None, None))
        hashed = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(hashed).rstrip(b"=").decode() != challenge:
            return 400, b'{"error": "invalid_grant"}'
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.address,
            "sub": "auditor-1",
            "aud": "hub",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "roles": list(roles),
        } | self.changed
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": "ES256", "typ": "JWT", "kid": self.key.kid} | self.header
        token = jwt.encode(header, claims, self.signed_by or self.key, algorithms=["ES256"])
        body = {"id_token": token, "access_token": "x", "token_type": "Bearer"}
        return 200, json.dumps(body).encode()

    def written(self, more=""):
        """Return what an operator writes down."""
        return f"""
[sign_in]
issuer = "{self.address}"
client_id = "hub"
authorization_endpoint = "{self.address}/authorize"
token_endpoint = "{self.address}/token"
end_session_endpoint = "{self.address}/end"
jwks_url = "{self.address}/keys"
algorithms = ["ES256"]
{more}
[[sign_in.role]]
claim = "auditor"
id = "auditing-person"
department = "audit-office"
role = "auditor"
purposes = ["AUDIT"]
[[sign_in.role]]
claim = "officer"
id = "officer-person"
department = "civil-affairs"
role = "officer"
purposes = ["CASE", "WARN"]
regions = ["420106"]
"""

    def edge(self, folder, more="", **changed):
        """Return an edge whose people sign in here."""
        first = new_edge(folder)
        text = self.written(more)
        sign_in = load_sign_in(text, KeySources(folder), first.parts.clients, ISSUER)
        edge = new_edge(folder, key=first.key, sign_in=sign_in, **changed)
        self.clock = edge.clock
        return edge


@contextmanager
def openid():
    """Serve a provider."""
    provider = OpenId()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            keys = {"keys": [provider.key.as_dict(private=False)]}
            self._send(200, json.dumps(keys).encode())

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            form["authorization"] = self.headers.get("authorization")
            self._send(*provider.answer(form))

        def _send(self, status, body):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, edge, provider):
        self.provider = provider
        self.http = TestClient(router(edge.parts), follow_redirects=False)

    def begin(self, to="/"):
        """Go to the provider, and return where that is."""
        reply = self.http.get("/session/sign-in", params={"to": to})
        assert reply.status_code == 303
        return reply.headers["location"]

    def back(self, location, code, **changed):
        """Come back from the provider."""
        state = dict(parse_qsl(urlsplit(location).query))["state"]
        query = {"code": code, "state": state} | changed
        query = {name: value for name, value in query.items() if value is not None}
        return self.http.get("/session/callback", params=query)

    def sign_in(self, roles=("auditor",), to="/"):
        """Do all of it."""
        location = self.begin(to)
        return self.back(location, self.provider.code(location, roles))

    def token(self, role="auditing-person", purpose="AUDIT", **headers):
        """Ask for a token as a page of the hub does."""
        sent = {"origin": ISSUER, "sec-fetch-site": "same-origin"} | headers
        sent = {name: value for name, value in sent.items() if value is not None}
        choice = {"role": role, "purpose": purpose}
        return self.http.post("/session/token", json=choice, headers=sent)

    def end(self, **headers):
        """Sign out as a page of the hub does."""
        return self.http.post("/session/end", json={}, headers={"origin": ISSUER} | headers)

    def told(self):
        """Return what the pages are told of the session."""
        return self.http.get("/session").json()
