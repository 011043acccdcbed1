"""How a client's answers leave: the words of the registry, and the keys that it may hold.

Spec: RFC 7517; docs/receiving.md.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from hub.access import is_opaque
from hub.errors import SetupError
from hub.sealing.recipients import encryption_parts, thumbprint_of

Encryption = Literal["none", "fields", "response", "signed-response"]
"""Each demands more than the one before it: nothing, class S and X values under a key that only the
client has, the whole answer, the whole answer signed by the hub inside."""
ENCRYPTIONS: Final[tuple[Encryption, ...]] = get_args(Encryption)


def demands(encryption: Encryption) -> int:
    """Return how much that is, to compare it with another."""
    return ENCRYPTIONS.index(encryption)


def encryption_jwk(place: str, jwk: Mapping[str, object]) -> dict[str, str]:
    """Return the public encryption key of a JWK, named (`kid`) by itself or by its thumbprint.

    Raises:
        SetupError: It is none that answers can be encrypted to, or its name is none for the log;
            `place` says where it stands. Nothing of it is repeated.
    """
    found = encryption_parts(place, jwk)
    kid = found["kid"]
    if not is_opaque(kid) and kid != thumbprint_of(found):
        raise SetupError(
            f"{_begun(place)}: kid must be 1 to 64 letters, digits and . _ : / -, and no "
            "number of a person: it stands in the log. Leave it out, and the key's thumbprint "
            "names it."
        )
    return found


def encryption_keys_in(path: Path) -> list[dict[str, str]]:
    """Return the public encryption keys of a file, a JWK or a JWK Set.

    Raises:
        SetupError: It cannot be read, or holds none, or one that is not for us.
    """
    try:
        text = path.read_bytes()
    except OSError:
        raise SetupError(f"The key file {path} cannot be read.") from None
    return read_encryption_keys(f"the key file {path}", text)


def read_encryption_keys(place: str, text: bytes | str) -> list[dict[str, str]]:
    """Return the public encryption keys of a JWK or a JWK Set.

    Raises:
        SetupError: It is neither, or holds none, or one that is not for us.
    """
    try:
        content = msgspec.json.decode(text)
    except ValueError:
        raise SetupError(f"{_begun(place)} is neither a JWK nor a JWK Set.") from None
    listed = content.get("keys", [content]) if isinstance(content, dict) else []
    if not isinstance(listed, list) or not listed or not all(isinstance(e, dict) for e in listed):
        raise SetupError(f"{_begun(place)} has no key.")
    return [encryption_jwk(f"the key in {place.removeprefix('the ')}", each) for each in listed]


def _begun(place: str) -> str:
    return place[:1].upper() + place[1:]
