"""An SM2 private key that stays in a PKCS #11 token: a cipher machine that offers the standard.

    pkcs11:token=T;object=O?module-path=M&pin-source=file:P&sign=0x80000103&decrypt=0x80000104

PKCS #11 gives SM2 no numbers: `sign` and `decrypt` are those of the vendor's manual, without which
the key does not do that. To sign, the token gets the 32-byte digest of the standard (Z and message,
worked out here) and answers r and s; to decrypt, it gets point, digest and cipher text one after
the other (C1 C3 C2). `order=c1c2c3` is for machines of before 2010, `form=der` for those that take
and give DER. With public keys the system's OpenSSL works (`sm2_libcrypto`).

Spec: PKCS #11 2.40; RFC 7512; GB/T 32918.2 5.5 (Z), GM/T 0016 (such devices); GM/T 0003.5 (curve).
"""

from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SM3, Hash
from typing_extensions import override

from hub.errors import KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.pkcs11 import address_parts, opened_session
from hub.sealing.sm2 import (
    DEFAULT_ID,
    POINT_BYTES,
    ciphertext_parts,
    is_point,
    signature_of,
)

_CURVE: Final = bytes.fromhex(
    "fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"  # a
    "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"  # b
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"  # G, x
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"  # G, y
)
_PRIME: Final = 2**256 - 2**224 - 2**96 + 2**64 - 1
_DIGEST_BYTES: Final = 32
_ORDERS: Final = ("c1c3c2", "c1c2c3")
_FORMS: Final = ("raw", "der")


def signed_digest(public: bytes, message: bytes, signer: bytes = DEFAULT_ID) -> bytes:
    """Return what SM2 signs: SM3(Z || message), Z = SM3(length of the name, name, curve, point)."""
    bits = (8 * len(signer)).to_bytes(2, "big")
    return _sm3(_sm3(bits + signer + _CURVE + public[1:]) + message)


class Pkcs11Sm2Key:
    """An SM2 key of a token, by its label."""

    def __init__(self, key: Any, public: bytes, how: Mapping[str, str]) -> None:
        """Take a private key of an open session, its point, and the query of its address.

        Raises:
            SetupError: A number is none, or an order or form is not known.
        """
        self._key = key
        self._public = public
        self._sign = _number(how, "sign")
        self._decrypt = _number(how, "decrypt")
        self._order = _one_of(how, "order", _ORDERS)
        self._form = _one_of(how, "form", _FORMS)

    @override
    def __repr__(self) -> str:
        """Show which, not what."""
        return f"Pkcs11Sm2Key({self._public[1:9].hex()})"

    @classmethod
    def at(cls, address: str) -> "Pkcs11Sm2Key":
        """Sign in to the token of an address and find the key pair there.

        Raises:
            SetupError: The address lacks something or has a wrong number, the module cannot be
                loaded, the package python-pkcs11 is not installed, or the key is not of SM2.
            KeysUnavailableError: There is no such token or key, or the PIN is refused.
        """
        session, label = opened_session(address)
        import pkcs11

        try:
            key, public = (
                session.get_key(object_class=kind, label=label)
                for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.PUBLIC_KEY)
            )
            point = bytes(public[pkcs11.Attribute.EC_POINT])
        except pkcs11.exceptions.PKCS11Error as problem:
            raise KeysUnavailableError(
                f"The PKCS #11 token does not give its SM2 key ({type(problem).__name__})."
            ) from None
        point = point[-POINT_BYTES:]  # some put it into an OCTET STRING, some do not
        if not is_point(point) or not _is_on_curve(point):
            raise SetupError("The token's key is not of SM2: its public half is no point of it.")
        return cls(key, point, address_parts(address)[1])

    @property
    def public(self) -> bytes:
        """Its public half, 65 bytes."""
        return self._public

    def sign(self, message: bytes, signer: bytes = DEFAULT_ID) -> bytes:
        """Return a signature of the message, under the name of `signer`.

        Raises:
            SetupError: The address has no `sign`.
            KeysUnavailableError: The token does not sign.
        """
        digest = signed_digest(self._public, message, signer)
        made = self._asked("sign", self._sign, digest)
        try:
            return made if self._form == "der" else signature_of(made)
        except ValueError:
            raise KeysUnavailableError("The token's signature is none of SM2.") from None

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return what was encrypted to the key.

        Raises:
            SetupError: The address has no `decrypt`.
            SealBrokenError: It has not the form of what is encrypted by SM2.
            KeysUnavailableError: The token does not decrypt it: vendors do not tell why.
        """
        try:
            parts = ciphertext_parts(ciphertext)
        except ValueError:
            raise SealBrokenError("What was encrypted by SM2 does not open.") from None
        if self._form == "der":
            parts = ciphertext
        elif self._order == "c1c2c3":
            digest_end = POINT_BYTES + _DIGEST_BYTES
            parts = parts[:POINT_BYTES] + parts[digest_end:] + parts[POINT_BYTES:digest_end]
        return self._asked("decrypt", self._decrypt, parts)

    def _asked(self, verb: str, mechanism: int | None, data: bytes) -> bytes:
        if mechanism is None:
            raise SetupError(
                f"The pkcs11: address lacks {verb}=NUMBER: the mechanism's number in the vendor's "
                "manual."
            )
        import pkcs11

        asked = getattr(self._key, verb, None)  # by the key's attributes CKA_SIGN, CKA_DECRYPT
        if asked is None:
            raise KeysUnavailableError(f"The PKCS #11 token's key may not {verb}.")
        try:
            return bytes(asked(data, mechanism=_mechanism(mechanism)))
        except pkcs11.exceptions.PKCS11Error as problem:
            raise KeysUnavailableError(
                f"The PKCS #11 token does not {verb} by SM2 ({type(problem).__name__})."
            ) from None


def _mechanism(number: int) -> Any:
    """Return a mechanism that the library has no name for: it takes members of its list only."""
    import pkcs11

    made = int.__new__(pkcs11.Mechanism, number)
    made._name_, made._value_ = f"VENDOR_{number:X}", number
    return made


def _is_on_curve(point: bytes) -> bool:
    a, b = (int.from_bytes(_CURVE[n : n + 32], "big") for n in (0, 32))
    x, y = (int.from_bytes(point[n : n + 32], "big") for n in (1, 33))
    return (y * y - (x * x * x + a * x + b)) % _PRIME == 0


def _number(how: Mapping[str, str], name: str) -> int | None:
    text = how.get(name)
    try:
        return None if text is None else int(text, 0)
    except ValueError:
        raise SetupError(
            f"{name} in the pkcs11: address is no number, such as 0x80000103."
        ) from None


def _one_of(how: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    found = how.get(name, known[0])
    if found not in known:
        raise SetupError(f"{name} in the pkcs11: address is {' or '.join(known)}.")
    return found


def _sm3(data: bytes) -> bytes:
    working = Hash(SM3())
    working.update(data)
    return working.finalize()
