"""The demonstration's provider signs in made-up people, at the demonstration's own hub only."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from hub.demo.identity import BASE_PATH, HUB, PEOPLE, with_identity
from hub.errors import SetupError
from hub.http.jose import verify
from hub.http.routes import router
from tests.support.edge import ISSUER, new_edge

BOUND = ("127.0.0.1", 8700)
VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
ASKED = {
    "client_id": HUB,
    "redirect_uri": f"{ISSUER}/session/callback",
    "response_type": "code",
    "state": "state-1",
    "nonce": "nonce-1",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


@pytest.fixture
def edge(tmp_path):
    return new_edge(tmp_path)


@pytest.fixture
def http(edge):
    parts, more = with_identity(edge.parts, BOUND)
    return TestClient(router(parts, more), follow_redirects=False)


def chosen(http, person="auditor-1", **changed):
    """Return what the browser is sent back with."""
    query = urlencode(ASKED | {"person": person} | changed)
    return http.get(f"{BASE_PATH}/authorize?{query}")


def code_of(reply):
    return dict(parse_qsl(urlsplit(reply.headers["location"]).query))


def exchanged(http, code, **changed):
    form = {
        "grant_type": "authorization_code",
        "client_id": HUB,
        "redirect_uri": ASKED["redirect_uri"],
        "code": code,
        "code_verifier": VERIFIER,
    } | changed
    return http.post(f"{BASE_PATH}/token", data=form)


def test_the_page_lists_the_made_up_people_and_their_choice_is_worth_an_id_token_once(http):
    page = http.get(f"{BASE_PATH}/authorize?{urlencode(ASKED)}")
    assert all(f'id="{person.id}"' in page.text for person in PEOPLE)
    assert "<script" not in page.text

    back = code_of(chosen(http))
    reply = exchanged(http, back["code"])

    assert (back["state"], back["iss"]) == ("state-1", ISSUER + BASE_PATH)
    keys = KeySet.import_key_set(http.get(f"{BASE_PATH}/jwks").json())
    claims = verify(reply.json()["id_token"], keys, {"jwt"})
    assert (claims["sub"], claims["aud"], claims["nonce"]) == ("auditor-1", HUB, "nonce-1")
    assert exchanged(http, back["code"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"nonce": ""},
    ],
)
def test_nobody_but_the_hub_gets_a_code(http, changed):
    reply = chosen(http, **changed)

    assert reply.status_code == 400
    assert "location" not in reply.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"client_id": "another"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"code": "x"},
    ],
)
def test_a_code_is_for_who_asked_for_it(http, changed):
    reply = exchanged(http, **({"code": code_of(chosen(http))["code"]} | changed))

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")


def test_a_code_has_a_minute(edge, http):
    code = code_of(chosen(http))["code"]
    edge.clock.forward(60)

    assert exchanged(http, code).json()["error"] == "invalid_grant"


def test_its_key_is_none_that_the_hub_signs_with(edge, http):
    hub = http.get("/oauth/jwks").json()["keys"]

    assert http.get(f"{BASE_PATH}/jwks").json()["keys"][0]["x"] not in [key["x"] for key in hub]


@pytest.mark.parametrize(
    ("host", "address"), [("10.0.0.7", ISSUER), ("127.0.0.1", "https://hub.example")]
)
def test_nothing_is_mounted_where_others_could_reach_it(edge, host, address):
    with pytest.raises(SetupError, match="loopback"):
        with_identity(replace(edge.parts, issuer=address), (host, 8700))
