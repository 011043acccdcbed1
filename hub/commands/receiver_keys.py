"""Keys of receivers that are registered as clients' are: dated, on record, at each use anew."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.outbound.acknowledgement import Acknowledgement
from connectors.outbound.posting import Sign
from hub.clock import Clock
from hub.delivery.sender import Receiver
from hub.errors import KeysUnavailableError, SetupError
from hub.http.clients import Client
from hub.http.registry import Registry
from hub.sealing.recipients import JoseRecipient

CLIENT: Final = "client"
ENCRYPTION: Final = "encryption"
MESSAGE: Final = "message"
"""Of `encryption` in departments.toml: the whole message, signed, leaves under the key."""
_OTHERS: Final = ("key_file", "sm2_key_file")


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """The encryption key that a receiver's client has at the time of each use."""

    receiver: str
    client: str
    clients: Mapping[str, Client] = field(repr=False)
    clock: Clock

    def encrypt(self, text: bytes) -> str:
        """Return a text of a message as a compact JWE to the key.

        Raises:
            KeysUnavailableError: No key is good now.
        """
        return self._key().text(text)

    def enclosing(self, sign: Sign) -> Sign:
        """Return what signs a message and encrypts what was signed; it raises as `encrypt` does."""
        return lambda payload: self._key().message(sign(payload))

    def _key(self) -> JoseRecipient:
        client = self.clients.get(self.client)
        key = None if client is None else client.encryption_key_at(self.clock())
        if key is None:
            raise KeysUnavailableError(
                f"The receiver {self.receiver} has no encryption key that is good now: see "
                f"`hub clients show {self.client}`."
            )
        return key


def registered_key(
    receiver: str, stated: Mapping[str, str], clients: Mapping[str, Client], clock: Clock
) -> RegisteredKey | None:
    """Return the key of a receiver that departments.toml says is a client's; None: it does not.

    Raises:
        SetupError: It says two things at once, or what nobody knows.
    """
    client, encryption = stated.get(CLIENT), stated.get(ENCRYPTION)
    if encryption not in {None, MESSAGE}:
        raise SetupError(f'The receiver {receiver}: encryption is "{MESSAGE}", or left out.')
    if client is None:
        if encryption is not None:
            raise SetupError(f"The receiver {receiver}: encryption needs client.")
        return None
    if any(name in stated for name in _OTHERS):
        raise SetupError(f"The receiver {receiver} has client and a key file; it is one of them.")
    return RegisteredKey(receiver, client, clients, clock)


@dataclass(frozen=True, slots=True)
class AsRegistered:
    """Sends when what is known of registered keys is fresh."""

    registry: Registry
    receiver: Receiver

    async def send(self, text: bytes) -> Acknowledgement:
        """Send one message; raises StoreUnavailableError too, where keys cannot be looked up."""
        await self.registry.fresh()
        return await self.receiver.send(text)
