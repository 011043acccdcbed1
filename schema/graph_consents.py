"""The mutations of authorisations and cases: what is put in, and what comes back.

People and households are named by their opaque ids; a signed paper by where it is kept.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import strawberry


@strawberry.input(description="What one person signed: sources, purposes, how long.")
class GivenAuthorisationInput:
    """An authorisation that did not come with a commitment."""

    person_id: strawberry.ID = strawberry.field(
        description="Person.id of the one whose data may be read."
    )
    sources: list[str] = strawberry.field(description="Departments, such as banks.")
    purposes: list[str] = strawberry.field(description="Purposes, such as VERIFY.")
    since: date | None = strawberry.field(
        default=None, description="The first day; default: today."
    )
    until: date = strawberry.field(description="The last day.")
    signed_by: strawberry.ID = strawberry.field(
        description="Person.id of who signed: the person, or the guardian."
    )
    lacks_capacity: bool = strawberry.field(
        default=False, description="Whether a guardian signs for an adult without capacity."
    )
    evidence: str = strawberry.field(description="Where the signed paper is kept.")


@strawberry.type(description="The authorisations are on file, one for each source and purpose.")
class AuthorisationReceipt:
    """The outcome of `giveAuthorisation`."""

    authorisation_ids: list[strawberry.ID] = strawberry.field(
        description="Authorisation.recordId of each."
    )
    until: date = strawberry.field(
        description="The last day; of a child's, at most the day before it is 14."
    )


@strawberry.input(description="Which authorisations are withdrawn; nothing narrower is all.")
class RevocationInput:
    """Withdrawn by the person, or by the guardian for who cannot."""

    person_id: strawberry.ID = strawberry.field(description="Person.id of whom they are about.")
    sources: list[str] | None = strawberry.field(
        default=None, description="Only for these departments."
    )
    purposes: list[str] | None = strawberry.field(
        default=None, description="Only for these purposes."
    )


@strawberry.type(description="They cover nothing any more, from now on.")
class RevocationReceipt:
    """The outcome of `revokeAuthorisation`."""

    revoked: int = strawberry.field(description="How many ended by it; none if they had already.")
    forgotten: int = strawberry.field(
        description="How many answers of live sources were deleted with them."
    )


MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "give_authorisation": (
        GivenAuthorisationInput,
        AuthorisationReceipt,
        "Put on file what a person authorised; it covers that person alone.",
    ),
    "revoke_authorisation": (
        RevocationInput,
        RevocationReceipt,
        "Withdraw what a person authorised; it acts at once.",
    ),
}
"""Each with its input, its outcome and what it does."""
