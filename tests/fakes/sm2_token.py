"""An SM2 key as a cipher machine's PKCS #11 module offers it, the work done by libcrypto."""

import pkcs11
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from hub.sealing.sm2 import ciphertext_parts


class SoftSm2:
    """Takes digests and ciphertexts in the form that an address says, as a vendor's key does."""

    def __init__(self, library, der, how):
        self._library, self._der, self._how = library, der, how
        self.refuses = False

    def sign(self, digest, *, mechanism):
        self._check("sign", mechanism)
        assert len(digest) == 32
        with self._library.private(self._der) as key, self._library._working(key) as working:
            made = self._signed(working, digest)
        if self._how.get("form") == "der":
            return made
        return b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(made))

    def decrypt(self, data, *, mechanism):
        self._check("decrypt", mechanism)
        if self._how.get("form") != "der":
            if self._how.get("order") == "c1c2c3":
                data = data[:65] + data[-32:] + data[65:-32]
            data = _der(data)
        assert ciphertext_parts(data)
        with self._library.private(self._der) as key:
            return self._library.decrypted(key, data)

    def _check(self, verb, mechanism):
        assert isinstance(mechanism, pkcs11.Mechanism)  # the library takes nothing else
        if self.refuses or mechanism != int(self._how[verb], 0):
            raise pkcs11.exceptions.MechanismInvalid

    def _signed(self, working, digest):
        """Sign a digest itself: what the hub never does, and a token does for it."""
        inner = self._library._library
        inner.EVP_PKEY_sign_init.argtypes = inner.EVP_PKEY_encrypt_init.argtypes
        inner.EVP_PKEY_sign.argtypes = inner.EVP_PKEY_encrypt.argtypes
        assert inner.EVP_PKEY_sign_init(working) == 1
        return self._library._made(inner.EVP_PKEY_sign, working, digest)


def _der(parts):
    body = b"".join(_integer(parts[n : n + 32]) for n in (1, 33))
    text = parts[97:]
    body += b"\4\x20" + parts[65:97] + b"\4" + bytes([len(text)]) + text
    return b"\x30" + (b"\x81" if len(body) > 127 else b"") + bytes([len(body)]) + body


def _integer(big_endian):
    short = big_endian.lstrip(b"\0")
    short = (b"\0" if short[0] > 127 else b"") + short
    return b"\2" + bytes([len(short)]) + short
