"""A client that proves possession of its key: proofs as RFC 9449 has them, and spoilt ones."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from itertools import count

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, RSAKey

from tests.support.edge import ISSUER

_ids = count(1)


def ath(token):
    """Return the hash of a token as a proof has it."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def encoded(content):
    """Return bytes, or anything that JSON has, as unpadded base64url."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(head, claims, key):
    """Return a compact JWS whatever its header says: by an EC key, an RSA key or a secret."""
    text = f"{encoded(head)}.{encoded(claims)}"
    if isinstance(key, bytes):
        signature = hmac.digest(key, text.encode(), "sha256")
    elif isinstance(key, RSAKey):
        signature = key.private_key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        r, s = decode_dss_signature(key.private_key.sign(text.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{text}.{encoded(signature)}"


@dataclass
class Prover:
    """Has a key, the newest nonce that it heard of, and signs in to an edge."""

    edge: object
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    nonce: str | None = None

    def proof(
        self, path="/graphql", method="POST", token=None, *, header=None, key=None, **changed
    ):
        """Return a proof that is right unless something is changed; None takes a claim out."""
        claims = {
            "jti": f"proof-{next(_ids)}",
            "htm": method,
            "htu": ISSUER + path,
            "iat": int(self.edge.clock.now.timestamp()),
            "ath": token and ath(token),
            "nonce": self.nonce,
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        public = self.key.as_dict(private=False)
        jwk = {name: public[name] for name in ("kty", "crv", "x", "y")}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk} | (header or {})
        head = {name: value for name, value in head.items() if value is not None}
        return signed(head, claims, key or self.key)

    @staticmethod
    def raw(part):
        """Return the bytes of one part of a proof."""
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    def heard(self, reply):
        """Keep the nonce of a reply."""
        self.nonce = reply.headers.get("dpop-nonce", self.nonce)
        return reply

    def sign_in(self, **changed):
        """Ask for a token, a second time if the first answer is a nonce."""
        for _ in range(2):
            form = self.edge.form(**changed)
            headers = {"dpop": self.proof("/oauth/token")}
            reply = self.heard(self.edge.http.post("/oauth/token", data=form, headers=headers))
            if reply.status_code == 200:
                break
        return reply

    def token(self):
        """Return a token that is bound to the key."""
        reply = self.sign_in()
        assert reply.json()["token_type"] == "DPoP", reply.text
        return reply.json()["access_token"]

    def ask(self, token, proof=None, *, scheme="DPoP", query="{ __typename }", http=None, **more):
        """Ask with a proof made for it, or with the one given."""
        headers = {"authorization": f"{scheme} {token}", "dpop": proof or self.proof(token=token)}
        headers |= more
        reply = (http or self.edge.http).post("/graphql", json={"query": query}, headers=headers)
        return self.heard(reply)
