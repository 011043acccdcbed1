"""Ask with a token that only you can use: dpop_client.py HUB CLIENT KEY.jwk PURPOSE FILE.graphql.

The token is bound to a key that is made for this run (DPoP, RFC 9449): every request carries a
proof that is signed by it, good for this request alone. Whoever finds the token can do nothing.
"""

import base64
import hashlib
import json
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jws, jwt
from joserfc.jwk import ECKey

hub, client, key_file, purpose, document = sys.argv[1:]
own_key = ECKey.generate_key("P-256")
heard: dict[str, str] = {}


def proof(url: str, token: str | None = None) -> str:
    """Return a proof for one POST to `url`."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": own_key.as_dict(private=False)}
    claims = {"jti": uuid.uuid4().hex, "htm": "POST", "htu": url, "iat": int(time.time())} | heard
    if token is not None:
        digest = hashlib.sha256(token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return jws.serialize_compact(header, json.dumps(claims), own_key)


def send(path: str, token: str | None = None, **content: Any) -> httpx2.Response:
    """Send one POST; where the hub gives a nonce instead of an answer, once more with it."""
    for _ in range(2):
        headers = {"dpop": proof(hub + path, token)}
        if token is not None:
            headers["authorization"] = f"DPoP {token}"
        reply = httpx2.post(hub + path, headers=headers, trust_env=False, **content)
        if "dpop-nonce" in reply.headers:
            heard["nonce"] = reply.headers["dpop-nonce"]
        if "use_dpop_nonce" not in reply.headers.get("www-authenticate", "") + reply.text:
            break
    return reply


key = ECKey.import_key(json.loads(Path(key_file).read_text("utf-8")))
now = int(time.time())
claims = {"iss": client, "sub": client, "aud": hub, "iat": now, "exp": now + 120}
claims["jti"] = uuid.uuid4().hex
form = {
    "grant_type": "client_credentials",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_assertion": jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key),
    "authorization_details": json.dumps([{"type": "hub_query", "purpose": purpose}]),
}
signed_in = send("/oauth/token", data=form).raise_for_status().json()
body = {"query": Path(document).read_text("utf-8")}
answer = send("/graphql", signed_in["access_token"], json=body)
print(json.dumps(answer.json(), ensure_ascii=False, indent=2))
