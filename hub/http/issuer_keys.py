"""The public keys of somebody else's tokens: from a file, or fetched and kept for a while.

Keys are asked for only at the address that the operator wrote down. They are fresh for ten minutes
and kept for an hour while their issuer does not answer; after that nobody's token can be checked,
and none is taken. A token that names a key we do not have makes us look once more, so that an
issuer that changes its key fails nobody's request; but not more often than twice a minute, whoever
asks.

Spec: RFC 7517.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import httpx2
import msgspec
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet, OKPKey, RSAKey

from hub.errors import KeysUnavailableError, SetupError
from hub.http.origins import check_address

MAX_KEYS_BYTES: Final = 64 * 1024
FRESH_S: Final = 600.0
KEPT_S: Final = 3_600.0
LOOKS: Final = 2
LOOKS_IN_S: Final = 60.0
"""So many looks for keys that we do not know, in so long: a new key is found at once, also right
after another look, and who sends made-up names of keys makes us look no more often than that."""
RETRY_S: Final = 5.0
"""Between two attempts while the issuer does not answer."""
TIMEOUT_S: Final = 3.0
_MAX_KEYS: Final = 32
_MIN_RSA_BITS: Final = 2_048
_KEY_TYPES: Final[Mapping[str, tuple[str, str | None]]] = {
    "ES256": ("EC", "P-256"),
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
ALGORITHMS: Final = tuple(_KEY_TYPES)
"""What an operator may choose from: signatures by a private key only, no shared secret."""
_PARTS: Final = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}
_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("hub.http.issuers")

Fetch = Callable[[str], Awaitable[bytes]]
"""Gives what lies at an address, of at most 64 KiB.

Raises:
    FetchError: It is not to be had.
"""


class FetchError(Exception):
    """Somebody else's server did not answer as it must; `str()` says how, and nothing of what."""


class NoKeysError(Exception):
    """A text holds no key that could be used; the message says why."""


class IssuerKeys(Protocol):
    """Gives the keys of one issuer."""

    async def for_kid(self, kid: str | None) -> KeySet:
        """Return the keys to check a signature with that names `kid`.

        Raises:
            KeysUnavailableError: They are not to be had; take no token.
        """


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """Keys that an operator wrote down."""

    keys: KeySet

    async def for_kid(self, kid: str | None) -> KeySet:
        """Return all of them."""
        del kid
        return self.keys


@dataclass(slots=True)
class FetchedKeys:
    """Keys at an address; what is remembered belongs to one event loop."""

    name: str
    """How log lines call the issuer."""
    url: str
    algorithms: tuple[str, ...]
    fetch: Fetch
    monotonic: Callable[[], float]
    _keys: KeySet | None = None
    _got_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _looks: list[float] = field(default_factory=list)
    """When we looked for keys that we did not know, within `LOOKS_IN_S`."""
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def for_kid(self, kid: str | None) -> KeySet:
        """Return the keys, fetched anew if they are old, or if `kid` is none of them.

        Raises:
            KeysUnavailableError: None were had within the last hour.
        """
        if self._is_due(kid):
            async with self._looking:
                if self._is_due(kid):  # nobody else has looked meanwhile
                    if not self._is_old():
                        self._looks.append(self.monotonic())
                    await self._look()
        if self._keys is None or self.monotonic() - self._got_at > KEPT_S:
            raise KeysUnavailableError("The keys of the token's issuer are not to be had; wait.")
        return self._keys

    def _is_due(self, kid: str | None) -> bool:
        now = self.monotonic()
        if self._is_old():
            return now - self._tried_at >= RETRY_S
        if kid is None or self._keys is None or any(key.kid == kid for key in self._keys.keys):
            return False
        self._looks = [at for at in self._looks if now - at < LOOKS_IN_S]
        return len(self._looks) < LOOKS

    def _is_old(self) -> bool:
        return self._keys is None or self.monotonic() - self._got_at >= FRESH_S

    async def _look(self) -> None:
        before, self._tried_at = self._tried_at, self.monotonic()
        try:
            self._keys = usable_keys(await self.fetch(self.url), self.algorithms)
        except (FetchError, NoKeysError) as problem:
            _log.warning("keys of an issuer not had", issuer=self.name, reason=str(problem))
            return
        except asyncio.CancelledError:
            self._tried_at = before  # whoever looked has gone, and the next one looks
            raise
        self._got_at = self._tried_at
        _log.info("keys of an issuer fetched", issuer=self.name, keys=len(self._keys.keys))


@dataclass(frozen=True, slots=True)
class KeySources:
    """Where keys are had from: files beside the one that names them, and addresses."""

    folder: Path
    fetch: Fetch | None = None
    """None: over HTTP."""
    monotonic: Callable[[], float] = time.monotonic

    def keys(
        self,
        place: str,
        name: str,
        algorithms: Sequence[str],
        file: str | None,
        url: str | None,
    ) -> IssuerKeys:
        """Return the keys of an issuer from `file` or at `url`.

        Raises:
            SetupError: It is not one of the two, or not safe to ask, or no keys are in the file.
        """
        if (file is None) == (url is None):
            raise SetupError(f"{place} needs either jwks_file or jwks_url.")
        if url is not None:
            check_address(place, "jwks_url", url)
            return FetchedKeys(name, url, tuple(algorithms), self.fetch or fetched, self.monotonic)
        assert file is not None  # noqa: S101 - one of the two, as checked
        try:
            return FixedKeys(usable_keys((self.folder / file).read_bytes(), algorithms))
        except OSError:
            raise SetupError(f"{place}: jwks_file cannot be read.") from None
        except NoKeysError as problem:
            raise SetupError(f"{place}: jwks_file cannot be used: {problem}.") from None


class _Set(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


def usable_keys(text: bytes | str, algorithms: Sequence[str]) -> KeySet:
    """Return the keys of a JWK Set that can verify one of `algorithms`; others are passed over.

    Raises:
        NoKeysError: There is none, or a private one, or it is no JWK Set.
    """
    try:
        stated = msgspec.json.decode(text, type=_Set).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoKeysError("it is not a JWK Set") from None
    if len(stated) > _MAX_KEYS:
        raise NoKeysError(f"it has more than {_MAX_KEYS} keys")
    if any(name in jwk for jwk in stated for name in ("d", "k", "p", "q")):
        raise NoKeysError("it has a private or a shared key; publish public ones only")
    found = [key for jwk in stated if (key := _key(jwk, algorithms)) is not None]
    if not found:
        raise NoKeysError(f"it has no valid key for {' or '.join(algorithms)}")
    return KeySet(found)


def _key(jwk: Mapping[str, object], algorithms: Collection[str]) -> Key | None:
    kind, curve = jwk.get("kty"), jwk.get("crv")
    chosen = [name for name in algorithms if _KEY_TYPES[name] == (kind, curve)]
    if not chosen or jwk.get("alg", chosen[0]) not in chosen or jwk.get("use", "sig") != "sig":
        return None
    assert isinstance(kind, str)  # noqa: S101 - it is one of the types above
    wanted: dict[str, str | list[str]] = {
        part: str(jwk[part]) for part in ("kty", "kid", *_PARTS[kind]) if part in jwk
    }
    try:
        return _imported(kind, wanted)
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def _imported(kind: str, jwk: dict[str, str | list[str]]) -> Key | None:
    match kind:
        case "EC":
            key: Key = ECKey.import_key(jwk)
        case "OKP":
            key = OKPKey.import_key(jwk)
        case _:
            if len(jwk["n"]) * 6 < _MIN_RSA_BITS:  # a letter of base64url is six bits
                return None
            key = RSAKey.import_key(jwk)
            if key.public_key.key_size < _MIN_RSA_BITS:
                return None
    _ = key.public_key
    return key


async def fetched(url: str) -> bytes:
    """Return what lies at `url`: no redirect is followed, no proxy of the environment is used.

    Raises:
        FetchError: It did not come whole, in time, with status 200, and small enough.
    """
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            httpx2.AsyncClient(trust_env=False, timeout=TIMEOUT_S) as client,
            client.stream("GET", url, headers={"accept": "application/json"}) as response,
        ):
            if response.status_code != 200:  # noqa: PLR2004 - OK
                raise FetchError(f"it answered {response.status_code}")
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_KEYS_BYTES:
                    raise FetchError(f"it is longer than {MAX_KEYS_BYTES} bytes")
            return bytes(content)
    except TimeoutError:
        raise FetchError(f"it did not answer within {TIMEOUT_S:g} seconds") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        raise FetchError(type(problem).__name__) from None
