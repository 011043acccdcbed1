import json

import pytest
from joserfc.jwk import ECKey

from hub.errors import SetupError, StoreUnavailableError
from hub.http.issuer_keys import KeySources
from hub.http.session_desk import ATTEMPT_S, TOKEN_LIFETIME_S
from hub.http.sessions import MAX_TOKENS
from hub.http.sign_in import load_sign_in, read_sign_in
from tests.support.edge import CLIENT, ISSUER, new_edge
from tests.support.openid import CALLBACK, Person, openid


@pytest.fixture
def provider():
    with openid() as serving:
        yield serving


@pytest.fixture
def edge(tmp_path, provider):
    return provider.edge(tmp_path)


@pytest.fixture
def person(edge, provider):
    return Person(edge, provider)


def ask(edge, token, **headers):
    sent = {"authorization": f"Bearer {token}"} | headers
    return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=sent)


def is_refused(reply):
    return (reply.status_code, reply.json()["code"]) == (403, "SIGN_IN_REFUSED")


def test_a_person_signs_in_and_asks_in_their_role_under_an_opaque_name(edge, person):
    back = person.sign_in(to="/access-log")

    assert (back.status_code, back.headers["location"]) == (303, "/access-log")
    assert [each["id"] for each in person.told()["roles"]] == ["auditing-person"]
    told = person.token().json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", TOKEN_LIFETIME_S)
    assert ask(edge, told["access_token"]).status_code == 200
    (request,) = edge.queries.asked
    caller = request.caller
    assert (caller.client_id, caller.department, caller.role, caller.purpose) == (
        "auditing-person", "audit-office", "auditor", "AUDIT",
    )  # fmt: skip
    assert caller.actor == person.told()["actor"] == "person:of-auditor-1"


def test_the_cookies_are_for_the_hub_alone(tmp_path, provider, person):
    begun = person.http.get("/session/sign-in").headers["set-cookie"]
    location = person.begin()
    got = person.back(location, provider.code(location)).headers.get_list("set-cookie")

    for cookie in (begun, got[0]):
        assert "; HttpOnly; SameSite=Lax" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
    assert got[0].startswith("hub-session=")
    assert got[1].startswith("hub-sign-in=;")
    over_tls = Person(provider.edge(tmp_path, issuer="https://hub.example"), provider)
    cookie = over_tls.http.get("/session/sign-in").headers["set-cookie"]
    assert cookie.startswith("__Host-hub-sign-in=")
    assert cookie.endswith("; Secure")


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(provider, person):
    first, second = person.begin(), person.begin()

    assert first.startswith(f"{provider.address}/authorize?")
    for part in ("response_type=code", "code_challenge_method=S256", "scope=openid", "nonce="):
        assert part in first
    assert first != second
    person.back(second, provider.code(second))
    assert provider.asked[0]["redirect_uri"] == CALLBACK


def test_a_callback_in_another_browser_is_refused_and_begins_no_session(edge, provider, person):
    location = person.begin()
    code = provider.code(location)
    victim = Person(edge, provider)

    assert is_refused(victim.back(location, code))
    victim.begin()
    assert is_refused(victim.back(location, code))
    assert victim.told()["actor"] is None
    assert not provider.asked
    assert person.back(location, code).status_code == 303


def test_a_callback_works_once(provider, person):
    location = person.begin()
    cookie = person.http.cookies["hub-sign-in"]
    code = provider.code(location)
    assert person.back(location, code).status_code == 303

    assert is_refused(person.back(location, code))  # the browser has no cookie any more
    person.http.cookies.set("hub-sign-in", cookie)
    assert is_refused(person.back(location, code))
    assert is_refused(person.back(location, provider.code(location)))
    assert len(provider.asked) == 1


def test_a_code_of_another_attempt_is_refused_by_its_challenge(provider, person):
    stolen = provider.code(person.begin())
    location = person.begin()

    assert is_refused(person.back(location, stolen))


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "x"},
        {"state": None},
        {"state": "é"},
        {"code": None},
        {"iss": "https://elsewhere.example"},
        {"error": "access_denied"},
    ],
)
def test_an_answer_that_is_not_as_it_must_be_is_refused(provider, person, changed):
    location = person.begin()

    assert is_refused(person.back(location, **({"code": provider.code(location)} | changed)))
    assert not provider.asked
    assert person.told()["actor"] is None


def test_an_attempt_has_ten_minutes(edge, provider, person):
    location = person.begin()
    edge.clock.forward(ATTEMPT_S)

    assert is_refused(person.back(location, provider.code(location)))


def test_the_time_and_page_of_an_attempt_cannot_be_changed_by_the_browser(edge, provider, person):
    location = person.begin()
    began, page, rest = person.http.cookies["hub-sign-in"].split(".")
    person.http.cookies.clear()
    person.http.cookies.set("hub-sign-in", f"{int(began) + 600}.{page}.{rest}")

    assert is_refused(person.back(location, provider.code(location)))


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["hub", "another"]},
        {"aud": None},
        {"exp": 1_500_000_000},
        {"exp": None},
        {"iat": 1_500_000_000},
        {"iat": 9_999_999_000},
        {"iat": None},
        {"sub": None},
        {"sub": ["auditor-1"]},
        {"roles": None},
        {"roles": []},
        {"roles": ["root", "Auditor"]},
        {"roles": {"auditor": True}},
        {"padding": "x" * 5_000},
    ],
)
def test_an_id_token_that_says_anything_else_lets_nobody_in(provider, person, changed):
    provider.changed = changed

    assert is_refused(person.sign_in())
    assert person.told()["actor"] is None


def test_an_id_token_is_signed_by_the_provider_and_is_no_access_token(provider, person):
    provider.signed_by = ECKey.generate_key("P-256", {"kid": "openid-1"})
    assert is_refused(person.sign_in())
    provider.signed_by = None
    for header in ({"typ": "at+jwt"}, {"kid": "x"}, {"jku": "https://elsewhere.example"}):
        provider.header = header
        assert is_refused(person.sign_in()), header
    provider.header = {}
    assert person.sign_in().status_code == 303


def test_a_provider_that_does_not_answer_is_503(provider, person):
    provider.status = 500

    reply = person.sign_in()

    assert (reply.status_code, reply.json()["code"]) == (503, "SIGN_IN_UNAVAILABLE")


def test_nobody_is_let_in_while_it_cannot_be_known_whether_the_attempt_was_used(edge, person):
    edge.once.problem = StoreUnavailableError("It is away.")

    assert person.sign_in().status_code == 503
    edge.once.problem = None
    assert person.told()["actor"] is None


def test_a_page_of_another_site_gets_no_token_and_ends_no_session(edge, person):
    person.sign_in()

    for headers in (
        {"origin": "https://elsewhere.example"},
        {"origin": None},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert person.token(**headers).status_code == 403, headers
    assert person.token(**{"content-type": "text/plain"}).status_code == 415
    assert person.end(origin="https://elsewhere.example").status_code == 403
    assert person.token().status_code == 200


@pytest.mark.parametrize(
    ("role", "purpose"),
    [
        ("officer-person", "WARN"),
        ("auditing-person", "WARN"),
        ("auditing-person", "CURIOSITY"),
        (CLIENT, "PUSH"),
        ("", "AUDIT"),
    ],
)
def test_a_token_is_for_a_role_that_the_person_has(person, role, purpose):
    person.sign_in()

    assert person.token(role, purpose).status_code == 400


def test_without_a_session_there_is_no_token(edge, person):
    assert person.token().status_code == 401
    person.http.cookies.set("hub-session", "x" * 43)
    assert person.token().status_code == 401
    assert person.told() == {"actor": None, "signInPath": "/session/sign-in", "roles": []}


def test_the_cookie_opens_nothing_but_the_paths_of_the_session(person):
    person.sign_in()

    assert person.http.post("/graphql", json={"query": "{ __typename }"}).status_code == 401
    assert person.http.get("/console/granted.json").status_code == 401


def test_a_session_ends_after_half_an_hour_without_use_and_after_eight_hours(edge, person):
    person.sign_in()
    for _ in range(16):
        edge.clock.forward(29 * 60)
        assert person.told()["actor"] is not None
    edge.clock.forward(16 * 60)
    assert person.told()["actor"] is None

    person.sign_in()
    edge.clock.forward(30 * 60)
    assert person.told()["actor"] is None


def test_signing_out_ends_the_session_and_its_tokens_and_offers_the_providers_end(
    edge, provider, person
):
    person.sign_in()
    cookie = person.http.cookies["hub-session"]
    token = person.token().json()["access_token"]
    assert ask(edge, token).status_code == 200

    ended = person.end()

    assert ended.json()["signOutAt"].startswith(f"{provider.address}/end?client_id=hub&post_logout")
    assert ask(edge, token).status_code == 401
    person.http.cookies.set("hub-session", cookie)
    assert person.told()["actor"] is None
    assert person.token().status_code == 401


def test_signing_in_again_ends_the_older_session_of_the_browser(edge, person):
    person.sign_in()
    old = person.http.cookies["hub-session"]
    token = person.token().json()["access_token"]

    person.sign_in()

    assert person.http.cookies["hub-session"] != old
    assert old not in edge.parts.sessions.living
    assert ask(edge, token).status_code == 401


def test_a_page_cannot_say_that_somebody_else_acts(edge, person):
    person.sign_in()
    token = person.token().json()["access_token"]

    for forged in ("person:of-auditor-2", "clerk:41", "person:of-auditor-1"):
        reply = ask(edge, token, **{"hub-actor": forged})
        assert reply.status_code == 400
    assert not edge.queries.asked
    assert ask(edge, token, **{"hub-case": "C-1"}).status_code == 200


def test_a_token_of_a_session_lives_five_minutes(edge, person):
    person.sign_in()
    token = person.token().json()["access_token"]
    edge.clock.forward(TOKEN_LIFETIME_S - 1)
    assert ask(edge, token).status_code == 200
    edge.clock.forward(1)

    assert ask(edge, token).status_code == 401


def test_a_session_has_only_so_many_living_tokens(person):
    person.sign_in()
    for _ in range(MAX_TOKENS):
        assert person.token().status_code == 200

    assert person.token().status_code == 401


def test_a_role_of_people_is_no_client_that_could_sign_in_by_a_key(edge):
    for key in (edge.key, ECKey.generate_key("P-256")):
        assertion = edge.assertion(key=key, iss="auditing-person", sub="auditing-person")
        assert edge.sign_in(assertion).status_code == 401


def test_only_pages_of_the_hub_are_come_back_to(person):
    for to in ("https://elsewhere.example", "//elsewhere.example", "/nowhere", ""):
        assert person.sign_in(to=to).headers["location"] == "/"


def test_the_hub_proves_itself_by_a_secret_or_by_a_key(tmp_path, provider):
    secret, key = tmp_path / "openid.secret", tmp_path / "openid.jwk"
    made = ECKey.generate_key("P-256", {"kid": "hub-1"})
    for place, text in ((secret, "s3cret\n"), (key, json.dumps(made.as_dict(private=True)))):
        place.write_text(text, "utf-8")
        place.chmod(0o600)

    Person(provider.edge(tmp_path, 'secret_file = "openid.secret"'), provider).sign_in()
    Person(provider.edge(tmp_path, 'key_file = "openid.jwk"'), provider).sign_in()

    by_secret, by_key = provider.asked
    assert by_secret["authorization"].startswith("Basic ")
    assert by_key["client_assertion"].count(".") == 2
    assert by_key["authorization"] is None


def test_where_nobody_can_sign_in_there_is_nothing(tmp_path):
    http = new_edge(tmp_path).http

    for path in ("/session", "/session/sign-in", "/session/callback"):
        assert http.get(path).status_code == 404
    for path in ("/session/token", "/session/end"):
        assert http.post(path, json={}, headers={"origin": ISSUER}).status_code == 404


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('client_id = "hub"', "", "client_id"),
        ('"ES256"', '"HS256"', "algorithms"),
        ('id = "auditing-person"', f'id = "{CLIENT}"', "is a client's"),
        ('claim = "officer"', 'claim = "auditor"', "stands twice"),
        ('purposes = ["AUDIT"]', "purposes = []", "purposes"),
        ("/authorize", "/authorize#x", "authorization_endpoint"),
        ("http://127.0.0.1", "http://identity.example", "must be https://"),
        ("[sign_in]", '[sign_in]\nsurprise = "x"', "surprise"),
        ("[sign_in]", '[sign_in]\nsecret_file = "none"', "none"),
        ("[sign_in]", '[sign_in]\nsecret_file = "a"\nkey_file = "b"', "not both"),
    ],
)
def test_a_sign_in_that_is_written_down_wrong_is_refused(tmp_path, provider, old, new, said):
    clients = new_edge(tmp_path).parts.clients
    text = provider.written()
    assert old in text

    with pytest.raises(SetupError) as refused:
        load_sign_in(text.replace(old, new), KeySources(tmp_path), clients, ISSUER)

    assert said in str(refused.value)


def test_the_file_is_the_one_of_the_issuers_and_need_not_be_there(tmp_path, provider):
    place = tmp_path / "issuers.toml"
    assert read_sign_in(place, {}, ISSUER) is None
    place.write_text(provider.written(), "utf-8")

    sign_in = read_sign_in(place, {}, ISSUER)

    assert sign_in is not None
    assert sorted(sign_in.clients) == ["auditing-person", "officer-person"]
