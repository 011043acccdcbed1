"""Who does SM2 on this machine, as a setting says."""

from typing import Final

from hub.errors import SetupError
from hub.sealing.sm2 import Sm2
from hub.sealing.sm2_libcrypto import Libcrypto

FORMS: Final = "off, libcrypto, libcrypto:PATH or a pkcs11: address"


def provider_at(where: str) -> Sm2 | None:
    """Return who does SM2 with public keys, as the setting `sm2` says; None where it is off.

    A token does it for its private key; with public keys the system's OpenSSL does it also then.

    Raises:
        SetupError: The library is missing, too old, or lacks SM2.
    """
    kind, _, path = where.partition(":")
    if where == "off":
        return None
    if kind == "pkcs11":
        return Libcrypto.found()
    if kind == "libcrypto":
        return Libcrypto.found(path)
    raise SetupError(f"The setting sm2 has a form that is not known; it is {FORMS}.")
