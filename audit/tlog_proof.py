"""A proof in one text file: that an entry is in a log, for whoever has the log's key and no log.

What shows it is in the file: index, hashes, signed checkpoint. `extra` holds what the entry is: its
commitment, and for who may see it, the record under it. Nothing in `extra` is believed before it
has been hashed into the leaf.

Spec: C2SP tlog-proof (5ba5ee8).
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from audit.entry import COMMITMENT_SIZE, commitment_over
from audit.merkle import HASH_SIZE

HEADER: Final = "c2sp.org/tlog-proof@v1"
SUFFIX: Final = ".tlog-proof"
_EXTRA: Final = "extra "
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")
_MAX_HASHES: Final = 63
_DIGEST: Final = 32
_SALT: Final = 16


@dataclass(frozen=True, slots=True)
class TlogProof:
    """One entry's place in a signed tree."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """Return the proof as a file has it."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(_EXTRA + b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [b64encode(node).decode() for node in self.path]
        return "\n".join([*lines, "", self.checkpoint])


def read_proof(text: str) -> TlogProof:
    """Return the proof in a file; nothing of it is verified yet.

    Raises:
        ValueError: It is no proof of this format; says which part is wrong.
    """
    head, separator, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER:
        raise ValueError(f"a proof begins with {HEADER} and ends with a checkpoint")
    rest = lines[1:]
    extra = None
    if rest and rest[0].startswith(_EXTRA):
        extra = _decoded(rest[0].removeprefix(_EXTRA), "extra data")
        rest = rest[1:]
    index = _INDEX.fullmatch(rest[0]) if rest else None
    if index is None:
        raise ValueError("a proof has a line `index` with a plain decimal number")
    path = tuple(_decoded(line, f"hash {n}") for n, line in enumerate(rest[1:], 1))
    if len(path) > _MAX_HASHES or any(len(node) != HASH_SIZE for node in path):
        raise ValueError(f"a proof has up to {_MAX_HASHES} hashes of {HASH_SIZE} bytes")
    return TlogProof(int(index[1]), path, checkpoint, extra)


def _decoded(line: str, what: str) -> bytes:
    try:
        return b64decode(line, validate=True)
    except ValueError:
        raise ValueError(f"the {what} of the proof is not base64") from None


class Opening(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What `extra` says of the entry. Bytes are hexadecimal; without `record` it stays closed."""

    commitment: str
    record: str | None = None
    salt: str | None = None
    subjects: str | None = None
    """Root over the subjects: it shows none of them."""
    count: int | None = None

    def encoded(self) -> bytes:
        """Return it as `extra` has it."""
        return msgspec.json.encode(self)

    def promise(self) -> bytes:
        """Return the commitment: the entry in the tree.

        Raises:
            ValueError: It has not the form of one.
        """
        found = bytes.fromhex(self.commitment)
        if len(found) != COMMITMENT_SIZE:
            raise ValueError(f"a commitment has {COMMITMENT_SIZE} bytes, not {len(found)}")
        return found

    def opens(self) -> bool:
        """Return whether the record is the one that was committed to.

        Raises:
            ValueError: A part is missing or malformed.
        """
        promise = self.promise()
        parts = (self.record, self.salt, self.subjects, self.count)
        if self.record is None or self.salt is None or self.subjects is None or self.count is None:
            raise ValueError(f"{parts.count(None)} parts of the entry are missing")
        salt, root = bytes.fromhex(self.salt), bytes.fromhex(self.subjects)
        if (len(salt), len(root)) != (_SALT, _DIGEST) or not 0 <= self.count < 1 << 63:
            raise ValueError("the salt, the root or the number of the subjects is malformed")
        return promise == commitment_over(
            promise[1], salt, sha256(self.record.encode()).digest(), root, self.count
        )


def read_opening(extra: bytes) -> Opening:
    """Return what `extra` says of the entry; nothing of it is verified yet.

    Raises:
        ValueError: It says nothing that we know.
    """
    try:
        return msgspec.json.decode(extra, type=Opening)
    except msgspec.MsgspecError:
        raise ValueError("the extra data of the proof is not what this hub's proofs have") from None
