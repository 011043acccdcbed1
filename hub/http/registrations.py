"""What stands in the database about a client, and what may be done to it; pure.

A registration is a JSON document. Who is disabled or removed stays on file, so that its tokens stay
worthless and an entry of the same id in the file of clients does not come back.

Spec: RFC 7517 (JWK), RFC 7523 (private_key_jwt), RFC 8705 (certificates).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
from joserfc.jwk import KeySet

from hub.access import Purpose
from hub.errors import SetupError
from hub.http.clients import (
    Client,
    SenderConstraint,
    Span,
    checked,
    encryption_key,
    public_key,
    public_parts,
)
from hub.http.encryption import Encryption

MAX_GOOD_KEYS: Final = 2
"""At any one time: the one in use and the one that comes after it."""
MAX_CERTIFICATES: Final = 2
HEARD_S: Final = 1.0
"""So long after a change a worker may still issue a token by what was registered before."""

State = Literal["active", "disabled", "removed"]


class DatedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A public key of a client, and when it is good."""

    jwk: dict[str, str]
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def kid(self) -> str:
        """How assertions name the key."""
        return self.jwk["kid"]

    @property
    def span(self) -> Span:
        """When it is good."""
        return Span(self.begins, self.ends)


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is registered of one client."""

    department: str
    role: str
    purposes: list[Purpose]
    keys: list[DatedKey]
    regions: list[str] | None = None
    quota: int | None = None
    documents: Literal["any", "trusted"] = "any"
    sender_constraint: SenderConstraint = "bearer"
    certificates: list[str] = []
    resource_server: bool = False
    state: State = "active"
    tokens_from: datetime | None = None
    """Tokens issued earlier are taken no more."""
    encryption: Encryption = "none"
    encryption_keys: list[DatedKey] = []


def document_of(registration: Registration) -> str:
    """Return a registration as it is stored."""
    return msgspec.json.encode(registration).decode()


def registration_in(document: str) -> Registration:
    """Return the registration that is stored.

    Raises:
        SetupError: It is not of this version of the hub.
    """
    try:
        return msgspec.json.decode(document, type=Registration)
    except msgspec.ValidationError:
        raise SetupError("A stored client is not of this version of the hub.") from None


def client_of(client_id: str, registration: Registration) -> Client:
    """Return the client that is registered, whatever its state.

    Raises:
        SetupError: The field that is wrong, never a value.
    """
    made = registration
    if made.quota is not None and made.quota < 1:
        raise SetupError(f"Client {client_id}: quota is at least 1.")
    if len(made.certificates) > MAX_CERTIFICATES:
        raise SetupError(f"Client {client_id}: {MAX_CERTIFICATES} certificates at a time.")
    if made.certificates and made.sender_constraint != "mtls":
        raise SetupError(f"Client {client_id}: certificates need sender_constraint mtls.")
    return checked(
        Client(
            client_id,
            made.department,
            made.role,
            frozenset(made.purposes),
            KeySet([public_key(f"client {client_id}", "key", dict(k.jwk)) for k in made.keys]),
            None if made.regions is None else tuple(made.regions),
            made.quota,
            made.documents == "trusted",
            made.sender_constraint,
            made.resource_server,
            {key.kid: key.span for key in made.keys},
            frozenset(made.certificates),
            0.0 if made.tokens_from is None else made.tokens_from.timestamp(),
            made.encryption,
            tuple(encryption_key(key.jwk, key.span) for key in made.encryption_keys),
        )
    )


def taken_over(client: Client) -> Registration:
    """Return the registration of a client that stood in the file until now."""
    return Registration(
        department=client.department,
        role=client.role,
        purposes=sorted(client.purposes),
        keys=[DatedKey(public_parts(key)) for key in client.keys.keys],
        regions=None if client.area is None else list(client.area),
        quota=client.quota,
        documents="trusted" if client.is_bound else "any",
        sender_constraint=client.sender_constraint,
        resource_server=client.is_resource_server,
        encryption=client.encryption,
        encryption_keys=[DatedKey(dict(key.jwk)) for key in client.encryption_keys],
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What a step makes of a registration, and the `kid`s of the keys that it is about."""

    registration: Registration
    keys: Sequence[str] = ()


def registered(earlier: Registration | None, made: Registration) -> Change:
    """Return a new client's registration; one that was removed may be registered anew.

    Raises:
        SetupError: It is registered already, or more than two of its keys are good at a time.
    """
    if earlier is not None and earlier.state != "removed":
        raise SetupError("It is registered already; add or retire its keys, or remove it first.")
    _check_keys(made.keys)
    _check_keys(made.encryption_keys)
    tokens_from = None if earlier is None else earlier.tokens_from
    made = msgspec.structs.replace(made, tokens_from=tokens_from)
    return Change(made, [key.kid for key in (*made.keys, *made.encryption_keys)])


def with_key(earlier: Registration, key: DatedKey, now: datetime) -> Change:
    """Return the registration with one key more; keys that ended are forgotten.

    Raises:
        SetupError: It has that key already, or more than two would be good at a time.
    """
    _check_there(earlier)
    keys = _with(earlier.keys, key, now)
    return Change(msgspec.structs.replace(earlier, keys=keys), [key.kid])


def with_encryption_key(earlier: Registration, key: DatedKey, now: datetime) -> Change:
    """Return the registration with one encryption key more; keys that ended are forgotten.

    A key without a date begins now, so that it is the one that is used from now on.

    Raises:
        SetupError: It has that key already, or more than two would be good at a time.
    """
    _check_there(earlier)
    key = msgspec.structs.replace(key, begins=key.begins or now)
    keys = _with(earlier.encryption_keys, key, now)
    return Change(msgspec.structs.replace(earlier, encryption_keys=keys), [key.kid])


def without_encryption_key(
    earlier: Registration, kid: str, ends: datetime, now: datetime
) -> Change:
    """Return the registration in which nothing is encrypted to a key from `ends` on.

    Raises:
        SetupError: It has no such key, or none would be left although its answers must be
            encrypted.
    """
    _check_there(earlier)
    keys = _ended(earlier.encryption_keys, kid, ends)
    if earlier.encryption != "none" and not any(key.span.holds(max(ends, now)) for key in keys):
        raise SetupError(
            "No other encryption key would be good then, and its answers must be encrypted: add "
            "the next one first, or disable the client."
        )
    return Change(msgspec.structs.replace(earlier, encryption_keys=keys), [kid])


def with_encryption(earlier: Registration, encryption: Encryption, now: datetime) -> Change:
    """Return the registration of a client whose answers leave like that, at the least.

    Raises:
        SetupError: It has no key that they could be encrypted to now.
    """
    _check_there(earlier)
    good = [key.kid for key in earlier.encryption_keys if key.span.holds(now)]
    if encryption != "none" and not good:
        raise SetupError(
            "It has no encryption key that is good now: `hub clients add-encryption-key` first."
        )
    return Change(msgspec.structs.replace(earlier, encryption=encryption), good)


def without_key(
    earlier: Registration, kid: str, ends: datetime, now: datetime, *, revoke: bool
) -> Change:
    """Return the registration in which a key is good no more from `ends` on.

    `revoke`: tokens that were issued until now are taken no more, whichever key asked for them.

    Raises:
        SetupError: It has no such key, or no key would be left that is good then.
    """
    _check_there(earlier)
    keys = _ended(earlier.keys, kid, ends)
    if not any(key.span.holds(ends) for key in keys):
        raise SetupError(
            "No other key would be good then: add the next one first, or disable the client."
        )
    made = msgspec.structs.replace(earlier, keys=keys)
    return Change(_stopped(made, now) if revoke else made, [kid])


def disabled(earlier: Registration, now: datetime) -> Change:
    """Return the registration of a client that gets no token, and whose tokens are worthless.

    Raises:
        SetupError: It is not registered.
    """
    _check_there(earlier)
    return Change(_stopped(msgspec.structs.replace(earlier, state="disabled"), now))


def enabled(earlier: Registration) -> Change:
    """Return the registration of a client that may sign in again; its old tokens stay worthless.

    Raises:
        SetupError: It is not registered.
    """
    _check_there(earlier)
    return Change(msgspec.structs.replace(earlier, state="active"))


def removed(earlier: Registration, now: datetime) -> Change:
    """Return what is left of a client that is registered no more: no keys.

    Raises:
        SetupError: It is not registered.
    """
    _check_there(earlier)
    gone = [key.kid for key in (*earlier.keys, *earlier.encryption_keys)]
    left = msgspec.structs.replace(
        earlier, state="removed", keys=[], encryption="none", encryption_keys=[]
    )
    return Change(_stopped(left, now), gone)


def _stopped(registration: Registration, now: datetime) -> Registration:
    at = now + timedelta(seconds=HEARD_S)
    return msgspec.structs.replace(registration, tokens_from=at)


def _with(keys: Sequence[DatedKey], key: DatedKey, now: datetime) -> list[DatedKey]:
    """Return the keys with one more and without those that ended."""
    kept = [each for each in keys if each.ends is None or each.ends > now]
    if key.kid in {each.kid for each in kept}:
        raise SetupError("It has a key of that kid already; a new key has a name of its own.")
    if key.ends is not None and key.ends <= (key.begins or now):
        raise SetupError("The key ends before it begins.")
    _check_keys([*kept, key])
    return [*kept, key]


def _ended(keys: Sequence[DatedKey], kid: str, ends: datetime) -> list[DatedKey]:
    """Return the keys, of which one ends at `ends` unless it ends earlier anyway."""
    if kid not in {key.kid for key in keys}:
        raise SetupError("It has no key of that kid; `hub clients show` names them.")
    return [
        msgspec.structs.replace(k, ends=ends) if k.kid == kid and _is_later(k, ends) else k
        for k in keys
    ]


def _is_later(key: DatedKey, ends: datetime) -> bool:
    return key.ends is None or key.ends > ends


def _check_there(registration: Registration) -> None:
    if registration.state == "removed":
        raise SetupError("It is not registered any more.")


def _check_keys(keys: Sequence[DatedKey]) -> None:
    if len({key.kid for key in keys}) != len(keys):
        raise SetupError("Two keys have the same kid.")
    moments = [key.begins for key in keys if key.begins is not None]
    for moment in [None, *moments]:
        good = sum(_holds_then(key, moment) for key in keys)
        if good > MAX_GOOD_KEYS:
            raise SetupError(
                f"{MAX_GOOD_KEYS} keys can be good at a time: retire one, or let one begin later."
            )


def _holds_then(key: DatedKey, moment: datetime | None) -> bool:
    """Whether a key is good at `moment`; None: before anything that has a date."""
    return key.begins is None if moment is None else key.span.holds(moment)
