"""What can go wrong, one class for each thing a caller can do differently.

`str()` of each is safe to show to a department: never a name, a number, a value or a key of
a person. Only `hub/http/problems.py` turns them into the outside form.

HubError
├── RefusedError               the caller can change the request
│   ├── UnauthenticatedError   get a token
│   ├── InvalidRequestError    fix the request
│   ├── InvalidDocumentError   fix the document; locations given
│   ├── TooCostlyError         ask for less; limit and cost given
│   ├── NotGrantedError        declare another purpose, or ask for a grant
│   └── EncryptionRefusedError have a key registered that answers can be encrypted to
├── UnavailableError           try again; nothing was disclosed
│   ├── AuditUnavailableError
│   ├── StoreUnavailableError
│   │   └── StoreBusyError     all connections to it are taken, and many wait
│   ├── WallError              the database has no role for this entitlement (yet)
│   └── KeysUnavailableError
├── SetupError                 the operator must change settings, files or keys
└── CorruptError               someone is paged; the caller can do nothing
    └── SealBrokenError        a stored value does not authenticate
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a GraphQL document; both count from 1."""

    line: int
    column: int


class HubError(Exception):
    """Root of everything the hub says about itself."""

    code: ClassVar[str] = "INTERNAL"
    status: ClassVar[int] = 500


class RefusedError(HubError):
    """The caller can change the request and try again."""

    status = 400


class UnauthenticatedError(RefusedError):
    """Get a token, or another one; `error` is the OAuth error code.

    `scheme` is how a token has to be sent; with `nonce` the proof beside it is to be made anew.
    """

    code = "UNAUTHENTICATED"
    status = 401

    def __init__(
        self,
        message: str,
        error: str = "invalid_token",
        *,
        scheme: str = "Bearer",
        nonce: str | None = None,
    ) -> None:
        """Keep the OAuth error code beside the message, and what the next proof needs."""
        super().__init__(message)
        self.error = error
        self.scheme = scheme
        self.nonce = nonce


class InvalidRequestError(RefusedError):
    """The request's form is wrong: headers, media type, body."""

    code = "BAD_REQUEST"


class InvalidDocumentError(RefusedError):
    """The document does not parse or validate, or a variable has the wrong form."""

    code = "GRAPHQL_VALIDATION_FAILED"

    def __init__(self, message: str, locations: tuple[Location, ...] = ()) -> None:
        """Keep where in the document it went wrong."""
        super().__init__(message)
        self.locations = locations


class TooCostlyError(RefusedError):
    """Ask for less: the message gives the limit and the cost."""

    code = "TOO_COSTLY"

    def __init__(
        self,
        message: str,
        *,
        limit: str = "cost",
        allowed: int = 0,
        cost: int | None = None,
        root: str | None = None,
    ) -> None:
        """Keep which limit, its value, and for the cost what it is and which root costs most."""
        super().__init__(message)
        self.limit = limit
        self.allowed = allowed
        self.cost = cost
        self.root = root


class NotGrantedError(RefusedError):
    """The whole operation is refused: a denied field steers it, or nothing of it is granted."""

    code = "NOT_GRANTED"
    status = 403

    def __init__(self, message: str, fields: tuple[str, ...] = ()) -> None:
        """Keep the catalogue fields that were refused."""
        super().__init__(message)
        self.fields = fields


class CaseRefusedError(NotGrantedError):
    """The case that was named is none the caller may work on today; the reason says why."""

    code = "CASE_REFUSED"

    def __init__(self, message: str, reason: str) -> None:
        """Keep the reason, as the list of denials has it."""
        super().__init__(message)
        self.reason = reason


class EncryptionRefusedError(RefusedError):
    """The answer must leave encrypted, and there is no key to encrypt it to; none was made."""

    code = "NO_ENCRYPTION_KEY"
    status = 403


class UnavailableError(HubError):
    """Try again after `retry_after_s`; nothing was disclosed."""

    code = "UNAVAILABLE"
    status = 503
    retry_after_s: ClassVar[int] = 1


class AuditUnavailableError(UnavailableError):
    """The access could not be put on record, so nothing was disclosed."""

    code = "AUDIT_UNAVAILABLE"


class StoreUnavailableError(UnavailableError):
    """PostgreSQL did not answer."""

    code = "STORE_UNAVAILABLE"


class StoreBusyError(StoreUnavailableError):
    """All connections to PostgreSQL are taken, and too many wait, or for too long."""

    code = "BUSY"


class WallError(UnavailableError):
    """The database opens no row to an entitlement: its role is missing, or lacks a right.

    After another policy was put in force this is as it should be, and the plan is made anew.
    """

    code = "WALL"


class KeysUnavailableError(UnavailableError):
    """A key is not to be had just now."""

    code = "KEYS_UNAVAILABLE"


class SetupError(HubError):
    """The operator must change settings, files or keys; the message says which."""

    code = "SETUP"


class CorruptError(HubError):
    """Stored data contradicts itself; someone is paged."""

    code = "CORRUPT"


class SealBrokenError(CorruptError):
    """A stored value does not authenticate: it was changed, moved, or sealed by another key."""

    code = "SEAL_BROKEN"
