"""Let one subject of an entry prove that it is in it, without showing any other.

The subjects of an entry are the leaves of a flat tree of arity 64. Each leaf has a salt of its own,
derived from the entry's secret, so that a proof hands out one salt and never the secret: the
sibling hashes that it contains stay unguessable even for somebody who knows every tag.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from struct import Struct
from typing import Final

ARITY: Final = 64
EMPTY_SUBJECTS_ROOT: Final = sha256(b"").digest()
_SIZE: Final = 36
_SALT: Final = 16
_SUBJECTS: Final = Struct(f"{_SIZE}s")
_SALTS: Final = Struct(f"{_SALT}s")
_LABEL: Final = b"hub-audit/subject-salts/v1\0"


@dataclass(frozen=True, slots=True)
class SubjectProof:
    """What shows that one subject is leaf `index` of the `count` subjects of an entry."""

    index: int
    count: int
    salt: bytes
    siblings: tuple[tuple[bytes, ...], ...]
    """The other hashes of the leaf's group on each level, from the leaves upwards, in order."""


def subjects_root(secret: bytes, packed: bytes) -> bytes:
    """Return the root over the packed subjects; SHA-256 of nothing when there are none.

    Raises:
        ValueError: Their length is no multiple of 36.
    """
    if not packed:
        return EMPTY_SUBJECTS_ROOT
    if len(packed) == _SIZE:  # most entries are about one person: no lists for those
        return sha256(b"\x00" + shake_256(_LABEL + secret).digest(_SALT) + packed).digest()
    hashes = _leaves(secret, packed)
    while len(hashes) > ARITY:
        hashes = _level_above(hashes)
    return _node(hashes)


def prove_subject(secret: bytes, packed: bytes, index: int) -> SubjectProof:
    """Return the proof for subject `index` of the packed subjects.

    Raises:
        ValueError: There is no such subject.
    """
    hashes = _leaves(secret, packed)
    count = len(hashes)
    if not 0 <= index < count:
        raise ValueError(f"there is no subject {index} among {count}")
    salt = _salts(secret, count)[_SALT * index : _SALT * (index + 1)]
    siblings = []
    place = index
    while len(hashes) > 1:
        start = place - place % ARITY
        group = hashes[start : start + ARITY]
        siblings.append((*group[: place - start], *group[place - start + 1 :]))
        hashes = _level_above(hashes)
        place //= ARITY
    return SubjectProof(index, count, salt, tuple(siblings))


def root_from_proof(proof: SubjectProof, subject: bytes) -> bytes | None:
    """Return the root that `proof` leads to for one packed subject; None when it has no such form.

    The caller compares the root with the one in the entry's commitment, which also holds `count`.
    """
    if not 0 <= proof.index < proof.count or (len(proof.salt), len(subject)) != (_SALT, _SIZE):
        return None
    place, width = proof.index, proof.count
    found = _leaf(proof.salt, subject)
    for siblings in proof.siblings:
        group = min(ARITY, width - (place - place % ARITY))
        if width == 1 or len(siblings) != group - 1:
            return None
        offset = place % ARITY
        found = _node((*siblings[:offset], found, *siblings[offset:]))
        place //= ARITY
        width = -(-width // ARITY)
    return found if width == 1 else None


def verify_subject(proof: SubjectProof, subject: bytes, root: bytes, count: int) -> bool:
    """Return whether `proof` shows the packed `subject` among `count` subjects under `root`."""
    return proof.count == count and root_from_proof(proof, subject) == root


def _leaves(secret: bytes, packed: bytes) -> list[bytes]:
    if len(packed) % _SIZE:
        raise ValueError(f"{len(packed)} bytes are no whole number of subjects")
    salts = _SALTS.iter_unpack(_salts(secret, len(packed) // _SIZE))
    return [
        sha256(b"\x00" + salt + subject).digest()
        for (salt,), (subject,) in zip(salts, _SUBJECTS.iter_unpack(packed), strict=True)
    ]


def _leaf(salt: bytes, subject: bytes) -> bytes:
    return sha256(b"\x00" + salt + subject).digest()


def _node(children: Sequence[bytes]) -> bytes:
    return sha256(b"\x01" + b"".join(children)).digest()


def _level_above(hashes: list[bytes]) -> list[bytes]:
    return [_node(hashes[start : start + ARITY]) for start in range(0, len(hashes), ARITY)]


def _salts(secret: bytes, count: int) -> bytes:
    """Return `count` salts of 16 bytes, one behind the other: SHAKE-256(label ‖ secret).

    Who is handed some of the pieces learns nothing of the others without the secret. One stream
    for the whole entry costs a tenth of an HMAC for each leaf.
    """
    return shake_256(_LABEL + secret).digest(_SALT * count)
