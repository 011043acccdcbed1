"""A root key that stays in a PKCS #11 token: an HSM, a cipher machine, SoftHSM for trying it.

    pkcs11:token=hub;object=hub-root?module-path=/usr/lib/.../lib.so&pin-source=file:/run/hub/pin

The token encrypts with AES-GCM; a wrapped secret is nonce(12) || ciphertext || tag(16). Nothing of
the key is ever in this process. Where there is no `pin-source`, the PIN is in HUB_PKCS11_PIN.

Spec: PKCS #11 2.40; RFC 7512 (addresses).
"""

import hashlib
import secrets
from typing import Any, Final

from typing_extensions import override

from hub.errors import KeysUnavailableError, SealBrokenError
from hub.sealing.pkcs11 import address_parts, opened_session

_NONCE: Final = 12
_TAG_BITS: Final = 128
_AAD: Final = b"hub/root/pkcs11/v1"


class Pkcs11Root:
    """An AES key of a token, by its label."""

    def __init__(self, key: Any, name: str) -> None:
        """Take a key of an open session; `name` tells it from others."""
        self._key = key
        self._id = "pkcs11:" + hashlib.sha256(name.encode()).hexdigest()[:16]

    @override
    def __repr__(self) -> str:
        """Show which, not what."""
        return f"Pkcs11Root({self._id})"

    @classmethod
    def at(cls, address: str) -> "Pkcs11Root":
        """Sign in to the token of an address and find the key there.

        Raises:
            SetupError: The address lacks something, the module cannot be loaded, or the package
                python-pkcs11 is not installed.
            KeysUnavailableError: There is no such token or key, or the PIN is refused.
        """
        session, label = opened_session(address)
        import pkcs11

        try:
            key = session.get_key(
                object_class=pkcs11.ObjectClass.SECRET_KEY,
                key_type=pkcs11.KeyType.AES,
                label=label,
            )
        except pkcs11.exceptions.PKCS11Error as problem:
            raise KeysUnavailableError(
                f"The PKCS #11 token does not give its root key ({type(problem).__name__})."
            ) from None  # what lies below may quote what it was asked with
        return cls(key, f"{address_parts(address)[0]['token']}\0{label}")

    @property
    def id(self) -> str:
        """`pkcs11:` and the first 8 bytes of the SHA-256 of token and label, hexadecimal."""
        return self._id

    def wrap(self, secret: bytes) -> bytes:
        """Return `secret` encrypted by the token.

        Raises:
            KeysUnavailableError: The token does not answer.
        """
        import pkcs11

        nonce = secrets.token_bytes(_NONCE)
        try:
            return nonce + bytes(self._key.encrypt(secret, **self._how(nonce)))
        except pkcs11.exceptions.PKCS11Error as problem:
            raise KeysUnavailableError(
                f"The PKCS #11 token wraps no key just now ({type(problem).__name__})."
            ) from None

    def unwrap(self, wrapped: bytes) -> bytes:
        """Return the secret.

        Raises:
            SealBrokenError: It does not authenticate.
            KeysUnavailableError: The token does not answer.
        """
        import pkcs11

        broken = (
            pkcs11.exceptions.EncryptedDataInvalid,
            pkcs11.exceptions.EncryptedDataLenRange,
            pkcs11.exceptions.GeneralError,  # what SoftHSM says of a tag that is wrong
        )
        try:
            return bytes(self._key.decrypt(wrapped[_NONCE:], **self._how(wrapped[:_NONCE])))
        except broken:
            raise SealBrokenError("A key of the keyring does not open.") from None
        except pkcs11.exceptions.PKCS11Error as problem:
            raise KeysUnavailableError(
                f"The PKCS #11 token opens no key just now ({type(problem).__name__})."
            ) from None

    def _how(self, nonce: bytes) -> dict[str, object]:
        import pkcs11

        return {
            "mechanism": pkcs11.Mechanism.AES_GCM,
            "mechanism_param": pkcs11.GCMParams(nonce, _AAD, _TAG_BITS),
        }
