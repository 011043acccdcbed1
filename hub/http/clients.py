"""The registry of departments' systems that may sign in, with their public keys.

One `[[client]]` of the file is one system: `id`, `department`, `role`, `purposes`, if need be
`regions` that narrow it to its own area, and either `jwk` (a public key, in place) or `jwks_file`
(a JWK Set beside the registry, for rotation). The hub keeps public keys only; a private one in the
registry is refused.

Spec: RFC 7517; RFC 7591 for the meaning of jwks.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from hub.access import Purpose
from hub.errors import SetupError
from hub.http.jose import ALGORITHM
from hub.sealing.files import write_private

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")
_REGION: Final = re.compile(r"[0-9]{1,12}")

ReadFile = Callable[[str], str]
"""Gives the text of a file that the registry names, relative to the registry."""


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
    place = f"client {entry.id}"
    _check_id(place, "department", entry.department)
    _check_id(place, "role", entry.role)
    if not entry.purposes:
        raise SetupError(f"{place.capitalize()}: purposes names none; name at least one.")
    if not all(_REGION.fullmatch(region) for region in entry.regions or ()):
        raise SetupError(f"{place.capitalize()}: a region is 1 to 12 digits.")
    return Client(
        entry.id,
        entry.department,
        entry.role,
        frozenset(entry.purposes),
        _keys(place, entry, read),
        None if entry.regions is None else tuple(entry.regions),
        entry.quota,
        entry.documents == "trusted",
    )


def _check_id(place: str, name: str, text: str) -> None:
    if not _ID.fullmatch(text):
        raise SetupError(
            f"{place.capitalize()}: {name} must be 2 to 63 small letters, digits and hyphens."
        )


def _keys(place: str, entry: _Entry, read: ReadFile) -> KeySet:
    if (entry.jwk is None) == (entry.jwks_file is None):
        raise SetupError(f"{place.capitalize()} needs either jwk or jwks_file.")
    if entry.jwk is not None:
        return KeySet([_public_key(place, "jwk", dict(entry.jwk))])
    assert entry.jwks_file is not None  # noqa: S101 - one of the two, as checked
    try:
        found = msgspec.json.decode(read(entry.jwks_file), type=_Set).keys
    except (OSError, ValueError):
        raise SetupError(f"{place.capitalize()}: jwks_file cannot be read as a JWK Set.") from None
    if not found:
        raise SetupError(f"{place.capitalize()}: jwks_file has no key.")
    return KeySet([_public_key(place, "jwks_file", key) for key in found])


def _public_key(place: str, name: str, jwk: Mapping[str, object]) -> ECKey:
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
