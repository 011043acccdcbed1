"""The stored form of a score: bytes that say their version, and read back to the same value.

Rule of evolution: a new field gets a default and the version stays; any other change
makes version 2, and version 1 stays readable for as long as scores of it are stored.
"""

from typing import Final, Literal

import msgspec

from scoring.score import Score

VERSION: Final = 1


class StoredScoreError(Exception):
    """The bytes are no stored score of a version that this program reads."""


class _Stored(msgspec.Struct, frozen=True):
    version: Literal[1]
    score: Score


_DECODER: Final = msgspec.json.Decoder(_Stored)


def serialise_score(score: Score) -> bytes:
    """Return the score as canonical JSON with its version."""
    return msgspec.json.encode(_Stored(version=VERSION, score=score), order="sorted")


def read_score(stored: bytes) -> Score:
    """Return the score that `serialise_score` wrote.

    Raises:
        StoredScoreError: The bytes are something else; no part of them is quoted.
    """
    try:
        return _DECODER.decode(stored).score
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise StoredScoreError(f"not a stored score of version {VERSION}") from None
