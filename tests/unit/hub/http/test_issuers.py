import asyncio
import json
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from joserfc import jws, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey

from hub.errors import KeysUnavailableError, SetupError
from hub.http.issuer_keys import (
    FRESH_S,
    KEPT_S,
    LOOKS,
    LOOKS_IN_S,
    MAX_KEYS_BYTES,
    RETRY_S,
    FetchError,
    KeySources,
    NoKeysError,
    fetched,
    usable_keys,
)
from hub.http.issuers import MAX_LIFETIME_S, SKEW_S, load_issuers, read_issuers
from hub.http.routes import token_issuer
from tests.support.edge import CLIENT, ISSUER, new_edge
from tests.support.proofs import Prover

CITY = "https://identity.city.example"
KEYS = {
    "ES256": ECKey.generate_key("P-256", {"kid": "city-1"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "city-2"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "city-3"}),
}
KEYS["PS256"] = KEYS["RS256"]
NAMES = f'clients = {{ desk-7 = "{CLIENT}" }}'


def jwks(*keys):
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


class City:
    """An outside issuer: what lies at its address, and how often somebody looked."""

    def __init__(self, *keys):
        self.content = jwks(*(keys or (KEYS["ES256"],)))
        self.looks = 0
        self.now = 1000.0

    async def fetch(self, url):
        self.looks += 1
        if isinstance(self.content, Exception):
            raise self.content
        return self.content

    def file(self, more="", *, algorithms=("ES256",), clients=NAMES):
        return "\n".join(
            (
                "[[issuer]]",
                'id = "city"',
                f'issuer = "{CITY}"',
                'audience = "urn:hub"',
                f"algorithms = {json.dumps(list(algorithms))}",
                'jwks_url = "https://identity.city.example/keys"' if "jwks_" not in more else "",
                clients,
                more,
            )
        )

    def edge(self, folder, *args, **settings):
        first = new_edge(folder)
        sources = KeySources(folder, self.fetch, lambda: self.now)
        issuers = load_issuers(self.file(*args, **settings), sources, first.parts.clients, ISSUER)
        return new_edge(folder, key=first.key, outside=issuers)


def claims_of(edge, **changed):
    now = int(edge.clock.now.timestamp())
    claims = {
        "iss": CITY,
        "sub": "desk-7",
        "aud": "urn:hub",
        "client_id": "desk-7",
        "iat": now,
        "exp": now + 600,
        "jti": "one",
        "authorization_details": [{"type": "hub_query", "purpose": "PUSH"}],
    } | changed
    return {name: value for name, value in claims.items() if value is not None}


def made(edge, alg="ES256", *, key=None, header=None, **changed):
    key = key or KEYS[alg]
    head = {"alg": alg, "typ": "at+jwt", "kid": key.kid} | (header or {})
    registry = jws.JWSRegistry(algorithms=list(KEYS))
    if alg == "EdDSA":
        with pytest.warns(SecurityWarning, match="EdDSA"):
            return jwt.encode(head, claims_of(edge, **changed), key, registry=registry)
    return jwt.encode(head, claims_of(edge, **changed), key, registry=registry)


def ask(edge, token, scheme="Bearer", **headers):
    sent = {"authorization": f"{scheme} {token}"} | headers
    return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=sent)


@pytest.fixture
def city():
    return City()


@pytest.mark.parametrize("alg", sorted(KEYS))
def test_a_token_of_a_trusted_issuer_is_its_clients_in_the_registered_role(tmp_path, alg):
    edge = City(KEYS[alg]).edge(tmp_path, algorithms=[alg])

    assert ask(edge, made(edge, alg)).status_code == 200

    (request,) = edge.queries.asked
    caller = request.caller
    assert (caller.client_id, caller.department, caller.role, caller.purpose) == (
        CLIENT,
        "medical-insurance",
        "clerk",
        "PUSH",
    )


def test_the_hubs_own_tokens_are_taken_as_before(tmp_path, city):
    edge = city.edge(tmp_path)

    assert ask(edge, edge.sign_in().json()["access_token"]).status_code == 200
    assert city.looks == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"iss": CITY + "/"},
        {"iss": ISSUER},
        {"aud": ISSUER},
        {"aud": None},
        {"exp": 1_500_000_000},
        {"exp": None},
        {"iat": None},
        {"iat": 9_999_999_000},
        {"nbf": 9_999_999_000},
        {"sub": None},
        {"sub": ["desk-7"]},
        {"client_id": None},
        {"client_id": "desk-8"},
        {"client_id": CLIENT},
        {"client_id": ["desk-7"]},
        {"jti": None},
        {"jti": 7},
        {"authorization_details": None},
        {"authorization_details": [{"type": "hub_query", "purpose": "AUDIT"}]},
        {"authorization_details": [{"type": "hub_query", "purpose": "PUSH", "all": True}]},
        {"cnf": {"kid": "one"}},
    ],
)
def test_a_token_that_says_anything_else_is_refused(tmp_path, city, changed):
    edge = city.edge(tmp_path)

    reply = ask(edge, made(edge, **changed))

    assert reply.status_code == 401
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]
    assert not edge.queries.asked


@pytest.mark.parametrize(
    "forge",
    [
        lambda edge: made(edge, key=ECKey.generate_key("P-256", {"kid": "city-1"})),
        lambda edge: made(edge, "RS256", header={"kid": "city-1"}),
        lambda edge: made(edge, "RS256"),
        lambda edge: made(edge, header={"typ": "JWT"}),
        lambda edge: made(edge, header={"jwk": KEYS["ES256"].as_dict(private=False)}),
        lambda edge: made(edge, header={"jku": CITY}),
        lambda edge: made(edge, key=token_issuer(edge.parts).signing.at(edge.clock.now).key),
        lambda edge: made(edge)[:-8] + "AAAAAAAA",
    ],
)
def test_a_token_that_the_issuer_did_not_sign_as_it_must_is_refused(tmp_path, forge):
    edge = City(KEYS["ES256"], KEYS["RS256"]).edge(tmp_path)

    assert ask(edge, forge(edge)).status_code == 401
    assert not edge.queries.asked


def test_the_issuers_key_does_not_sign_for_the_hub_itself(tmp_path, city):
    edge = city.edge(tmp_path)
    own = {
        "iss": ISSUER,
        "aud": f"{ISSUER}/graphql",
        "client_id": CLIENT,
        "sub": CLIENT,
        "department": "medical-insurance",
        "role": "clerk",
    }

    assert ask(edge, made(edge, **own)).status_code == 401


def test_a_token_that_lives_long_or_is_dated_ahead_is_refused(tmp_path, city):
    edge = city.edge(tmp_path)
    now = int(edge.clock.now.timestamp())

    for changed, status in (
        ({"exp": now + MAX_LIFETIME_S}, 200),
        ({"exp": now + MAX_LIFETIME_S + 1}, 401),
        ({"iat": now + SKEW_S}, 200),
        ({"iat": now + SKEW_S + 1}, 401),
        ({"exp": now}, 401),
    ):
        assert ask(edge, made(edge, **changed)).status_code == status, changed


def test_claims_are_found_under_the_names_that_the_operator_gives(tmp_path, city):
    names = (
        'client_claim = "azp"\ndepartment_claim = "unit"\nrole_claim = "post"\n'
        'purpose_claim = "why"'
    )
    edge = city.edge(tmp_path, names)
    good = {
        "client_id": "proxy",
        "azp": "desk-7",
        "unit": "medical-insurance",
        "post": "clerk",
        "why": "CASE",
        "authorization_details": None,
    }

    assert ask(edge, made(edge, **good)).status_code == 200
    for wrong in (
        {"azp": None},
        {"unit": "civil-affairs"},
        {"unit": None},
        {"post": "officer"},
        {"why": "AUDIT"},
        {"why": "CURIOSITY"},
        {"why": ["CASE"]},
        {"why": None},
        {"authorization_details": [{"type": "hub_query", "purpose": "PUSH"}]},
    ):
        assert ask(edge, made(edge, **(good | wrong))).status_code == 401, wrong


def test_what_an_outside_token_is_bound_to_is_proven_as_with_ours(tmp_path, city):
    edge = city.edge(tmp_path)
    prover = Prover(edge)
    prover.token()  # and so a nonce is known
    token = made(edge, cnf={"jkt": prover.key.thumbprint()})

    assert ask(edge, token).status_code == 401
    assert prover.ask(token, prover.proof(token=token)).status_code == 200
    thief = Prover(edge, nonce=prover.nonce)
    assert prover.ask(token, thief.proof(token=token)).status_code == 401


def test_keys_are_looked_up_once_and_kept(tmp_path, city):
    edge = city.edge(tmp_path)

    for number in range(5):
        assert ask(edge, made(edge, jti=str(number))).status_code == 200

    assert city.looks == 1


def test_a_new_key_is_found_at_once_but_no_more_than_twice_a_minute(tmp_path, city):
    edge = city.edge(tmp_path)
    ask(edge, made(edge))
    unheard = ECKey.generate_key("P-256", {"kid": "city-9"})
    for _ in range(5):
        assert ask(edge, made(edge, key=unheard)).status_code == 401
    assert city.looks == 1 + LOOKS

    city.now += LOOKS_IN_S
    city.content = jwks(KEYS["ES256"], unheard)

    assert ask(edge, made(edge, key=unheard)).status_code == 200
    assert city.looks == 2 + LOOKS


def test_an_issuer_changes_its_key_twice_at_once_and_no_request_fails(tmp_path, city):
    edge = city.edge(tmp_path)
    old, seen = KEYS["ES256"], []
    for number in range(12):
        if number in {4, 8}:
            new = ECKey.generate_key("P-256", {"kid": f"city-{number}"})
            city.content = jwks(old, new)
            seen += [ask(edge, made(edge, key=old, jti=f"last of {number}")).status_code]
            old = new
        seen += [ask(edge, made(edge, key=old, jti=str(number))).status_code]

    assert set(seen) == {200}
    assert city.looks == 3


def test_while_the_issuer_does_not_answer_its_keys_are_kept_for_an_hour(tmp_path, city):
    edge = city.edge(tmp_path)
    ask(edge, made(edge))
    city.content = FetchError("it answered 500")

    city.now += KEPT_S
    assert ask(edge, made(edge, jti="two")).status_code == 200
    city.now += RETRY_S
    reply = ask(edge, made(edge, jti="three"))

    assert reply.status_code == 503
    assert reply.json()["errors"][0]["extensions"]["code"] == KeysUnavailableError.code
    assert ask(edge, edge.sign_in().json()["access_token"]).status_code == 200
    assert city.looks == 3


def test_an_issuer_that_never_answered_is_not_asked_for_each_request(tmp_path, city):
    edge = city.edge(tmp_path)
    city.content = FetchError("it did not answer")

    for number in range(5):
        assert ask(edge, made(edge, jti=str(number))).status_code == 503

    assert city.looks == 1
    city.now += RETRY_S
    city.content = jwks(KEYS["ES256"])
    assert ask(edge, made(edge)).status_code == 200


def test_a_key_that_was_withdrawn_is_taken_no_more_after_a_while(tmp_path, city):
    edge = city.edge(tmp_path)
    token = made(edge, exp=int(edge.clock.now.timestamp()) + 3_000)
    assert ask(edge, token).status_code == 200
    city.content = jwks(ECKey.generate_key("P-256", {"kid": "city-9"}))
    city.now += FRESH_S

    edge.clock.now += timedelta(seconds=601)

    assert ask(edge, token).status_code == 401


def test_a_shared_or_private_key_is_never_taken_from_a_set():
    for bad in (
        b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]}',
        json.dumps({"keys": [KEYS["ES256"].as_dict(private=True)]}),
        b'{"keys": []}',
        b"[]",
        b"\xff",
        jwks(ECKey.generate_key("P-384")),
        jwks(OKPKey.generate_key("X25519")),
        jwks(KEYS["RS256"]),
        json.dumps({"keys": [KEYS["ES256"].as_dict(private=False)] * 33}),
        json.dumps({"keys": [KEYS["ES256"].as_dict(private=False) | {"use": "enc"}]}),
        json.dumps({"keys": [KEYS["ES256"].as_dict(private=False) | {"alg": "HS256"}]}),
    ):
        with pytest.raises(NoKeysError):
            usable_keys(bad, ["ES256"])
    with pytest.warns(SecurityWarning, match="2048"):
        short = RSAKey.generate_key(1024, auto_kid=True)
    with pytest.raises(NoKeysError):
        usable_keys(jwks(short), ["RS256"])
    assert len(usable_keys(jwks(KEYS["ES256"], KEYS["RS256"]), ["ES256"]).keys) == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (CITY, ISSUER, "the hub itself"),
        ('"ES256"', '"HS256"', "algorithms"),
        ('"ES256"', '"none"', "algorithms"),
        ('["ES256"]', "[]", "algorithms"),
        ("https://identity.city.example/keys", "http://identity.city.example/keys", "jwks_url"),
        ("https://identity.city.example/keys", "https://a:b@city.example/keys", "jwks_url"),
        ("https://identity.city.example/keys", "file:///etc/passwd", "jwks_url"),
        (CLIENT, "unheard-of", "unheard-of, which is not registered"),
        (NAMES, "clients = {}", "clients"),
        (NAMES, "", "clients"),
        ("[[issuer]]", "[issuer]", "[[issuer]]"),
        ('id = "city"', 'id = "city"\nsurprise = 1', "surprise"),
        ('jwks_url = "https://identity.city.example/keys"', "", "either jwks_file or jwks_url"),
        ("jwks_url", "jwks_file", "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name(tmp_path, city, old, new, said):
    clients = new_edge(tmp_path).parts.clients
    text = city.file()
    assert old in text

    with pytest.raises(SetupError, match="ssuer") as refused:
        load_issuers(text.replace(old, new), KeySources(tmp_path), clients, ISSUER)

    assert said in str(refused.value)


def test_keys_may_lie_in_a_file_beside_it_and_no_file_is_no_issuer(tmp_path, city):
    clients = new_edge(tmp_path).parts.clients
    place = tmp_path / "issuers.toml"
    assert read_issuers(place, clients, ISSUER) == {}
    (tmp_path / "city.jwks").write_bytes(jwks(KEYS["ES256"]))
    place.write_text(city.file('jwks_file = "city.jwks"'), "utf-8")

    issuers = read_issuers(place, clients, ISSUER)
    edge = new_edge(tmp_path, outside=issuers)

    assert ask(edge, made(edge)).status_code == 200


def test_the_same_issuer_stands_in_the_file_once(tmp_path, city):
    clients = new_edge(tmp_path).parts.clients

    with pytest.raises(SetupError, match="twice"):
        load_issuers(city.file() * 2, KeySources(tmp_path), clients, ISSUER)


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("location", "/keys")
            self.end_headers()
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        size = MAX_KEYS_BYTES + 1 if self.path == "/large" else 10
        self.wfile.write(b"x" * size)

    def log_message(self, *args):
        pass


@pytest.fixture
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.anyio
async def test_who_leaves_while_keys_are_fetched_keeps_nobody_from_them(tmp_path):
    fetching, looks = asyncio.Event(), []

    async def fetch(url):
        looks.append(url)
        if len(looks) == 1:
            fetching.set()
            await asyncio.Event().wait()
        return jwks(KEYS["ES256"])

    sources = KeySources(tmp_path, fetch, lambda: 1000.0)
    keys = sources.keys("[city]", "city", ["ES256"], None, f"{CITY}/keys")
    leaving = asyncio.create_task(keys.for_kid("city-1"))
    await asyncio.wait_for(fetching.wait(), 5)
    leaving.cancel()
    await asyncio.wait({leaving}, timeout=5)

    found = await keys.for_kid("city-1")

    assert [key.kid for key in found.keys] == ["city-1"]


async def test_what_is_fetched_comes_whole_and_small_and_from_no_other_place(address):
    assert await fetched(f"{address}/keys") == b"x" * 10
    for path in ("/moved", "/broken", "/large"):
        with pytest.raises(FetchError):
            await fetched(address + path)
    with pytest.raises(FetchError):
        await fetched("http://127.0.0.1:1/keys")
