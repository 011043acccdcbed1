"""What the hub signs with: P-256 keys for tokens and messages, derived from keyring secrets.

A signing key is derived deterministically from a 32-byte secret of the keyring, so that the
keyring stays the only thing to keep.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from joserfc import jws
from joserfc.jwk import ECKey, KeyParameters, KeySet
from joserfc.registry import HeaderParameter

from hub.clock import Clock, utc_now
from hub.errors import KeysUnavailableError
from hub.sealing.keyring import HUB, Key, KeyKind, Keyring
from hub.sealing.recipients import RESPONSE_ID

KEPT: Final = {
    KeyKind.TOKEN: timedelta(seconds=660),
    KeyKind.OUTBOUND: timedelta(days=30),
    KeyKind.LOG: timedelta(days=30),
}
"""How long a signing key goes on after the next one has begun: a token lives ten minutes at most; a
message may wait for its receiver; checkpoints are signed by both, for who knows the old one."""
ANSWER_TYPE: Final = "hub-answer+jws"
_ANSWERS: Final = jws.JWSRegistry(
    {
        RESPONSE_ID: HeaderParameter("Response id", "str"),
        "iat": HeaderParameter("Signed at, seconds since 1970", "int"),
    },
    algorithms=["ES256"],
)
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of P-256 (FIPS 186-5)."""


def signing_key(keyring: Keyring, kind: KeyKind, owner: str = HUB) -> ECKey:
    """Return the ES256 key of `kind`, with a `kid` that names its kind and version.

    48 bytes reduced modulo (n - 1), plus 1: FIPS 186-5, A.2.1.
    """
    return _derived(keyring.primary(kind, owner))


def _derived(key: Key) -> ECKey:
    kind, owner = key.kind, key.owner
    stream = HKDF(hashes.SHA256(), 48, None, b"hub/signing/" + kind.encode()).derive(key.secret)
    scalar = int.from_bytes(stream, "big") % (_ORDER - 1) + 1
    pem = ec.derive_private_key(scalar, ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    name: KeyParameters = {
        "kid": f"{owner}-{kind}-{key.version}",
        "use": "sig",
        "alg": "ES256",
    }
    return ECKey.import_key(pem, name)


class Signing(NamedTuple):
    """What signs at a moment, and what verifies: the announced, the signing, the last ones."""

    key: ECKey
    keys: KeySet


class SigningKeys:
    """The signing keys of one kind, by the clock: a roll-over is the same in every process.

    A version signs from the moment it begins, until the next one does. It can be verified with from
    when it was made until `kept` after the next one has begun: so whoever verifies knows it before
    it signs, and what it signed last is good to its end.
    """

    def __init__(self, keyring: Keyring, kind: KeyKind, kept: timedelta) -> None:
        """Derive nothing yet."""
        self._keyring = keyring
        self._kind = kind
        self._kept = kept
        self._derived: dict[int, ECKey] = {}

    def at(self, now: datetime) -> Signing:
        """Return what signs and what verifies at `now`.

        Raises:
            KeysUnavailableError: There is no key; `hub migrate` makes it.
        """
        versions = self._keyring.versions(self._kind)
        begun = [key for key in versions if begins_at(key) <= now]
        if not begun:
            raise KeysUnavailableError(
                f"There is no {self._kind} key of the hub; run `hub migrate` to make it."
            )
        gone = {key.version for key in superseded(versions, now - self._kept)}
        good = [self._key(key) for key in versions if key.version not in gone]
        return Signing(self._key(begun[-1]), KeySet(list(good)))

    def _key(self, key: Key) -> ECKey:
        made = self._derived.get(key.version)
        if made is None:
            made = self._derived[key.version] = _derived(key)
        return made


def begins_at(key: Key) -> datetime:
    """Return the moment from which a signing key signs."""
    return datetime.fromisoformat(key.begins) if key.begins else datetime.min.replace(tzinfo=UTC)


def superseded(versions: Sequence[Key], now: datetime) -> list[Key]:
    """Return the versions of a signing key, the oldest first, after which another had begun."""
    begun = [key for key in versions if begins_at(key) <= now]
    return begun[:-1]


class MessageSigner:
    """Signs outbound messages as compact JWS (ES256); what connectors and delivery are handed."""

    def __init__(self, keyring: Keyring, clock: Clock = utc_now) -> None:
        """Take the outbound signing keys.

        Raises:
            KeysUnavailableError: There is none.
        """
        self._keys = SigningKeys(keyring, KeyKind.OUTBOUND, KEPT[KeyKind.OUTBOUND])
        self._clock = clock
        self._keys.at(clock())

    def sign(self, payload: bytes, typ: str = "JWS") -> str:
        """Return `payload` as a compact JWS; `typ` says what it is, so that nothing passes for it.

        Spec: RFC 7515 3.1, 4.1.9; RFC 8725 3.11.

        Raises:
            KeysUnavailableError: There is no key any more.
        """
        key = self._keys.at(self._clock()).key
        return jws.serialize_compact(
            {"alg": "ES256", "kid": key.kid, "typ": typ},
            payload,
            key,
            algorithms=["ES256"],
        )

    def sign_answer(self, content: bytes, content_type: str, response_id: str) -> bytes:
        """Return an answer as a compact JWS that says which answer it is and when it was signed.

        Raises:
            KeysUnavailableError: There is no key any more.
        """
        now = self._clock()
        key = self._keys.at(now).key
        header = {
            "alg": "ES256",
            "kid": key.kid,
            "typ": ANSWER_TYPE,
            "cty": content_type,
            RESPONSE_ID: response_id,
            "iat": int(now.timestamp()),
        }
        return jws.serialize_compact(header, content, key, registry=_ANSWERS).encode()

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """Return the public halves, for receivers: also of the key that signs next."""
        keys = self._keys.at(self._clock()).keys
        return {"keys": [dict(key.as_dict(private=False)) for key in keys.keys]}
