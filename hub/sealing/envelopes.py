"""Encrypts to a receiver's public key: what only the receiver may read of a message."""

from collections.abc import Mapping
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from hub.errors import SetupError

_HEADER: Final = {"alg": "ECDH-ES", "enc": "A256GCM"}
_ALGORITHMS: Final = ["ECDH-ES", "A256GCM"]


class ReceiverKey:
    """The public encryption key of one receiver; what casework is handed."""

    def __init__(self, jwks: Mapping[str, object]) -> None:
        """Take the first elliptic-curve key of a JWK set that is not kept for signatures.

        Raises:
            SetupError: There is none, or it is a private key, which is nobody's to hand out.
        """
        try:
            keys = KeySet.import_key_set(jwks).keys  # type: ignore[arg-type]  # checked by the import
        except (JoseError, ValueError, KeyError, TypeError) as problem:
            raise SetupError("The receiver's key set cannot be read.") from problem
        curves = [key for key in keys if isinstance(key, ECKey)]
        found = next((key for key in curves if key.as_dict().get("use") != "sig"), None)
        if found is None:
            raise SetupError("The receiver's key set has no elliptic-curve key to encrypt to.")
        if found.is_private:
            raise SetupError("The receiver's key set holds a private key; ask for the public one.")
        self._key = found

    def encrypt(self, text: bytes) -> str:
        """Return `text` as a compact JWE (ECDH-ES, A256GCM) to the receiver."""
        header = {**_HEADER, "kid": self._key.kid} if self._key.kid else dict(_HEADER)
        return jwe.encrypt_compact(header, text, self._key, algorithms=_ALGORITHMS)
