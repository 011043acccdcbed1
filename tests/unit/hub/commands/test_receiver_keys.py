"""Whose key a message is encrypted to, as departments.toml says."""

import pytest

from hub.commands.receiver_keys import AsRegistered, registered_key
from hub.errors import SetupError, StoreUnavailableError
from tests.support.edge import START

pytestmark = pytest.mark.anyio


def made(**stated):
    return registered_key("housing", stated, {}, lambda: START)


def test_a_receiver_has_a_key_file_or_a_client():
    assert made(key_file="k.jwks") is None
    assert made(client="housing-inbox", encryption="message").client == "housing-inbox"


@pytest.mark.parametrize(
    "stated",
    [
        {"client": "housing-inbox", "key_file": "k.jwks"},
        {"client": "housing-inbox", "sm2_key_file": "k.pem"},
        {"key_file": "k.jwks", "encryption": "message"},
        {"client": "housing-inbox", "encryption": "number"},
    ],
)
def test_what_says_two_things_is_refused(stated):
    with pytest.raises(SetupError, match="housing"):
        made(**stated)


async def test_nothing_is_sent_while_keys_cannot_be_looked_up():
    sent = []

    class Away:
        revision = 0

        async def fresh(self):
            raise StoreUnavailableError("away")

    class Inbox:
        async def send(self, text):
            sent.append(text)

    with pytest.raises(StoreUnavailableError):
        await AsRegistered(Away(), Inbox()).send(b"text")
    assert sent == []
