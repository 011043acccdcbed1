"""Sign and read checkpoints: short texts by which a log commits itself to a size and a root.

A checkpoint is a signed note of three lines: origin, size, root. Anybody with the verifier key can
check one with any program that knows the format; a note that does not verify is not parsed.

Spec: C2SP signed-note and tlog-checkpoint (5ba5ee8); Ed25519 is signature type 0x01.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import InvalidNoteError, NotSignedError
from audit.merkle import HASH_SIZE
from audit.notes import (
    check_name,
    decoded,
    key_id_of,
    read_vkey,
    signature_lines,
    signed_line,
    split_note,
    written_vkey,
)

_ED25519: Final = b"\x01"
_MAX_DIGITS: Final = 19
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's word that its first `size` entries have the root `root`."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the lines that are signed, the last line end included."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Signer(Protocol):
    """Signs checkpoints in the name of one log, under one key or, while that changes, two."""

    @property
    def name(self) -> str:
        """The log's origin."""

    @property
    def vkeys(self) -> Sequence[str]:
        """The log's verifier keys: of those that sign now, and of those that signed before."""

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of a checkpoint."""


class Opener(Protocol):
    """Opens signed notes; `NoteVerifier` knows one key, `NoteVerifiers` several."""

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint of a note that a known key signed, or raise InvalidNoteError."""


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
        check_name(self.name, "a log")
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        public = key.public_key().public_bytes_raw()
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_id", key_id_of(self.name, _ED25519 + public))
        object.__setattr__(self, "vkey", vkey_of(self.name, public))

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier key, alone."""
        return (self.vkey,)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the signed note of `checkpoint`. About 30 microseconds."""
        return self.sign_text(checkpoint.text())

    def sign_text(self, text: str) -> str:
        """Return the signed note of another text, which must not read as a checkpoint."""
        return f"{text}\n{self.line(text)}"

    def line(self, text: str) -> str:
        """Return the signature line under the lines of a checkpoint."""
        return signed_line(self.name, self._id + self._key.sign(text.encode()))


@dataclass(frozen=True, slots=True)
class NoteSigners:
    """Signs with every one of several keys of one log, a line each: whoever knows one verifies.

    Spec: C2SP signed-note, "a note may carry several signatures".
    """

    keys: tuple[NoteSigner, ...]

    def __post_init__(self) -> None:
        """Refuse keys of different logs, or none."""
        if len({key.name for key in self.keys}) != 1:
            raise ValueError("the keys that sign for a log bear its one name")

    @property
    def name(self) -> str:
        """The log's origin."""
        return self.keys[0].name

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys, in the order of their lines."""
        return tuple(key.vkey for key in self.keys)

    def sign(self, checkpoint: Checkpoint) -> str:
        """Return the note of `checkpoint`, signed by each key."""
        return self.sign_text(checkpoint.text())

    def sign_text(self, text: str) -> str:
        """Return the note of another text, signed by each key; it must not read as a checkpoint."""
        return f"{text}\n{''.join([key.line(text) for key in self.keys])}"


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
        name, key_id, public = read_vkey(vkey, _ED25519, "the verifier key", "Ed25519 key")
        return cls(name, key_id, Ed25519PublicKey.from_public_bytes(public))

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint of `note`, once its signature has been verified.

        Raises:
            InvalidNoteError: This key did not sign it, or the signed text is no checkpoint of
                the log that the key is named for.
        """
        checkpoint = _parsed(self.text(note))
        if checkpoint.origin != self.name:
            raise InvalidNoteError(f"the checkpoint is not one of {self.name}")
        return checkpoint

    def text(self, note: str) -> str:
        """Return the text of `note`, once its signature has been verified.

        Raises:
            InvalidNoteError: This key did not sign it.
        """
        # 1. split text and signatures  2. find our signature  3. verify it
        text, signatures = split_note(note)
        signature = self._signature(signatures)
        try:
            self.key.verify(signature, text.encode())
        except InvalidSignature:
            raise InvalidNoteError(f"the signature of {self.name} does not verify") from None
        return text

    def _signature(self, lines: str) -> bytes:
        for line in signature_lines(lines):
            if (line.name, line.key_id) == (self.name, self.key_id):
                return line.signature
        raise NotSignedError(f"the note carries no signature of {self.name}")


@dataclass(frozen=True, slots=True)
class NoteVerifiers:
    """Opens notes that one of several known keys of a log signed."""

    keys: tuple[NoteVerifier, ...]

    @classmethod
    def from_vkeys(cls, vkeys: Iterable[str]) -> "NoteVerifiers":
        """Return the verifier for keys in the form `name+id+key`; blank ones are left out.

        Raises:
            InvalidNoteError: One is no Ed25519 verifier key, or there is none.
        """
        keys = tuple(NoteVerifier.from_vkey(vkey) for vkey in vkeys if vkey.strip())
        if not keys:
            raise InvalidNoteError("there is no verifier key")
        return cls(keys)

    def open(self, note: str) -> Checkpoint:
        """Return the checkpoint of `note`; a wrong signature of any known key spoils it.

        Raises:
            InvalidNoteError: No known key signed it, one's signature is wrong, or the signed text
                is no checkpoint of the log.
        """
        return self._by_each(lambda key: key.open(note))

    @property
    def name(self) -> str:
        """The log that the keys are of, as the first one says."""
        return self.keys[0].name

    def text(self, note: str) -> str:
        """Return the text of a note that is no checkpoint; as `open`.

        Raises:
            InvalidNoteError: No known key signed it, or one's signature is wrong.
        """
        return self._by_each(lambda key: key.text(note))

    def _by_each(self, opened_by: Callable[[NoteVerifier], T]) -> T:
        refused: InvalidNoteError | None = None
        opened: T | None = None
        for key in self.keys:
            try:
                opened = opened_by(key)
            except NotSignedError as absent:
                refused = absent
        if opened is None:
            raise refused or InvalidNoteError("there is no verifier key")
        return opened


def vkey_of(name: str, public: bytes) -> str:
    """Return the verifier key for the 32 bytes of an Ed25519 key of the log `name`."""
    return written_vkey(name, _ED25519 + public)


def _parsed(text: str) -> Checkpoint:
    # Lines after the third are extensions; they are signed and may be ignored.
    lines = text.split("\n")
    if len(lines) < 4 or not lines[0]:  # noqa: PLR2004 - three lines, the last one ended
        raise InvalidNoteError("a checkpoint has an origin, a size and a root")
    origin, size, root = lines[:3]
    is_number = size.isascii() and size.isdigit() and len(size) <= _MAX_DIGITS
    if not is_number or str(int(size)) != size:
        raise InvalidNoteError("the size of the checkpoint is no plain decimal number")
    found = decoded(root, "the root")
    if len(found) != HASH_SIZE:
        raise InvalidNoteError(f"the root of the checkpoint has {len(found)} bytes, not 32")
    return Checkpoint(origin, int(size), found)
