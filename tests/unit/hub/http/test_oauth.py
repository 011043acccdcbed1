import base64
import hmac
import json
from urllib.parse import urlencode

import anyio
import pytest
from authlib.oauth2.rfc7523 import private_key_jwt_sign
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from hub.errors import StoreUnavailableError
from hub.http.limits import Limits
from hub.http.oauth import JWKS_PATH, METADATA_PATH, TOKEN_PATH, server_metadata
from tests.support.edge import CLIENT, ISSUER, new_edge

OTHER_KEY = ECKey.generate_key("P-256")
RSA_KEY = RSAKey.generate_key(2048)


def encoded(content):
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def compact(header, claims, signature=b"\0" * 64):
    return f"{encoded(header)}.{encoded(claims)}.{encoded(signature)}"


def test_a_registered_client_gets_a_token_that_says_who_it_is_and_why_it_asks(edge):
    reply = edge.sign_in()

    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    content = reply.json()
    assert content["token_type"] == "Bearer"
    assert content["expires_in"] == 600
    keys = KeySet.import_key_set(edge.http.get(JWKS_PATH).json())
    token = jwt.decode(content["access_token"], keys, algorithms=["ES256"])
    assert token.header["typ"] == "at+jwt"
    issued = int(edge.clock.now.timestamp())
    assert token.claims.pop("jti")
    assert token.claims == {
        "iss": ISSUER,
        "sub": CLIENT,
        "aud": f"{ISSUER}/graphql",
        "client_id": CLIENT,
        "iat": issued,
        "exp": issued + 600,
        "department": "medical-insurance",
        "role": "clerk",
        "authorization_details": [{"type": "hub_query", "purpose": "PUSH"}],
    }


def test_an_assertion_made_by_authlib_is_taken(edge):
    now = int(edge.clock.now.timestamp())

    assertion = private_key_jwt_sign(
        edge.key,
        CLIENT,
        ISSUER + TOKEN_PATH,
        alg="ES256",
        issued_at=now,
        expires_at=now + 60,
    )

    assert edge.sign_in(assertion).status_code == 200


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"exp": 1_500_000_000}, "expired"),
        ({"exp": 9_999_999_999}, "300 seconds"),
        ({"exp": "soon"}, "exp"),
        ({"exp": None}, "exp is missing"),
        ({"iat": 9_999_999_000}, "iat"),
        ({"iat": None}, "iat is missing"),
        ({"nbf": 9_999_999_000}, "nbf"),
        ({"aud": "https://elsewhere.example"}, "aud"),
        ({"aud": f"{ISSUER}/graphql"}, "aud"),
        ({"aud": [ISSUER, "https://elsewhere.example"]}, "nobody else"),
        ({"aud": None}, "aud is missing"),
        ({"iss": "another-system"}, "iss"),
        ({"sub": "another-system"}, "signature"),
        ({"sub": ["insurance-system"]}, "signature"),
        ({"jti": None}, "jti is missing"),
        ({"jti": 7}, "jti"),
        ({"jti": "x" * 256}, "jti"),
        ({"note": "x" * 5000}, "4096"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused_by_the_name_of_the_claim(edge, changed, word):
    reply = edge.sign_in(edge.assertion(**changed))

    assert reply.status_code == 401
    assert reply.json()["error"] == "invalid_client"
    assert word in reply.json()["error_description"]
    assert not edge.once.seen


def bad_signatures(edge):
    claims = edge.claims()
    public = edge.key.as_pem(private=False)
    yield "another key", edge.assertion(key=OTHER_KEY)
    yield "another key under our kid", edge.assertion(key=OTHER_KEY, header={"kid": edge.key.kid})
    yield "unknown kid", edge.assertion(header={"kid": "unknown"}) + "A"
    yield "none", compact({"alg": "none", "typ": "JWT"}, claims, b"")
    yield "no alg", compact({"typ": "JWT"}, claims)
    yield "alg is a number", compact({"alg": 256, "typ": "JWT"}, claims)
    signed = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}"
    mac = hmac.digest(public, signed.encode(), "sha256")
    yield "HMAC under the public key", f"{signed}.{encoded(mac)}"
    yield "RSA", edge.assertion(key=RSA_KEY, header={"alg": "RS256"})
    yield "zero signature", compact({"alg": "ES256", "typ": "JWT"}, claims)
    yield "an access token's type", edge.assertion(header={"typ": "at+jwt"})
    yield (
        "a key in its header",
        edge.assertion(key=OTHER_KEY, header={"jwk": OTHER_KEY.as_dict(private=False)}),
    )
    yield (
        "critical parameter",
        compact({"alg": "ES256", "typ": "JWT", "crit": ["b64"], "b64": False}, claims),
    )
    yield "two parts", edge.assertion().rpartition(".")[0]
    yield "no JWS", "made-up"
    yield "not ASCII", "户籍.户籍.户籍"
    yield "payload is a list", compact({"alg": "ES256", "typ": "JWT"}, [claims])
    yield "payload is deep", compact({"alg": "ES256", "typ": "JWT"}, b"[" * 2500)
    yield "header is deep", f"{encoded(b'[' * 500)}.{encoded(claims)}.{encoded(b'x')}"


@pytest.mark.parametrize("number", range(18))
def test_an_assertion_that_no_registered_key_signed_with_es256_is_refused(edge, number):
    cases = list(bad_signatures(edge))
    assert len(cases) == 18
    _, assertion = cases[number]

    reply = edge.sign_in(assertion)

    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")
    assert not edge.once.seen


def test_an_unknown_client_and_a_wrong_key_are_told_the_same(edge):
    unknown = edge.sign_in(edge.assertion(iss="nobody-here", sub="nobody-here"))
    wrong = edge.sign_in(edge.assertion(key=OTHER_KEY))

    assert unknown.json() == wrong.json()


def test_an_assertion_works_once(edge):
    assertion = edge.assertion()

    assert edge.sign_in(assertion).status_code == 200
    again = edge.sign_in(assertion)

    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert "used before" in again.json()["error_description"]


def test_nobody_signs_in_while_it_cannot_be_known_whether_an_assertion_was_used(edge):
    edge.once.problem = StoreUnavailableError("The database does not accept connections.")

    reply = edge.sign_in()

    assert (reply.status_code, reply.json()["error"]) == (503, "temporarily_unavailable")
    assert reply.headers["retry-after"] == "1"


def test_clocks_may_differ_by_thirty_seconds_and_no_more(edge):
    now = int(edge.clock.now.timestamp())

    assert edge.sign_in(edge.assertion(iat=now + 30, exp=now + 330)).status_code == 200
    assert edge.sign_in(edge.assertion(iat=now + 31)).status_code == 401
    assert edge.sign_in(edge.assertion(exp=now - 29)).status_code == 200
    assert edge.sign_in(edge.assertion(exp=now - 30)).status_code == 401


@pytest.mark.parametrize(
    "details",
    [
        None,
        "",
        "PUSH",
        "{}",
        "[]",
        '[{"type": "hub_query"}]',
        '[{"type": "hub_query", "purpose": "CURIOSITY"}]',
        '[{"type": "hub_query", "purpose": ["PUSH"]}]',
        '[{"type": "payment", "purpose": "PUSH"}]',
        '[{"type": "hub_query", "purpose": "PUSH", "locations": ["x"]}]',
        '[{"type": "hub_query", "purpose": "PUSH"}, {"type": "hub_query", "purpose": "CASE"}]',
        '[{"type": "hub_query", "purpose": "AUDIT"}]',
    ],
)
def test_a_token_is_for_exactly_one_purpose_that_the_client_is_registered_for(edge, details):
    reply = edge.sign_in(authorization_details=details)

    assert reply.status_code == 400
    assert reply.json()["error"] == "invalid_authorization_details"


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_assertion": None}, 401, "invalid_client"),
        ({"client_assertion_type": "jwt"}, 401, "invalid_client"),
        ({"client_id": "another-system"}, 401, "invalid_client"),
        ({"padding": "x" * 20_000}, 413, "invalid_request"),
    ],
)
def test_a_form_that_is_wrong_gets_the_error_of_the_standard(edge, changed, status, error):
    form = {name: value for name, value in (edge.form() | changed).items() if value is not None}

    reply = edge.http.post(TOKEN_PATH, data=form)

    assert (reply.status_code, reply.json()["error"]) == (status, error)


def test_scope_and_our_own_client_id_change_nothing(edge):
    assert edge.sign_in(scope="everything", client_id=CLIENT).status_code == 200


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("grant_type=client_credentials&grant_type=client_credentials", None),
        ("grant_type", None),
        ("grant_type=%ff", None),
        ("&".join(f"a{n}=b" for n in range(21)), None),
        ("户籍=1", None),
        ('{"grant_type": "client_credentials"}', "application/json"),
    ],
)
def test_what_is_no_form_is_an_invalid_request(edge, body, media_type):
    headers = {"content-type": media_type or "application/x-www-form-urlencoded"}

    reply = edge.http.post(TOKEN_PATH, content=body.encode(), headers=headers)

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


def test_a_form_under_another_media_type_is_an_invalid_request(edge):
    body = urlencode(edge.form())

    reply = edge.http.post(TOKEN_PATH, content=body, headers={"content-type": "text/plain"})

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


def test_the_token_endpoint_takes_post_only(edge):
    reply = edge.http.get(TOKEN_PATH)

    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert reply.json()["error"] == "invalid_request"


def test_the_published_keys_have_no_private_half(edge):
    (key,) = edge.http.get(JWKS_PATH).json()["keys"]

    assert key["kty"] == "EC"
    assert "d" not in key


def test_the_metadata_is_valid_and_says_where_things_are(edge):
    content = edge.http.get(METADATA_PATH).json()

    assert content["token_endpoint"] == ISSUER + TOKEN_PATH
    assert content["jwks_uri"] == ISSUER + JWKS_PATH
    # Authlib wants a response type; without an authorization endpoint there is none to offer.
    checked = server_metadata("https://hub.example") | {"response_types_supported": ["none"]}
    AuthorizationServerMetadata(checked).validate()


@pytest.mark.anyio
async def test_a_token_request_that_does_not_arrive_is_408(tmp_path):
    limits = Limits(body_timeout_s=0.05)
    edge = await anyio.to_thread.run_sync(lambda: new_edge(tmp_path, limits=limits))
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "method": "POST", "path": TOKEN_PATH, "headers": headers}
    sent = []

    async def send(message):
        sent.append(message)

    with anyio.fail_after(5):
        await edge.http.app(
            scope | {"query_string": b"", "root_path": ""}, anyio.sleep_forever, send
        )

    assert sent[0]["status"] == 408
