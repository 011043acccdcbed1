from dataclasses import replace

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.http.routes import token_issuer
from tests.support.edge import CLIENT, ISSUER, new_edge

CHALLENGES = 'Bearer realm="hub", DPoP realm="hub", algs="ES256"'
OTHER_KEY = ECKey.generate_key("P-256")


def ask_with(edge, token, **headers):
    sent = {"authorization": f"Bearer {token}"} | headers
    return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=sent)


def made(edge, *, key=None, header=None, **changed):
    """Return a token as the hub makes it, some of it changed."""
    issuer = token_issuer(edge.parts)
    now = int(edge.clock.now.timestamp())
    claims = {
        "iss": ISSUER,
        "sub": CLIENT,
        "aud": f"{ISSUER}/graphql",
        "client_id": CLIENT,
        "iat": now,
        "exp": now + 600,
        "jti": "one",
        "department": "medical-insurance",
        "role": "clerk",
        "authorization_details": [{"type": "hub_query", "purpose": "PUSH"}],
    } | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    head = {"alg": "ES256", "typ": "at+jwt"} | (header or {})
    return jwt.encode(
        head, claims, key or issuer.signing.at(edge.clock.now).key, algorithms=[head["alg"]]
    )


def test_the_caller_is_who_the_token_says(edge):
    assert ask_with(edge, made(edge)).status_code == 200

    (request,) = edge.queries.asked
    caller = request.caller
    assert (caller.department, caller.role, caller.purpose) == (
        "medical-insurance",
        "clerk",
        "PUSH",
    )
    assert (caller.client_id, caller.actor, caller.case) == (CLIENT, None, None)


def test_case_and_actor_come_with_each_request_and_are_not_remembered(edge):
    token = made(edge)
    ask_with(edge, token, **{"hub-case": "C-2026/17", "hub-actor": "clerk:41"})
    ask_with(edge, token)

    first, second = (request.caller for request in edge.queries.asked)
    assert (first.case, first.actor) == ("C-2026/17", "clerk:41")
    assert (second.case, second.actor) == (None, None)


@pytest.mark.parametrize("name", ["hub-case", "hub-actor"])
@pytest.mark.parametrize(
    "value",
    [
        "690101199001011234",
        "69010119900101123x",
        "case-690101-19900101-1234",
        "690101900101123",
        "12900012345",
        "actor 7",
        "x" * 65,
        "",
        "-",
        "张",
    ],
)
def test_a_case_or_actor_that_is_no_opaque_id_is_refused_and_not_repeated(edge, name, value):
    reply = ask_with(edge, made(edge), **{name: value.encode()})

    assert reply.status_code == 400
    assert reply.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert not value or len(value) < 2 or value not in reply.text
    assert not edge.queries.asked


def test_without_a_token_the_challenge_has_no_error_code(edge):
    reply = edge.http.post("/graphql", json={"query": "{ __typename }"})

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == CHALLENGES
    assert reply.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize("header", ["Basic eDp5", "Dpop2 abc", "Bearerabc"])
def test_another_scheme_counts_as_no_token(edge, header):
    reply = edge.http.post("/graphql", json={}, headers={"authorization": header})

    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, CHALLENGES)


@pytest.mark.parametrize("header", ["Bearer ", "Bearer a b"])
def test_a_malformed_authorization_header_is_a_bad_request(edge, header):
    sent = {"authorization": header}
    reply = edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=sent)

    assert reply.status_code == 400
    assert "must be Bearer" in reply.text


def test_two_authorization_headers_are_a_bad_request(edge):
    pairs = [("authorization", f"Bearer {made(edge)}")] * 2

    reply = edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=pairs)

    assert reply.status_code == 400
    assert "authorization stands more than once" in reply.text


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "https://elsewhere.example"},
        {"aud": ISSUER},
        {"exp": 1_500_000_000},
        {"exp": None},
        {"iat": 9_999_999_000},
        {"nbf": 9_999_999_000},
        {"sub": "another-system"},
        {"client_id": "another-system", "sub": "another-system"},
        {"client_id": None},
        {"department": "civil-affairs"},
        {"department": None},
        {"role": "officer"},
        {"role": ["clerk"]},
        {"jti": None},
        {"authorization_details": None},
        {"authorization_details": [{"type": "hub_query", "purpose": "CURIOSITY"}]},
        {"authorization_details": [{"type": "hub_query", "purpose": "AUDIT"}]},
        {"authorization_details": [{"type": "payment", "purpose": "PUSH"}]},
        {"padding": "x" * 5000},
    ],
)
def test_a_token_that_says_anything_else_is_invalid(edge, changed):
    reply = ask_with(edge, made(edge, **changed))

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith('Bearer realm="hub", error="invalid_token"')
    assert not edge.queries.asked


@pytest.mark.parametrize(
    "forge",
    [
        lambda edge: made(edge, key=OTHER_KEY),
        lambda edge: made(edge, header={"typ": "JWT"}),
        lambda edge: made(edge, header={"kid": "unknown"}),
        lambda edge: made(edge, header={"jku": "https://elsewhere.example/jwks"}),
        lambda edge: made(edge)[:-8] + "AAAAAAAA",
        lambda edge: edge.assertion(),
        lambda edge: "x",
        lambda edge: "a.b.c",
    ],
)
def test_a_token_that_the_hub_did_not_sign_as_one_is_invalid(edge, forge):
    assert ask_with(edge, forge(edge)).status_code == 401
    assert not edge.queries.asked


def test_a_token_that_was_good_a_moment_ago_expires_all_the_same(edge):
    token = made(edge)
    assert ask_with(edge, token).status_code == 200
    edge.clock.forward(599)
    assert ask_with(edge, token).status_code == 200
    edge.clock.forward(1)

    assert ask_with(edge, token).status_code == 401
    assert ask_with(edge, token).status_code == 401
    assert len(edge.queries.asked) == 2


def test_only_so_many_tokens_are_remembered(tmp_path):
    edge = new_edge(tmp_path)
    edge = new_edge(tmp_path, limits=replace(edge.parts.limits, max_cached_tokens=2))
    authenticator = edge.http.app.routes[0].app.handlers["POST"].__self__.authenticator
    tokens = [made(edge, jti=str(number)) for number in range(3)]

    for token in (*tokens, tokens[0]):
        assert ask_with(edge, token).status_code == 200

    assert list(authenticator._known) == [tokens[2], tokens[0]]
