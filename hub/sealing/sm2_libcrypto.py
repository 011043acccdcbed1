"""SM2 by the system's OpenSSL 3 (libcrypto), called through ctypes.

The library is looked for when it is wanted, not when the hub starts without SM2. Before it is used
it must verify the signature of the standard's own example. Every object that the library makes is
given back, however a call ends; an error of the library is taken off its list and never quoted.

Spec: EVP_PKEY-SM2(7), EVP_DigestSignInit(3), d2i_AutoPrivateKey(3); GB/T 32918.5 annex A.
"""

import ctypes
import ctypes.util
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p
from typing import Any, Final

from typing_extensions import override

from hub.errors import KeysUnavailableError, SealBrokenError, SetupError
from hub.sealing.sm2 import DEFAULT_ID, SPKI_HEAD, is_point

_NAMES: Final = ("libcrypto.so.4", "libcrypto.so.3")
_OLDEST: Final = 3
_MAJOR_SHIFT: Final = 28
_OID: Final = bytes.fromhex("06082a811ccf5501822d")
_BUFFER: Final = POINTER(ctypes.c_char)
_FUNCTIONS: Final[dict[str, tuple[Any, tuple[Any, ...]]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "ERR_clear_error": (None, ()),
    "EVP_sm3": (c_void_p, ()),
    "d2i_PUBKEY": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "d2i_AutoPrivateKey": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "i2d_PUBKEY": (c_int, (c_void_p, POINTER(_BUFFER))),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_new": (c_void_p, (c_void_p, c_void_p)),
    "EVP_PKEY_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_MD_CTX_set_pkey_ctx": (None, (c_void_p, c_void_p)),
    "EVP_DigestSignInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, _BUFFER, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
    "EVP_PKEY_encrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_encrypt": (c_int, (c_void_p, _BUFFER, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_PKEY_decrypt_init": (c_int, (c_void_p,)),
    "EVP_PKEY_decrypt": (c_int, (c_void_p, _BUFFER, POINTER(c_size_t), c_char_p, c_size_t)),
}
_EXAMPLE_POINT: Final = bytes.fromhex(
    "04"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
_EXAMPLE_SIGNATURE: Final = bytes.fromhex(
    "3046"
    "022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


class Libcrypto:
    """The library, loaded and tried."""

    def __init__(self, library: Any, name: str) -> None:
        """Declare what is called of a loaded library, and try it.

        Raises:
            SetupError: It is too old, lacks SM2, or does not verify what it must.
        """
        try:
            for function, (result, arguments) in _FUNCTIONS.items():
                declared = getattr(library, function)
                declared.restype, declared.argtypes = result, arguments
        except AttributeError:
            raise SetupError(f"{name} is no libcrypto of OpenSSL 3, which SM2 needs.") from None
        self._library = library
        self._name = name
        if self._library.OpenSSL_version_num() >> _MAJOR_SHIFT < _OLDEST:
            raise SetupError(f"{name} is older than OpenSSL 3, which SM2 needs.")
        try:
            good = self.verify(_EXAMPLE_POINT, b"message digest", _EXAMPLE_SIGNATURE)
        except SetupError:
            good = False
        if not good:
            raise SetupError(
                f"{name} does not do SM2: it was built without it, or its configuration allows "
                "other algorithms only. Set sm2 to off, or to another library."
            )

    @override
    def __repr__(self) -> str:
        """Show which."""
        return f"Libcrypto({self._name})"

    @classmethod
    def found(cls, path: str = "") -> "Libcrypto":
        """Return the library at `path`, or the system's.

        Raises:
            SetupError: There is none, or none that does SM2.
        """
        named = ctypes.util.find_library("crypto")
        names = [path] if path else [*_NAMES, *([named] if named else [])]
        for name in names:
            try:
                return cls(ctypes.CDLL(name), name)
            except OSError:
                continue
        raise SetupError(
            f"No libcrypto can be loaded ({', '.join(names)}): SM2 needs OpenSSL 3 of the system "
            "(Debian: libssl3). Install it, name it by sm2=libcrypto:PATH, or set sm2 to off."
        )

    def verify(
        self, public: bytes, message: bytes, signature: bytes, signer: bytes = DEFAULT_ID
    ) -> bool:
        """Tell whether the key signed the message, under the name of `signer`.

        Raises:
            SetupError: `public` is no point of the curve.
        """
        with self._public(public) as key, self._digesting(key, signer) as (begun, library):
            if library.EVP_DigestVerifyInit(begun, None, library.EVP_sm3(), None, key) != 1:
                raise SetupError("The library does not verify SM2 signatures.")
            done = library.EVP_DigestVerify(begun, signature, len(signature), message, len(message))
            return bool(done == 1)

    def encrypt(self, public: bytes, plain: bytes) -> bytes:
        """Return `plain` encrypted to the key.

        Raises:
            SetupError: `public` is no point of the curve, or there is nothing to encrypt.
        """
        library = self._library
        with self._public(public) as key, self._working(key) as working:
            done = plain and library.EVP_PKEY_encrypt_init(working) == 1
            made = done and self._made(library.EVP_PKEY_encrypt, working, plain)
            if not made:
                raise SetupError("The library encrypts nothing to this SM2 key.")
            return bytes(made)

    def key(self, der: bytes) -> "LibcryptoKey":
        """Return a private key, in DER (PKCS #8, or that of elliptic curves).

        Raises:
            SetupError: It is no SM2 private key.
        """
        return LibcryptoKey(self, der)

    @contextmanager
    def private(self, der: bytes) -> Iterator[int]:
        """Give a private key of the library.

        Raises:
            SetupError: It is no SM2 private key.
        """
        start = c_char_p(der)
        made = self._library.d2i_AutoPrivateKey(None, byref(start), len(der)) if _OID in der else 0
        with self._kept(made, self._library.EVP_PKEY_free, "no SM2 private key") as key:
            yield key

    def public_of(self, key: int) -> bytes:
        """Return the point of a key of the library.

        Raises:
            SetupError: It has none.
        """
        length = self._library.i2d_PUBKEY(key, None)
        room = ctypes.create_string_buffer(max(length, 0))
        start = ctypes.cast(room, _BUFFER)
        written = self._library.i2d_PUBKEY(key, byref(start)) if length > 0 else 0
        der = room.raw[:written]
        point = der[len(SPKI_HEAD) :]
        if not der.startswith(SPKI_HEAD) or not is_point(point):
            self._library.ERR_clear_error()
            raise SetupError("That is no SM2 private key.")
        return point

    def signed(self, key: int, message: bytes, signer: bytes) -> bytes:
        """Return a signature by a key of the library.

        Raises:
            KeysUnavailableError: The library refuses.
        """
        with self._digesting(key, signer) as (begun, library):
            done = library.EVP_DigestSignInit(begun, None, library.EVP_sm3(), None, key) == 1
            made = done and self._made(library.EVP_DigestSign, begun, message)
            if not made:
                raise KeysUnavailableError("The library signs nothing with this SM2 key.")
            return bytes(made)

    def decrypted(self, key: int, ciphertext: bytes) -> bytes:
        """Return what was encrypted to a key of the library.

        Raises:
            SealBrokenError: It was encrypted to another, or altered.
        """
        library = self._library
        with self._working(key) as working:
            done = library.EVP_PKEY_decrypt_init(working) == 1
            made = done and self._made(library.EVP_PKEY_decrypt, working, ciphertext)
            if not made:
                raise SealBrokenError("What was encrypted by SM2 does not open.")
            return bytes(made)

    def _made(self, call: Any, context: int, data: bytes) -> bytes:
        """Return what a call makes that is asked for the length first; b"" where it fails."""
        length = c_size_t()
        if call(context, None, byref(length), data, len(data)) != 1:
            return b""
        room = ctypes.create_string_buffer(length.value)
        done = call(context, room, byref(length), data, len(data))
        return room.raw[: length.value] if done == 1 else b""

    @contextmanager
    def _public(self, point: bytes) -> Iterator[int]:
        der = SPKI_HEAD + point
        start = c_char_p(der)
        made = self._library.d2i_PUBKEY(None, byref(start), len(der)) if is_point(point) else 0
        with self._kept(made, self._library.EVP_PKEY_free, "no point of the curve SM2") as key:
            yield key

    @contextmanager
    def _working(self, key: int) -> Iterator[int]:
        made = self._library.EVP_PKEY_CTX_new(key, None)
        with self._kept(made, self._library.EVP_PKEY_CTX_free, "no key to work with") as working:
            yield working

    @contextmanager
    def _digesting(self, key: int, signer: bytes) -> Iterator[tuple[int, Any]]:
        """Give a digest that is bound to the key and to the name of who signs."""
        library = self._library
        with (
            self._working(key) as working,
            self._kept(library.EVP_MD_CTX_new(), library.EVP_MD_CTX_free, "no digest") as begun,
        ):
            if library.EVP_PKEY_CTX_set1_id(working, signer, len(signer)) != 1:
                raise SetupError("The library takes no name of who signs by SM2.")
            library.EVP_MD_CTX_set_pkey_ctx(begun, working)
            yield begun, library

    @contextmanager
    def _kept(self, made: int | None, free: Any, lacking: str) -> Iterator[int]:
        """Give what the library made, and give it back; what it told of errors is forgotten.

        Raises:
            SetupError: It made nothing.
        """
        try:
            if not made:
                raise SetupError(f"That is {lacking}.")
            yield made
        finally:
            if made:
                free(made)
            self._library.ERR_clear_error()


class LibcryptoKey:
    """A private key in the memory of this process."""

    def __init__(self, library: Libcrypto, der: bytes) -> None:
        """Take a private key in DER.

        Raises:
            SetupError: It is no SM2 private key.
        """
        self._library = library
        self._der = der
        with library.private(der) as key:
            self._public = library.public_of(key)

    @override
    def __repr__(self) -> str:
        """Show which, not what."""
        return f"LibcryptoKey({self._public[1:9].hex()})"

    @property
    def public(self) -> bytes:
        """Its public half, 65 bytes."""
        return self._public

    def sign(self, message: bytes, signer: bytes = DEFAULT_ID) -> bytes:
        """Return a signature of the message, under the name of `signer`."""
        with self._library.private(self._der) as key:
            return self._library.signed(key, message, signer)

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return what was encrypted to the key.

        Raises:
            SealBrokenError: It was encrypted to another key, or altered.
        """
        with self._library.private(self._der) as key:
            return self._library.decrypted(key, ciphertext)
