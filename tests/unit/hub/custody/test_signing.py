"""A signing key is announced, signs, verifies what it signed, and goes: by the clock alone."""

from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import KeySet

from hub.custody.rotation import KeyInUseError
from hub.custody.signing import AHEAD, SigningCustodian
from hub.errors import AuditUnavailableError, KeysUnavailableError, SetupError
from hub.sealing.keyring import KeyKind, Keyring, KeyStatus
from hub.sealing.signing import KEPT, MessageSigner, SigningKeys
from tests.fakes.audit_log import Break, FakeLog
from tests.support.edge import new_edge

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
AT = NOW + AHEAD[KeyKind.TOKEN]
ENDED = AT + KEPT[KeyKind.TOKEN]
TOKEN = KeyKind.TOKEN


@pytest.fixture
def keyring(tmp_path):
    ring = Keyring.open_or_create(tmp_path / "keys")
    for kind in (KeyKind.TOKEN, KeyKind.OUTBOUND):
        ring.ensure(kind)
    return ring


@pytest.fixture
def custodian(keyring):
    return SigningCustodian(keyring, FakeLog(), "op-7")


def seen(keyring, now, kind=TOKEN):
    """Return which version signs, and which verify."""
    signing = SigningKeys(keyring, kind, KEPT[kind]).at(now)
    return _version(signing.key), [_version(key) for key in signing.keys.keys]


def _version(key):
    return int(key.kid.rpartition("-")[2])


async def test_a_key_is_published_before_it_signs_and_verifies_until_its_last_token_ends(
    keyring, custodian
):
    await custodian.announce(TOKEN, NOW, None)
    moment = timedelta(seconds=1)

    assert seen(keyring, NOW) == (1, [1, 2])
    assert seen(keyring, AT - moment) == (1, [1, 2])
    assert seen(keyring, AT) == (2, [1, 2])
    assert seen(keyring, ENDED - moment) == (2, [1, 2])
    assert seen(keyring, ENDED) == (2, [2])


async def test_every_process_sees_the_same_without_being_told(keyring, custodian, tmp_path):
    other = Keyring.open(tmp_path / "keys")
    await custodian.announce(TOKEN, NOW, timedelta(seconds=5))
    other.look()

    for after in (0, 4, 5, 100):
        now = NOW + timedelta(seconds=after)
        assert seen(other, now) == seen(keyring, now)


async def test_what_the_clock_has_done_is_written_down_and_the_old_key_destroyed(
    keyring, custodian
):
    await custodian.announce(TOKEN, NOW, None)
    assert await custodian.settle(AT - timedelta(seconds=1)) == []

    (signs,) = await custodian.settle(AT)
    before = seen(keyring, AT)
    assert (signs.version, signs.status) == (2, KeyStatus.PRIMARY)
    (gone,) = await custodian.settle(ENDED)
    assert (gone.version, gone.status, gone.secret) == (1, KeyStatus.RETIRED, b"")

    assert before == (2, [1, 2])
    assert seen(keyring, ENDED) == (2, [2])
    assert await custodian.settle(ENDED + timedelta(days=1)) == []
    steps = [custodian.log.record(n) for n in range(3)]
    assert [(s["act"], s["version"], s["by"]) for s in steps] == [
        ("announce", 2, "op-7"),
        ("primary", 2, "op-7"),
        ("retired", 1, "op-7"),
    ]


async def test_both_at_once_when_nobody_wrote_it_down_for_long(keyring, custodian):
    await custodian.announce(TOKEN, NOW, None)

    done = await custodian.settle(ENDED + timedelta(days=9))

    assert [(k.version, k.status) for k in done] == [
        (2, KeyStatus.PRIMARY),
        (1, KeyStatus.RETIRED),
    ]
    assert seen(keyring, ENDED) == (2, [2])


async def test_one_key_is_announced_at_a_time_and_not_too_late(keyring, custodian):
    with pytest.raises(SetupError):
        await custodian.announce(TOKEN, NOW, timedelta(seconds=4))
    await custodian.announce(TOKEN, NOW, None)
    with pytest.raises(KeyInUseError):
        await custodian.announce(TOKEN, NOW, None)
    await custodian.announce(KeyKind.OUTBOUND, NOW, None)
    await custodian.announce(TOKEN, AT, None)

    assert seen(keyring, AT + AHEAD[TOKEN]) == (3, [1, 2, 3])


@pytest.mark.parametrize("breaks", Break)
async def test_what_is_not_on_record_is_not_done(keyring, custodian, breaks):
    custodian.log.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await custodian.announce(TOKEN, NOW, None)
    assert seen(keyring, AT) == (1, [1])

    custodian.log.breaks = None
    await custodian.announce(TOKEN, NOW, None)
    custodian.log.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await custodian.settle(ENDED)
    custodian.log.breaks = None
    assert len(await custodian.settle(ENDED)) == 2


def test_without_any_key_nothing_is_signed(tmp_path):
    ring = Keyring.open_or_create(tmp_path)
    with pytest.raises(KeysUnavailableError):
        SigningKeys(ring, TOKEN, KEPT[TOKEN]).at(NOW)


async def test_receivers_are_given_the_next_key_before_messages_are_signed_with_it(
    keyring, custodian
):
    now = [NOW]
    signer = MessageSigner(keyring, lambda: now[0])
    await custodian.announce(KeyKind.OUTBOUND, NOW, None)
    given = KeySet.import_key_set(signer.jwks())
    before = signer.sign(b"{}")
    now[0] += AHEAD[KeyKind.OUTBOUND]
    after = signer.sign(b"{}")

    assert [key.kid for key in given.keys] == ["hub-outbound-signing-1", "hub-outbound-signing-2"]
    assert before.partition(".")[0] != after.partition(".")[0]


async def test_tokens_of_both_keys_are_taken_while_the_old_ones_live(tmp_path):
    edge = new_edge(tmp_path)
    custodian = SigningCustodian(edge.parts.keyring, FakeLog(), "op-7")

    def ask(token):
        headers = {"authorization": f"Bearer {token}"}
        return edge.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    def published():
        return [key["kid"] for key in edge.http.get("/oauth/jwks").json()["keys"]]

    old = edge.sign_in().json()["access_token"]
    await custodian.announce(TOKEN, edge.clock.now, timedelta(seconds=60))
    assert published() == ["hub-token-signing-1", "hub-token-signing-2"]
    edge.clock.forward(60)
    new = edge.sign_in().json()["access_token"]

    assert old.partition(".")[0] != new.partition(".")[0]
    assert (ask(old).status_code, ask(new).status_code) == (200, 200)
    edge.clock.forward(660)
    assert published() == ["hub-token-signing-2"]
    assert ask(edge.sign_in().json()["access_token"]).status_code == 200
