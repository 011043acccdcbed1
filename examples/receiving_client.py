"""Ask, and open what only you can open (docs/receiving.md).

receiving_client.py HUB CLIENT KEY.jwk PURPOSE ENCRYPTION.jwk FILE.graphql [VARIABLES] [FORM]

KEY.jwk signs in; ENCRYPTION.jwk is the private half of the registered encryption key. FORM is
fields, response (without it) or signed-response.
"""

import json
import re
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwe, jws, jwt
from joserfc.jwk import ECKey, Key, KeySet, OctKey, OKPKey
from joserfc.registry import HeaderParameter

_TEXT = {name: HeaderParameter(name, "str") for name in ("rid", "path")}
_WHOLE_NUMBER = {name: HeaderParameter(name, "int") for name in ("iat", "part")}
TO_US = jwe.JWERegistry(_TEXT | _WHOLE_NUMBER, algorithms=["ECDH-ES+A256KW", "A256GCM"])
TO_US.max_ciphertext_length = 64 << 20  # joserfc takes 64 kB unless it is told otherwise
VALUES = jwe.JWERegistry(_TEXT, algorithms=["dir", "A256GCM"])
SEALED = re.compile(r"eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
SIGNED = jws.JWSRegistry(_TEXT | _WHOLE_NUMBER, algorithms=["ES256"])


class NotOursError(Exception):
    """What came does not open, or is not what it says it is: take nothing of it."""


def opened_answer(body: Any, own: Key) -> Any:
    """Return an answer whose values were sealed, with each value in its place again."""
    told = body.get("extensions", {}).get("encryption")
    if told is None:
        return body
    carried = jwe.decrypt_compact(told["key"], own, registry=TO_US)
    response, content = carried.headers()["rid"], OctKey.import_key(json.loads(carried.plaintext))
    return {**body, "data": opened_tree(body["data"], "/data", content, response)}


def opened_tree(tree: Any, path: str, content: OctKey, response: str) -> Any:
    """Return what stands at `path`, opened."""
    if isinstance(tree, dict):
        return {k: opened_tree(v, f"{path}/{k}", content, response) for k, v in tree.items()}
    if isinstance(tree, list):
        return [opened_tree(v, f"{path}/{n}", content, response) for n, v in enumerate(tree)]
    if not isinstance(tree, str) or not SEALED.fullmatch(tree):
        return tree
    value = jwe.decrypt_compact(tree, content, registry=VALUES)
    header = value.headers()
    if (header.get("rid"), header.get("path")) != (response, path):
        raise NotOursError(f"The value at {path} belongs somewhere else.")
    return json.loads(value.plaintext or b"")


def opened_whole(text: str | bytes, own: Key, hub_keys: KeySet | None) -> tuple[bytes, Any]:
    """Return the content of an answer that was encrypted whole, and its header.

    With `hub_keys` it must be signed by one of them.
    """
    carried = jwe.decrypt_compact(text, own, registry=TO_US)
    header = carried.headers()
    if hub_keys is None:
        return carried.plaintext or b"", header
    if header.get("cty") != "jose":
        raise NotOursError("The answer is not signed.")
    signed = jws.deserialize_compact(carried.plaintext or b"", hub_keys, registry=SIGNED)
    inside = signed.headers()
    if inside.get("typ") != "hub-answer+jws" or inside.get("rid") != header["rid"]:
        raise NotOursError("What is signed is not this answer.")
    return signed.payload, header


def opened_lines(lines: list[bytes], own: Key) -> list[Any]:
    """Return the lines of an export whose values were sealed, chunk by chunk."""
    found, rows, place, content, response = [], "", 0, None, ""
    for each in map(json.loads, lines):
        if "encryption" in each:
            told = each["encryption"]
            carried = jwe.decrypt_compact(told["key"], own, registry=TO_US)
            content = OctKey.import_key(json.loads(carried.plaintext or b""))
            response, rows, place = carried.headers()["rid"], told["rows"], 0
        elif content is None or {"errors", "error", "receipt", "done"} & each.keys():
            found.append(each)
        else:
            found.append(opened_tree(each, f"{rows}/{place}", content, response))
            place += 1
    return found


def private_key(path: str) -> Key:
    """Return the key in a file."""
    jwk = json.loads(Path(path).read_text("utf-8"))
    return ECKey.import_key(jwk) if jwk["kty"] == "EC" else OKPKey.import_key(jwk)


def signed_in(hub: str, client: str, key: Key, purpose: str) -> str:
    """Return an access token (RFC 7523)."""
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": hub, "iat": now, "exp": now + 120}
    claims["jti"] = uuid.uuid4().hex
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key),
        "authorization_details": json.dumps([{"type": "hub_query", "purpose": purpose}]),
    }
    reply = httpx2.post(f"{hub}/oauth/token", data=form, trust_env=False).raise_for_status()
    return str(reply.json()["access_token"])


def main() -> None:
    """Ask once and print the answer, opened."""
    hub, client, key_file, purpose, own_file, document, *more = sys.argv[1:]
    variables, form = [*more, *[""] * 2][:2]
    token = signed_in(hub, client, private_key(key_file), purpose)
    form = form or "response"
    accept = "application/json" if form == "fields" else "application/jose"
    headers = {"authorization": f"Bearer {token}", "accept": accept, "hub-encryption": form}
    body = {"query": Path(document).read_text("utf-8"), "variables": json.loads(variables or "{}")}
    answer = httpx2.post(f"{hub}/graphql", json=body, headers=headers, trust_env=False)
    if answer.is_error:
        sys.exit(answer.text)
    own = private_key(own_file)
    if answer.headers["content-type"] != "application/jose":
        opened = opened_answer(answer.json(), own)
    else:
        keys = None
        if form == "signed-response":
            found = httpx2.get(f"{hub}/keys/outbound", trust_env=False).raise_for_status()
            keys = KeySet.import_key_set(found.json())
        opened = json.loads(opened_whole(answer.content, own, keys)[0])
    print(json.dumps(opened, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
