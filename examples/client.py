"""Ask as a department does: client.py HUB CLIENT KEY.jwk PURPOSE FILE.graphql [VARIABLES] [CASE].

Signs in by private_key_jwt (RFC 7523), sends the document, prints the answer and its receipt.
"""

import json
import sys
import time
import uuid
from pathlib import Path

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

hub, client, key_file, purpose, document, *more = sys.argv[1:]
variables, case = [*more, *[None] * 2][:2]
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
signed_in = httpx2.post(f"{hub}/oauth/token", data=form, trust_env=False).raise_for_status()
token = signed_in.json()["access_token"]
headers = {"authorization": f"Bearer {token}"} | ({"hub-case": case} if case else {})
body = {"query": Path(document).read_text("utf-8"), "variables": json.loads(variables or "{}")}
answer = httpx2.post(f"{hub}/graphql", json=body, headers=headers, trust_env=False)
print(json.dumps(answer.json(), ensure_ascii=False, indent=2))
