"""With which provider people sign in, and what each of their roles is here; nobody else gets in.

`[sign_in]` in the file of issuers is the OpenID provider, written down as other issuers are, and
one `[[sign_in.role]]` is one value of its role claim: the department, role and purposes that a
person with it has. It is a client of its own, `id`, with no key: only a session gets its tokens.

Spec: OpenID Connect Core 1.0, RP-Initiated Logout 1.0.
"""

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from hub.access import Purpose
from hub.errors import SetupError
from hub.http.clients import Client
from hub.http.issuer_keys import IssuerKeys, KeySources
from hub.http.issuers import Algorithm
from hub.http.origins import check_address
from hub.sealing.files import read_private

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_Name = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{1,62}$")]
_Region = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,12}$")]
_ADDRESSES: Final = ("authorization_endpoint", "token_endpoint", "end_session_endpoint")


class _Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    claim: _Text
    id: _Name
    department: _Name
    role: _Name
    purposes: Annotated[list[Purpose], msgspec.Meta(min_length=1)]
    regions: list[_Region] | None = None


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: _Text
    client_id: _Text
    authorization_endpoint: _Text
    token_endpoint: _Text
    algorithms: Annotated[list[Algorithm], msgspec.Meta(min_length=1)]
    role: Annotated[list[_Role], msgspec.Meta(min_length=1)]
    jwks_file: str | None = None
    jwks_url: str | None = None
    secret_file: str | None = None
    key_file: str | None = None
    end_session_endpoint: _Text | None = None
    role_claim: _Text = "roles"
    scope: _Text = "openid"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How people sign in."""

    issuer: str
    client_id: str
    authorization_endpoint: str
    token_endpoint: str
    end_session_endpoint: str | None
    algorithms: tuple[str, ...]
    keys: IssuerKeys
    role_claim: str
    scope: str
    roles: Mapping[str, Client]
    """What each value of the role claim is here."""
    secret: str | None = field(default=None, repr=False)
    key: ECKey | None = field(default=None, repr=False)
    """How the hub proves itself to the provider: one of the two, or neither (PKCE alone)."""

    @property
    def clients(self) -> Mapping[str, Client]:
        """What people are here, by id."""
        return {client.id: client for client in self.roles.values()}


def load_sign_in(
    text: str, sources: KeySources, clients: Collection[str], own: str
) -> SignIn | None:
    """Return how people sign in, or None if the file does not say; `clients` are ids of systems.

    Raises:
        SetupError: The field that is wrong, never a value.
    """
    try:
        table = tomllib.loads(text).get("sign_in")
    except tomllib.TOMLDecodeError as problem:
        raise SetupError(f"The file of issuers is no TOML: {problem}.") from None
    if table is None:
        return None
    try:
        entry = msgspec.convert(table, _Entry)
    except msgspec.ValidationError as problem:
        raise SetupError(f"sign_in is wrong: {problem}.") from None
    if entry.issuer == own:
        raise SetupError("sign_in: issuer is the hub itself.")
    for name in _ADDRESSES:
        address = getattr(entry, name)
        if address is not None:
            check_address("sign_in", name, address)
    keys = sources.keys("sign_in", "sign-in", entry.algorithms, entry.jwks_file, entry.jwks_url)
    if entry.secret_file is not None and entry.key_file is not None:
        raise SetupError("sign_in has secret_file or key_file, not both.")
    return SignIn(
        entry.issuer,
        entry.client_id,
        entry.authorization_endpoint,
        entry.token_endpoint,
        entry.end_session_endpoint,
        tuple(entry.algorithms),
        keys,
        entry.role_claim,
        entry.scope,
        _roles(entry.role, clients),
        _secret(sources.folder, entry.secret_file),
        _key(sources.folder, entry.key_file),
    )


def read_sign_in(path: Path, clients: Collection[str], own: str) -> SignIn | None:
    """Return how people sign in by the file at `path`; they do not, if there is no file.

    Raises:
        SetupError: It, or a file that it names, cannot be read or is wrong.
    """
    try:
        text = path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError):
        raise SetupError(f"The file of issuers {path} cannot be read.") from None
    return load_sign_in(text, KeySources(path.parent), clients, own)


def _roles(roles: list[_Role], clients: Collection[str]) -> Mapping[str, Client]:
    found: dict[str, Client] = {}
    ids = set(clients)
    for role in roles:
        if role.id in ids or role.claim in found:
            raise SetupError(f"sign_in: {role.id}, or its claim, stands twice or is a client's.")
        ids.add(role.id)
        found[role.claim] = Client(
            role.id,
            role.department,
            role.role,
            frozenset(role.purposes),
            KeySet([]),
            None if role.regions is None else tuple(role.regions),
        )
    return found


def _secret(folder: Path, name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return read_private(folder / name).decode("ascii").strip()
    except UnicodeDecodeError:
        raise SetupError("sign_in: secret_file holds more than plain characters.") from None


def _key(folder: Path, name: str | None) -> ECKey | None:
    if name is None:
        return None
    try:
        return ECKey.import_key(json.loads(read_private(folder / name)))
    except (ValueError, JoseError):
        raise SetupError("sign_in: key_file cannot be read as an ES256 JWK.") from None
