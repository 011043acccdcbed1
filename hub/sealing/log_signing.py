"""What the log signs its checkpoints with: every key that has been made and not been destroyed.

A new key signs beside the old one from the moment on that it is made, and the old one beside it
until it is destroyed: whoever knows one of both can verify meanwhile. The public half of a key that
was destroyed stays in the keyring, because what it signed stays.
"""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, NoteSigner, NoteSigners, vkey_of
from hub.errors import KeysUnavailableError
from hub.sealing.keyring import Key, KeyKind, Keyring


def log_public(key: Key) -> str:
    """Return the public half of a key of the log, in base64."""
    if key.public:
        return key.public
    made = Ed25519PrivateKey.from_private_bytes(key.secret).public_key()
    return base64.b64encode(made.public_bytes_raw()).decode()


class LogSigner:
    """Signs the checkpoints of one log, under the keys of now; lives as long as the process."""

    def __init__(self, keyring: Keyring, origin: str) -> None:
        """Take the keys.

        Raises:
            KeysUnavailableError: There is none; `hub migrate` makes it.
        """
        self._keyring = keyring
        self._origin = origin
        self._seen = -1
        self._signers: NoteSigners | None = None
        self._taken()

    @property
    def name(self) -> str:
        """The log's origin."""
        return self._origin

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys of all keys that sign or have signed, the oldest first."""
        keys = [key for key in self._keyring.all() if key.kind is KeyKind.LOG]
        known = (log_public(key) for key in keys if key.public or key.secret)
        return tuple(vkey_of(self._origin, base64.b64decode(public)) for public in known)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the note of a checkpoint, signed by each key."""
        return self._taken().sign(checkpoint)

    def sign_text(self, text: str) -> str:
        """Return the note of another text, such as a manifest, signed by each key."""
        return self._taken().sign_text(text)

    def _taken(self) -> NoteSigners:
        seen = self._keyring.changes()
        if self._signers is None or seen != self._seen:
            keys = self._keyring.versions(KeyKind.LOG)
            if not keys:
                raise KeysUnavailableError(
                    "There is no log-signing key of the hub; run `hub migrate` to make it."
                )
            self._signers = NoteSigners(tuple(NoteSigner(self._origin, k.secret) for k in keys))
            self._seen = seen
        return self._signers
