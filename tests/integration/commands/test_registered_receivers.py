"""Receivers of messages that departments.toml names as clients: their keys are the registry's."""

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey

from hub.app import catalogue_of, opened, prepare
from hub.commands.receiver_keys import AsRegistered
from hub.commands.receivers import office_of, sender_of
from hub.errors import KeysUnavailableError, SetupError
from hub.http.client_desk import ClientDesk, Order, there
from hub.http.clients import public_parts
from hub.http.registrations import DatedKey, Registration, registered, with_encryption_key
from hub.http.registry import LiveClients
from hub.settings import Settings
from tests.fakes.audit_log import FakeLog
from tests.support.postgres import fresh_database
from tests.support.receivers import jwk_of, new_pair

pytestmark = [pytest.mark.anyio, pytest.mark.database]
INBOX = "education-inbox"


@pytest.fixture
def empty(postgres_server):
    with fresh_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture
async def core(empty, tmp_path):
    (tmp_path / "departments.toml").write_text(
        f'[receivers.education]\nurl = "http://127.0.0.1:9/x"\nclient = "{INBOX}"\n'
        'encryption = "message"\n'
    )
    settings = Settings(home=tmp_path, database_url=empty)
    await prepare(settings, catalogue_of(settings))
    async with opened(settings) as made:
        yield made


async def test_a_key_that_is_registered_while_the_hub_serves_is_used_from_then_on(core):
    clients = await LiveClients.opened(core.settings.clients_file, core.database)
    (receiver,) = office_of(core, clients).receivers
    with pytest.raises(KeysUnavailableError, match="education has no encryption key"):
        receiver.encrypt(b"text")

    signing = public_parts(ECKey.generate_key("P-256"))
    made = Registration("education", "clerk", ["PUSH"], [DatedKey(signing)])
    desk = ClientDesk(core.database, FakeLog(), core.clock, {})
    await desk.change(Order(INBOX, "REGISTER", "op-7"), lambda known, _: registered(known, made))
    for pair in (new_pair(kid="enc-1"), new_pair("X25519", "enc-2")):
        key = DatedKey(jwk_of(pair))
        await desk.change(
            Order(INBOX, "ADD_ENCRYPTION_KEY", "op-7"),
            lambda known, now, key=key: with_encryption_key(there(known), key, now),
        )
        clients._read_at = float("-inf")  # as half a second later
        await clients.fresh()
        sealed = receiver.encrypt(b"text")
        assert jwe.decrypt_compact(sealed, pair, algorithms=["ECDH-ES", "A256GCM"]).plaintext == (
            b"text"
        )


async def test_the_sender_asks_the_registry_before_it_sends(core):
    async with sender_of(core) as sender:
        (port,) = sender._receivers.values()

    assert isinstance(port, AsRegistered)


async def test_a_receiver_that_says_two_things_does_not_start(core):
    file = core.settings.departments_file
    file.write_text(file.read_text() + 'key_file = "k.jwks"\n')

    with pytest.raises(SetupError, match="it is one of them"):
        office_of(core, {})
