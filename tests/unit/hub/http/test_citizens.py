"""A portal's word on a citizen: whose key, for whom, how long, and once."""

from datetime import timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from hub.access import Caller
from hub.errors import StoreUnavailableError
from hub.http.citizens import CitizenAssertions
from hub.http.clients import load_clients, registry_entry
from hub.query.citizens import CitizenNotAssertedError
from tests.support.edge import START, FakeOnce, SetClock

pytestmark = pytest.mark.anyio
NUMBER = "690102199001010017"
HUB = "hub.example/log"
PORTAL = Caller("portal", "portal", "TRANSPARENCY", "portal-1")


class Scene:
    def __init__(self):
        self.key, self.other = (
            ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}) for _ in range(2)
        )
        for key in (self.key, self.other):
            key.ensure_kid()
        entries = [
            registry_entry(name, "portal", "portal", ["TRANSPARENCY"], key)
            for name, key in (("portal-1", self.key), ("portal-2", self.other))
        ]
        self.clock, self.once = SetClock(), FakeOnce()
        clients = load_clients("\n".join(entries), str)
        self.citizens = CitizenAssertions(clients, HUB, self.once, self.clock)

    def word(self, *, key=None, typ="citizen+jwt", **changed):
        now = int(START.timestamp())
        claims = {
            "iss": "portal-1", "sub": NUMBER, "aud": HUB, "iat": now, "exp": now + 60,
            "jti": "j-1",
        } | changed  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "typ": typ}, claims, key or self.key)


@pytest.fixture
def scene():
    return Scene()


async def test_a_good_word_names_the_citizen_once(scene):
    word = scene.word()

    assert await scene.citizens.number(word, PORTAL) == NUMBER
    with pytest.raises(CitizenNotAssertedError, match="used before"):
        await scene.citizens.number(word, PORTAL)


NOW = int(START.timestamp())


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "portal-2"},
        {"iss": None},
        {"sub": None},
        {"sub": 69},
        {"aud": "other.example/log"},
        {"aud": [HUB, "other.example/log"]},
        {"aud": None},
        {"exp": NOW - 31},
        {"exp": NOW + 151},
        {"exp": None},
        {"iat": NOW + 31},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "j" * 256},
        {"typ": "JWT"},
        {"typ": "client-authentication+jwt"},
    ],
)
async def test_a_word_that_breaks_a_rule_is_refused_without_saying_who_is_named(scene, changed):
    with pytest.raises(CitizenNotAssertedError) as refused:
        await scene.citizens.number(scene.word(**changed), PORTAL)

    assert NUMBER not in str(refused.value)
    assert scene.once.seen == set()


async def test_another_portals_key_or_client_is_not_believed(scene):
    with pytest.raises(CitizenNotAssertedError):
        await scene.citizens.number(scene.word(key=scene.other), PORTAL)
    with pytest.raises(CitizenNotAssertedError):
        await scene.citizens.number(
            scene.word(), Caller("portal", "portal", "TRANSPARENCY", "portal-2")
        )
    with pytest.raises(CitizenNotAssertedError):
        await scene.citizens.number(
            scene.word(), Caller("portal", "portal", "TRANSPARENCY", "portal-3")
        )
    with pytest.raises(CitizenNotAssertedError):
        await scene.citizens.number("no.token.here", PORTAL)


async def test_where_nobody_knows_whether_it_was_used_it_is_not_believed(scene):
    scene.once.problem = StoreUnavailableError("down")

    with pytest.raises(StoreUnavailableError):
        await scene.citizens.number(scene.word(), PORTAL)


async def test_a_word_is_remembered_for_longer_than_it_holds(scene):
    until = []

    async def use(client, jti, expires_at):
        until.append(expires_at)
        return True

    scene.once.use = use
    await scene.citizens.number(scene.word(), PORTAL)

    assert until[0] >= START + timedelta(seconds=60 + 30)
