"""What checkpoints and cosignatures share of signed notes: keys by name, and signature lines.

Spec: C2SP signed-note (5ba5ee8).
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64Error
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

from audit.errors import InvalidNoteError

ID_SIZE: Final = 4
KEY_SIZE: Final = 32
_DASH: Final = "\u2014"  # an em dash starts a signature line


class NamedKey(NamedTuple):
    """What a verifier key says: whose it is, its id, and the 32 bytes of its Ed25519 key."""

    name: str
    key_id: bytes
    public: bytes


class Line(NamedTuple):
    """A signature line: who signed, by name and by key, and what the key made."""

    name: str
    key_id: bytes
    signature: bytes
    text: str
    """As it stands in the note, its end included."""


def key_id_of(name: str, public: bytes) -> bytes:
    """Return the id of a key; `public` begins with the byte of its signature type."""
    return sha256(name.encode() + b"\n" + public).digest()[:ID_SIZE]


def written_vkey(name: str, public: bytes) -> str:
    """Return the verifier key `name+id+key`; `public` begins with its signature type."""
    return f"{name}+{key_id_of(name, public).hex()}+{b64encode(public).decode()}"


def read_vkey(vkey: str, kind: bytes, what: str, sort: str) -> NamedKey:
    """Return what a verifier key says; `what` it is and of which `sort` are for the message.

    Raises:
        InvalidNoteError: It is no key of signature type `kind`, or its id does not belong to it.
    """
    # Base64 may contain a plus sign, a name may not.
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3:  # noqa: PLR2004 - name, id and key
        raise InvalidNoteError(f"{what} has the form name+id+key")
    name, key_id, encoded = parts
    public = decoded(encoded, what)
    if len(public) != 1 + KEY_SIZE or public[:1] != kind:
        raise InvalidNoteError(f"{what} is no {sort}")
    if key_id_of(name, public).hex() != key_id:
        raise InvalidNoteError(f"the id of {what} does not belong to it")
    return NamedKey(name, bytes.fromhex(key_id), public[1:])


def split_note(note: str) -> tuple[str, str]:
    """Return the text of a signed note, its line end included, and its signature lines.

    Raises:
        InvalidNoteError: It has no signature.
    """
    text, separator, lines = note.rpartition("\n\n")
    if not separator:
        raise InvalidNoteError("the note has no signature")
    return f"{text}\n", lines


def signed_line(name: str, raw: bytes) -> str:
    """Return a signature line; `raw` begins with the id of the key."""
    return f"{_DASH} {name} {b64encode(raw).decode()}\n"


def signature_lines(lines: str) -> Iterator[Line]:
    """Give the signature lines under a note.

    Raises:
        InvalidNoteError: One is malformed, or the last one does not end.
    """
    if not lines.endswith("\n"):
        raise InvalidNoteError("the note does not end with a line end")
    for line in lines[:-1].split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != _DASH or not name:
            raise InvalidNoteError("a signature line of the note is malformed")
        raw = decoded(encoded, "the signature")
        yield Line(name, raw[:ID_SIZE], raw[ID_SIZE:], f"{line}\n")


def decoded(encoded: str, what: str) -> bytes:
    """Return the bytes of a base64 text.

    Raises:
        InvalidNoteError: It is none; `what` it should be is in the message.
    """
    try:
        return b64decode(encoded, validate=True)
    except (NotBase64Error, ValueError):
        raise InvalidNoteError(f"{what} is not base64") from None


def check_name(name: str, what: str) -> None:
    """Refuse a name that cannot stand in a note.

    Raises:
        ValueError: It is empty, or has a blank or a plus sign.
    """
    if not name or "+" in name or any(character.isspace() for character in name):
        raise ValueError(f"the name of {what} has no spaces and no plus sign")
