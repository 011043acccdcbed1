"""The systems of departments that may sign in, with their public keys, and the file of them.

The file is what a hub begins with; what `hub clients` registers stands in the database and counts
for more (`hub.http.registry`). One `[[client]]` of the file is one system: `id`, `department`,
`role`, `purposes`, if need be `regions` that narrow it to its own area, `sender_constraint` (how
its tokens are bound to it: a key by "dpop", its certificate by "mtls", or "bearer", which binds
them only if it asks for it by sending a proof), `resource_server = true` for one that may ask
whether tokens are good (it may have no purposes), and either `jwk` (a public key, in place) or
`jwks_file` (a JWK Set beside the registry, for rotation). The hub keeps public keys only; a private
one in the registry is refused.

Spec: RFC 7517; RFC 7591 for the meaning of jwks.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, KeySet

from hub.access import Purpose
from hub.errors import SetupError
from hub.http.encryption import Encryption, read_encryption_keys
from hub.http.jose import ALGORITHM
from hub.sealing.files import write_private
from hub.sealing.recipients import JoseRecipient

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_REGION: Final = re.compile(r"[0-9]{1,12}")
_THUMBPRINT: Final = re.compile(r"[A-Za-z0-9_-]{43}")

SenderConstraint = Literal["dpop", "mtls", "bearer"]
ReadFile = Callable[[str], str]
"""Gives the text of a file that the registry names, relative to the registry."""


class Span(NamedTuple):
    """From when until when a key is good; None: since ever, for good."""

    begins: datetime | None = None
    ends: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether the key is good at `now`; not any more at its end."""
        begun = self.begins is None or self.begins <= now
        return begun and (self.ends is None or now < self.ends)


class EncryptionKey(NamedTuple):
    """What answers are encrypted to, when it is good, and its public parts as they are stored."""

    recipient: JoseRecipient
    span: Span
    jwk: Mapping[str, str]


_ALWAYS: Final = Span()


@dataclass(frozen=True, slots=True)
class Client:
    """One department's system: who it speaks for, and how it proves that."""

    id: str
    department: str
    role: str
    purposes: frozenset[Purpose]
    keys: KeySet = field(repr=False, compare=False)
    area: tuple[str, ...] | None = None
    """Prefixes of the only regions whose rows it may see; None: as its entitlement has it."""
    quota: int | None = None
    """Cost units of each window that it may use of its department's quota; None: all of them."""
    is_bound: bool = False
    """Whether it may run registered documents only."""
    sender_constraint: SenderConstraint = "bearer"
    """What its tokens must be bound to; "bearer": to nothing, unless it sends a proof."""
    is_resource_server: bool = False
    """Whether it may ask if a token of somebody else is good."""
    spans: Mapping[str, Span] = field(default_factory=dict, repr=False)
    """When each key is good, by `kid`; one that is not here always is."""
    certificates: frozenset[str] = frozenset()
    """Thumbprints (x5t#S256) of the only certificates its tokens are bound to; none: to any."""
    tokens_from: float = 0.0
    """Tokens issued earlier are taken no more: seconds since the epoch."""
    encryption: Encryption = "none"
    """How its answers leave, at the least."""
    encryption_keys: tuple[EncryptionKey, ...] = field(default=(), repr=False, compare=False)

    def keys_at(self, now: datetime) -> KeySet:
        """Return the keys that prove it at `now`."""
        if not self.spans:
            return self.keys
        good = [k for k in self.keys.keys if self.spans.get(k.kid or "", _ALWAYS).holds(now)]
        return KeySet(good)

    def encryption_key_at(self, now: datetime) -> JoseRecipient | None:
        """Return what its answers are encrypted to at `now`: of the good keys, the one begun last.

        Of two that were good since ever, or began together, it is the one that was added last.
        """
        found: EncryptionKey | None = None
        for key in self.encryption_keys:
            if key.span.holds(now) and (found is None or not _began_before(key, found)):
                found = key
        return None if found is None else found.recipient

    def encryption_ends(self, now: datetime, until: datetime) -> datetime | None:
        """Return the first moment, of those from `now` to `until`, at which no key is good."""
        ends = (key.span.ends for key in self.encryption_keys)
        for moment in sorted({now, *(end for end in ends if end and now < end <= until)}):
            if self.encryption_key_at(moment) is None:
                return moment
        return None


def _began_before(one: EncryptionKey, other: EncryptionKey) -> bool:
    begins = other.span.begins
    return begins is not None and (one.span.begins is None or one.span.begins < begins)


def encryption_key(jwk: Mapping[str, str], span: Span = _ALWAYS) -> EncryptionKey:
    """Return a stored key, ready to encrypt to.

    Raises:
        SetupError: It cannot be read.
    """
    return EncryptionKey(JoseRecipient(jwk), span, jwk)


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    department: str
    role: str
    purposes: list[Purpose]
    regions: list[str] | None = None
    jwk: dict[str, str] | None = None
    jwks_file: str | None = None
    quota: Annotated[int, msgspec.Meta(ge=1)] | None = None
    documents: Literal["any", "trusted"] = "any"
    sender_constraint: SenderConstraint = "bearer"
    resource_server: bool = False
    encryption: Encryption = "none"
    encryption_jwks_file: str | None = None


class _Set(msgspec.Struct, frozen=True):
    keys: list[dict[str, object]]


def load_clients(text: str, read: ReadFile) -> Mapping[str, Client]:
    """Return the clients of a registry by their id.

    Raises:
        SetupError: The client and the field that is wrong, never a value.
    """
    try:
        tables = tomllib.loads(text).get("client", [])
    except tomllib.TOMLDecodeError as problem:
        raise SetupError(f"The registry of clients is no TOML: {problem}.") from None
    if not isinstance(tables, list):
        raise SetupError("The registry of clients has no [[client]] tables, but something else.")
    clients: dict[str, Client] = {}
    for number, table in enumerate(tables, 1):
        client = _client(f"client {number} of the registry", table, read)
        if client.id in clients:
            raise SetupError(f"The registry has two clients with the id {client.id}.")
        clients[client.id] = client
    return clients


def read_clients(path: Path) -> Mapping[str, Client]:
    """Return the clients of the registry at `path`.

    Raises:
        SetupError: It, or a file that it names, cannot be read or is wrong.
    """

    def read(name: str) -> str:
        return (path.parent / name).read_text("utf-8")

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SetupError(f"The registry of clients {path} cannot be read.") from None
    return load_clients(text, read)


def make_client_key(folder: Path, client_id: str) -> ECKey:
    """Return the key of a client, made at `folder`/<id>.jwk (mode 0600) if it has none yet.

    Raises:
        SetupError: The file is there and holds no ES256 key.
    """
    _check_id(f"client {client_id!r}", "id", client_id)
    path = folder / f"{client_id}.jwk"
    if path.exists():
        return read_client_key(path)
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM})
    key.ensure_kid()
    write_private(path, json.dumps(key.as_dict(private=True)).encode())
    return key


def read_client_key(path: Path) -> ECKey:
    """Return the private key in a client's key file.

    Raises:
        SetupError: It cannot be read or holds no ES256 key.
    """
    try:
        return ECKey.import_key(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, JoseError):
        raise SetupError(f"The key file {path} cannot be read as an ES256 JWK.") from None


def registry_entry(
    client_id: str,
    department: str,
    role: str,
    purposes: Iterable[str],
    key: ECKey,
    regions: Sequence[str] | None = None,
) -> str:
    """Return the `[[client]]` table for a registry, with the public half of `key`."""
    public = {name: str(value) for name, value in key.as_dict(private=False).items()}
    jwk = ", ".join(f"{name} = {json.dumps(value)}" for name, value in sorted(public.items()))
    return (
        f"[[client]]\nid = {json.dumps(client_id)}\ndepartment = {json.dumps(department)}\n"
        f"role = {json.dumps(role)}\npurposes = {json.dumps(sorted(purposes))}\n"
        + ("" if regions is None else f"regions = {json.dumps(list(regions))}\n")
        + f"jwk = {{ {jwk} }}\n"
    )


def _client(place: str, table: object, read: ReadFile) -> Client:
    try:
        entry = msgspec.convert(table, _Entry)
    except msgspec.ValidationError as problem:
        raise SetupError(f"{place.capitalize()} is wrong: {problem}.") from None
    _check_id(place, "id", entry.id)
    return checked(
        Client(
            entry.id,
            entry.department,
            entry.role,
            frozenset(entry.purposes),
            _keys(f"client {entry.id}", entry, read),
            None if entry.regions is None else tuple(entry.regions),
            entry.quota,
            entry.documents == "trusted",
            entry.sender_constraint,
            entry.resource_server,
            encryption=entry.encryption,
            encryption_keys=_encryption_keys(f"client {entry.id}", entry, read),
        )
    )


def _encryption_keys(place: str, entry: _Entry, read: ReadFile) -> tuple[EncryptionKey, ...]:
    if entry.encryption_jwks_file is None:
        return ()
    try:
        text = read(entry.encryption_jwks_file)
    except (OSError, UnicodeDecodeError):
        raise SetupError(f"{place.capitalize()}: encryption_jwks_file cannot be read.") from None
    return tuple(map(encryption_key, read_encryption_keys(f"the key set of {place}", text)))


def checked(client: Client) -> Client:
    """Return `client`, whose words have the form that they must have.

    Raises:
        SetupError: The field that is wrong, never a value.
    """
    place = f"client {client.id}"
    _check_id("a client of the registry", "id", client.id)
    _check_id(place, "department", client.department)
    _check_id(place, "role", client.role)
    if not client.purposes and not client.is_resource_server:
        raise SetupError(f"{place.capitalize()}: purposes names none; name at least one.")
    if not all(_REGION.fullmatch(region) for region in client.area or ()):
        raise SetupError(f"{place.capitalize()}: a region is 1 to 12 digits.")
    if not all(_THUMBPRINT.fullmatch(each) for each in client.certificates):
        raise SetupError(
            f"{place.capitalize()}: a certificate is 43 characters of base64url (x5t#S256)."
        )
    kids = [key.recipient.kid for key in client.encryption_keys]
    if len(set(kids)) != len(kids):
        raise SetupError(f"{place.capitalize()}: two encryption keys have the same kid.")
    if client.encryption != "none" and not kids:
        raise SetupError(
            f"{place.capitalize()}: encryption is {client.encryption}, and there is no key to "
            "encrypt to. Add one, or nothing could be answered."
        )
    return client


def _check_id(place: str, name: str, text: str) -> None:
    if not _ID.fullmatch(text):
        raise SetupError(
            f"{place.capitalize()}: {name} must be 2 to 63 small letters, digits and hyphens."
        )


def _keys(place: str, entry: _Entry, read: ReadFile) -> KeySet:
    if (entry.jwk is None) == (entry.jwks_file is None):
        raise SetupError(f"{place.capitalize()} needs either jwk or jwks_file.")
    if entry.jwk is not None:
        return KeySet([public_key(place, "jwk", dict(entry.jwk))])
    assert entry.jwks_file is not None  # noqa: S101 - one of the two, as checked
    try:
        found = msgspec.json.decode(read(entry.jwks_file), type=_Set).keys
    except (OSError, ValueError):
        raise SetupError(f"{place.capitalize()}: jwks_file cannot be read as a JWK Set.") from None
    if not found:
        raise SetupError(f"{place.capitalize()}: jwks_file has no key.")
    return KeySet([public_key(place, "jwks_file", key) for key in found])


def public_parts(key: Key) -> dict[str, str]:
    """Return the public half of a key as a JWK that names itself (`kid`)."""
    key.ensure_kid()
    told = key.as_dict(private=False)
    return {name: str(told[name]) for name in ("kty", "crv", "x", "y", "kid")}


def keys_in(path: Path) -> list[dict[str, str]]:
    """Return the public keys of a file, a JWK or a JWK Set, each with its `kid`.

    Raises:
        SetupError: It cannot be read, or holds none, or one that is not for us or is private.
    """
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError):
        raise SetupError(f"The key file {path} cannot be read as a JWK or a JWK Set.") from None
    listed = content.get("keys", [content]) if isinstance(content, dict) else []
    if not listed or not all(isinstance(each, dict) for each in listed):
        raise SetupError(f"The key file {path} has no key.")
    return [public_parts(public_key("the key file", path.name, each)) for each in listed]


def public_key(place: str, name: str, jwk: Mapping[str, object]) -> ECKey:
    """Return the key of a JWK, if it is the public half of one that signs with ES256.

    Raises:
        SetupError: It is not; `place` and `name` say where it stands.
    """
    if "d" in jwk:
        raise SetupError(f"{place.capitalize()}: {name} holds a private key; make a new key pair.")
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise SetupError(f"{place.capitalize()}: {name} must be an EC key on P-256.")
    if jwk.get("alg", ALGORITHM) != ALGORITHM or jwk.get("use", "sig") != "sig":
        raise SetupError(f"{place.capitalize()}: {name} must be for signing with {ALGORITHM}.")
    wanted: dict[str, str | list[str]] = {
        part: str(jwk[part]) for part in ("kty", "crv", "x", "y", "kid") if part in jwk
    }
    try:
        key = ECKey.import_key(wanted)
        key.check_use("sig")
        _ = key.public_key
    except (JoseError, ValueError, KeyError):
        raise SetupError(f"{place.capitalize()}: {name} is not a valid public key.") from None
    return key
