"""Show a person that one entry of the log is about them, and nobody else who is in it.

A proof holds the digest of the entry's record, never the record: that says more than what is theirs
to know. It also holds how many subjects the entry has, because the commitment does; who they are
stays hidden under their salts.
"""

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from audit.entry import SUBJECT_SIZE, TAG_SIZE, commitment_over, entry_salt
from audit.merkle import hash_leaf, verify_inclusion
from audit.subjects import SubjectProof, prove_subject, root_from_proof

_MAX_COUNT: Final = 1 << 40
_Number = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]


class UsageProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry and one of its subjects; bytes are hexadecimal."""

    index: _Number
    kind: Annotated[int, msgspec.Meta(ge=0, le=255)]
    record: str
    """SHA-256 of it."""
    salt: str
    subject: str
    """Tag and field set: 36 bytes."""
    place: _Number
    count: _Number
    leafSalt: str  # noqa: N815 - as it is written
    siblings: list[list[str]]
    path: list[str]
    """From the entry's leaf to the root of the tree."""


def prove_usage(
    index: int, kind: int, secret: bytes, record: bytes, subjects: bytes, place: int
) -> UsageProof:
    """Return the proof for subject `place` of an entry, its path in the tree still to be added.

    Raises:
        ValueError: There is no such subject.
    """
    proof = prove_subject(secret, subjects, place)
    return UsageProof(
        index,
        kind,
        sha256(record).hexdigest(),
        entry_salt(secret).hex(),
        subjects[place * SUBJECT_SIZE : (place + 1) * SUBJECT_SIZE].hex(),
        place,
        proof.count,
        proof.salt.hex(),
        [[one.hex() for one in level] for level in proof.siblings],
        [],
    )


def tag_of(proof: UsageProof) -> bytes:
    """Return the tag that a proof is about.

    Raises:
        ValueError: It has none.
    """
    subject = bytes.fromhex(proof.subject)
    if len(subject) != SUBJECT_SIZE:
        raise ValueError(f"a subject has {SUBJECT_SIZE} bytes, not {len(subject)}")
    return subject[:TAG_SIZE]


def proves(proof: UsageProof, size: int, root: bytes) -> bool:
    """Return whether the entry is in the tree of `size` entries, and is about the subject.

    Raises:
        ValueError: A part of the proof is not hexadecimal.
    """
    if not 0 < proof.count < _MAX_COUNT or not 0 <= proof.index < size:
        return False
    siblings = tuple(tuple(map(bytes.fromhex, level)) for level in proof.siblings)
    within = SubjectProof(proof.place, proof.count, bytes.fromhex(proof.leafSalt), siblings)
    subjects = root_from_proof(within, bytes.fromhex(proof.subject))
    if subjects is None:
        return False
    salt, record = bytes.fromhex(proof.salt), bytes.fromhex(proof.record)
    entry = commitment_over(proof.kind, salt, record, subjects, proof.count)
    path = tuple(map(bytes.fromhex, proof.path))
    return verify_inclusion(hash_leaf(entry), proof.index, size, path, root)
