"""Sign and verify cosignatures: a witness's word that at a time a log had grown, and only grown.

Spec: C2SP tlog-cosignature (5ba5ee8), the Ed25519 kind: signature type 0x04 over the checkpoint's
lines below `cosignature/v1` and the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.checkpoint import Checkpoint, Opener
from audit.errors import InvalidNoteError
from audit.notes import (
    check_name,
    key_id_of,
    read_vkey,
    signature_lines,
    signed_line,
    split_note,
    written_vkey,
)

_COSIGNATURE: Final = b"\x04"
_TIME_SIZE: Final = 8
_SIGNATURE_SIZE: Final = 64
_LATEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Cosigns in the name of a witness; `seed` is a 32-byte Ed25519 seed and stays inside.

    The key is for this alone: what it signs does not name the witness.
    """

    name: str
    seed: bytes = field(repr=False)
    vkey: str = field(init=False)
    """The verifier key, to be handed to everybody."""
    _key: Ed25519PrivateKey = field(init=False, repr=False)
    _id: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "a witness")
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        public = _COSIGNATURE + key.public_key().public_bytes_raw()
        object.__setattr__(self, "_key", key)
        object.__setattr__(self, "_id", key_id_of(self.name, public))
        object.__setattr__(self, "vkey", written_vkey(self.name, public))

    def cosign(self, text: str, at: int) -> str:
        """Return the signature line under a checkpoint's lines, for a time in POSIX seconds.

        Raises:
            ValueError: The time is 0 or before, or beyond what the format can say.
        """
        if not 0 < at <= _LATEST:
            raise ValueError("a cosignature has a time after 1970")
        signed = self._key.sign(_message(text, at))
        return signed_line(self.name, self._id + at.to_bytes(_TIME_SIZE, "big") + signed)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """One witness's cosignature that verified."""

    name: str
    at: int
    """POSIX seconds."""
    line: str


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """Finds and verifies the cosignature of one known witness."""

    name: str
    key_id: bytes
    key: Ed25519PublicKey = field(repr=False)

    @classmethod
    def from_vkey(cls, vkey: str) -> "CosignatureVerifier":
        """Return the verifier for a key in the form `name+id+key`.

        Raises:
            InvalidNoteError: It is no Ed25519 cosignature key, or its id does not belong to it.
        """
        sort = "Ed25519 cosignature key (type 4)"
        name, key_id, public = read_vkey(vkey, _COSIGNATURE, "the witness's key", sort)
        return cls(name, key_id, Ed25519PublicKey.from_public_bytes(public))

    def find(self, text: str, lines: str) -> Witnessed | None:
        """Return this witness's cosignature among signature lines; None when it has none there.

        Raises:
            InvalidNoteError: A line is malformed, or this witness's signature does not verify.
        """
        for line in signature_lines(lines) if lines else ():
            if (line.name, line.key_id) == (self.name, self.key_id):
                return Witnessed(line.name, self._verified(text, line.signature), line.text)
        return None

    def _verified(self, text: str, raw: bytes) -> int:
        at = int.from_bytes(raw[:_TIME_SIZE], "big")
        if len(raw) != _TIME_SIZE + _SIGNATURE_SIZE or not 0 < at <= _LATEST:
            raise InvalidNoteError(f"the cosignature of {self.name} is malformed")
        try:
            self.key.verify(raw[_TIME_SIZE:], _message(text, at))
        except InvalidSignature:
            raise InvalidNoteError(f"the cosignature of {self.name} does not verify") from None
        return at


class Cosigned(NamedTuple):
    """A checkpoint that its log signed, and who else did of those that are known."""

    checkpoint: Checkpoint
    witnesses: tuple[Witnessed, ...]


def open_cosigned(note: str, log: Opener, witnesses: Sequence[CosignatureVerifier]) -> Cosigned:
    """Return the checkpoint of a note and the known witnesses that cosigned it.

    Raises:
        InvalidNoteError: The log did not sign it, or a known witness's signature is wrong.
    """
    checkpoint = log.open(note)
    text, lines = split_note(note)
    found = [witness.find(text, lines) for witness in witnesses]
    return Cosigned(checkpoint, tuple(each for each in found if each is not None))


def _message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()
