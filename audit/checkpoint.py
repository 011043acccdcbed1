"""Sign and read checkpoints: short texts by which a log commits itself to a size and a root.

A checkpoint is a signed note of three lines: origin, size, root. Anybody with the verifier key can
check one with any program that knows the format; a note that does not verify is not parsed.

Spec: C2SP signed-note and tlog-checkpoint (5ba5ee8); Ed25519 is signature type 0x01.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import InvalidNoteError
from audit.merkle import HASH_SIZE

_ED25519: Final = b"\x01"
_KEY_ID_SIZE: Final = 4
_KEY_SIZE: Final = 32
_DASH: Final = "\u2014"  # an em dash starts a signature line
_MAX_DIGITS: Final = 19


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's word that its first `size` entries have the root `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the lines that are signed, the last line end included."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """Signs notes in the name of a log; `seed` is a 32-byte Ed25519 seed and stays inside."""

    name: str
    seed: bytes = field(repr=False)
    vkey: str = field(init=False)
    """The verifier key, to be handed to everybody."""
    _key: Ed25519PrivateKey = field(init=False, repr=False)
    _id: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        public = _ED25519 + key.public_key().public_bytes_raw()
        key_id = _key_id(self.name, public)
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_id", key_id)
        vkey = f"{self.name}+{key_id.hex()}+{b64encode(public).decode()}"
        object.__setattr__(self, "vkey", vkey)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of `checkpoint`. About 30 microseconds."""
        text = checkpoint.text()
        signature = b64encode(self._id + self._key.sign(text.encode())).decode()
        return f"{text}\n{_DASH} {self.name} {signature}\n"


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """Opens notes that one known key signed."""

    name: str
    key_id: bytes
    key: Ed25519PublicKey = field(repr=False)

    @classmethod
    def from_vkey(cls, vkey: str) -> "NoteVerifier":
        """Return the verifier for a key in the form `name+id+key`.

        Raises:
            InvalidNoteError: It is no Ed25519 verifier key, or its id does not belong to it.
        """
        # Base64 may contain a plus sign, a name may not.
        parts = vkey.strip().split("+", 2)
        if len(parts) != 3:  # noqa: PLR2004 - name, id and key
            raise InvalidNoteError("a verifier key has the form name+id+key")
        name, key_id, encoded = parts
        public = _decoded(encoded, "verifier key")
        if len(public) != 1 + _KEY_SIZE or public[:1] != _ED25519:
            raise InvalidNoteError("the verifier key is no Ed25519 key")
        if _key_id(name, public).hex() != key_id:
            raise InvalidNoteError("the id of the verifier key does not belong to it")
        return cls(name, bytes.fromhex(key_id), Ed25519PublicKey.from_public_bytes(public[1:]))

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint of `note`, once its signature has been verified.

        Raises:
            InvalidNoteError: This key did not sign it, or the signed text is no checkpoint of
                the log that the key is named for.
        """
        # 1. split text and signatures  2. find our signature  3. verify it  4. read the text
        text, separator, signatures = note.rpartition("\n\n")
        if not separator:
            raise InvalidNoteError("the note has no signature")
        text += "\n"
        signature = self._signature(signatures)
        try:
            self.key.verify(signature, text.encode())
        except InvalidSignature:
            raise InvalidNoteError(f"the signature of {self.name} does not verify") from None
        checkpoint = _parsed(text)
        if checkpoint.origin != self.name:
            raise InvalidNoteError(f"the checkpoint is not one of {self.name}")
        return checkpoint

    def _signature(self, lines: str) -> bytes:
        if not lines.endswith("\n"):
            raise InvalidNoteError("the note does not end with a line end")
        for line in lines[:-1].split("\n"):
            dash, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if dash != _DASH or not name:
                raise InvalidNoteError("a signature line of the note is malformed")
            signature = _decoded(encoded, "signature")
            if name == self.name and signature[:_KEY_ID_SIZE] == self.key_id:
                return signature[_KEY_ID_SIZE:]
        raise InvalidNoteError(f"the note carries no signature of {self.name}")


def _parsed(text: str) -> Checkpoint:
    # Lines after the third are extensions; they are signed and may be ignored.
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:  # noqa: PLR2004 - three lines, the last one ended
        raise InvalidNoteError("a checkpoint has an origin, a size and a root")
    origin, size, root = lines[:3]
    is_number = size.isascii() and size.isdigit() and len(size) <= _MAX_DIGITS
    if not is_number or str(int(size)) != size:
        raise InvalidNoteError("the size of the checkpoint is no plain decimal number")
    decoded = _decoded(root, "root")
    if len(decoded) != HASH_SIZE:
        raise InvalidNoteError(f"the root of the checkpoint has {len(decoded)} bytes, not 32")
    return Checkpoint(origin, int(size), decoded)


def _decoded(encoded: str, what: str) -> bytes:
    try:
        return b64decode(encoded, validate=True)
    except (NotBase64Error, ValueError):
        raise InvalidNoteError(f"the {what} is not base64") from None


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + public).digest()[:_KEY_ID_SIZE]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ValueError("the name of a log has no spaces and no plus sign")
