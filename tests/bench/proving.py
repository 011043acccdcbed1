"""Requests with a DPoP proof each, made right before the round in which each is sent once.

Proofs are made beforehand, because a client that signs while it asks would be what is measured; so
each has the hub's nonce of that moment, which is good for half a minute.

Spec: RFC 9449.
"""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.clock import utc_now
from hub.demo.installation import OFFICER, key_file
from tests.bench.unlocked import PURPOSE

AT_MOST = 5_000
"""Requests a second for which proofs are made; a round that needs more fails."""
ANEW_S = 180.0
_ECDSA = ec.ECDSA(SHA256())
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@dataclass(slots=True)
class Proving:
    """The officer of a hub's home, with a key of its own that its token is bound to."""

    home: Path
    port: int
    _key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)
    _token: str = field(default="", repr=False)
    _until: float = 0.0
    _nonce: str = field(default="", repr=False)

    def requests(self, asked: Sequence[bytes], seconds: float) -> list[bytes]:
        """Return requests of these bodies for a round of some seconds, none of them sent before."""
        if time.monotonic() > self._until:
            self._sign_in()
        self._look("/graphql", json={"query": "{ __typename }"})
        count = int(seconds * AT_MOST)
        return [self._request(body) for body in islice(cycle(asked), count)]

    def _sign_in(self) -> None:
        hub = f"http://127.0.0.1:{self.port}"
        key, now = (
            ECKey.import_key(json.loads(key_file(self.home, OFFICER).read_text())),
            utc_now().timestamp(),
        )
        claims = {"iss": OFFICER.id, "sub": OFFICER.id, "aud": hub, "jti": uuid.uuid4().hex}
        claims |= {"iat": int(now), "exp": int(now) + 120}  # type: ignore[dict-item]  # numbers
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _ASSERTION,
            "client_assertion": jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key),
            "authorization_details": json.dumps([{"type": "hub_query", "purpose": PURPOSE}]),
        }
        self._token = ""
        answer = self._look("/oauth/token", data=form)
        self._token = answer.json()["access_token"]
        self._until = time.monotonic() + ANEW_S

    def _look(self, path: str, **content: Any) -> httpx2.Response:
        """Send one request, again with the nonce that the hub then says; keep the newest."""
        for _ in range(2):
            headers = {"dpop": self._proof(path)}
            if self._token:
                headers["authorization"] = f"DPoP {self._token}"
            url = f"http://127.0.0.1:{self.port}{path}"
            answer = httpx2.post(url, headers=headers, trust_env=False, **content)
            self._nonce = answer.headers.get("dpop-nonce", self._nonce)
            if answer.status_code == httpx2.codes.OK:
                break
        return answer.raise_for_status()

    def _proof(self, path: str) -> str:
        jwk = self._key.as_dict(private=False)
        head = {"typ": "dpop+jwt", "alg": "ES256"}
        head["jwk"] = {name: jwk[name] for name in ("kty", "crv", "x", "y")}  # type: ignore[assignment]
        claims = {
            "jti": uuid.uuid4().hex,
            "htm": "POST",
            "htu": f"http://127.0.0.1:{self.port}{path}",
            "iat": int(utc_now().timestamp()),
        }
        if self._nonce:
            claims["nonce"] = self._nonce
        if self._token:
            claims["ath"] = _encoded(hashlib.sha256(self._token.encode()).digest())
        text = ".".join(_encoded(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._key.private_key.sign(text.encode(), _ECDSA))
        return f"{text}.{_encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    def _request(self, body: bytes) -> bytes:
        head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
            f"Content-Length: {len(body)}\r\nAuthorization: DPoP {self._token}\r\n"
            f"DPoP: {self._proof('/graphql')}\r\n\r\n"
        )
        return head.encode() + body
