"""The mutations of notification and commitment: what is put in, and what comes back.

People and households are named by their opaque ids. What comes back is flat: verdicts, ids and
days; what was declared or found is read through the graph, by whoever may.
"""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Final

import strawberry

from schema.graph_types import Cents


@strawberry.enum(description="How far a commitment was kept; nothing is assumed.")
class PerformanceFound(Enum):
    """What a person determined."""

    ALL = "all"
    PART = "part"
    NONE = "none"


@strawberry.input(description="That the applicant was told what is to be proved, and how.")
class NoticeInput:
    """A notice, with the applicant's receipt for it."""

    household_id: strawberry.ID = strawberry.field(
        description="Household.id of the applicant's family."
    )
    applicant_id: strawberry.ID = strawberry.field(description="Person.id of the applicant.")
    category: str = strawberry.field(description="Code list assistance_category, such as DB.")
    application_number: str = strawberry.field(
        description="The department's number of the application."
    )
    notice_version: str = strawberry.field(description="Which text of the notice was read.")
    channel: str = strawberry.field(description="How it was given, such as counter or app.")
    read_on: date = strawberry.field(description="The day on which the applicant signed for it.")
    serious_bad_record: bool | None = strawberry.field(
        default=None, description="What a credit platform told; null: nobody was asked."
    )


@strawberry.type(description="The notice on file, and whether a commitment is open.")
class NoticeReceipt:
    """The outcome of `giveNotice`."""

    notice_id: strawberry.ID = strawberry.field(description="Names the notice in `commit`.")
    state: str = strawberry.field(
        description="Whether a commitment is open, code list credit_state."
    )
    not_open: str | None = strawberry.field(description="Why a commitment is not open.")
    undecided: list[str] = strawberry.field(description="What of that no source could tell.")
    exempted_papers: list[str] = strawberry.field(
        description="Categories of papers that a commitment replaces."
    )


@strawberry.input(description="What one person signed: which sources may be asked, how long.")
class AuthorisationInput:
    """Signed by the person, or by a guardian for who cannot."""

    person_id: strawberry.ID = strawberry.field(
        description="Person.id of the one who may be asked about."
    )
    sources: list[str] = strawberry.field(description="Departments, such as banks.")
    until: date = strawberry.field(description="The last day.")
    signed_by: strawberry.ID = strawberry.field(
        description="Person.id of who signed: the person, or the guardian."
    )


@strawberry.input(description="What the applicant commits to, declares and signs.")
class CommitmentInput:
    """The commitment, the declaration and the authorisations, handed in together."""

    notice_id: strawberry.ID = strawberry.field(
        description="The notice that the applicant was given."
    )
    members: list[strawberry.ID] = strawberry.field(
        description="Person.id of each declared member."
    )
    other_members: int = strawberry.field(
        default=0, description="Declared members that the hub does not know."
    )
    monthly_income_cents: Cents = strawberry.field(
        description="Declared income of the household in a month."
    )
    vehicles: int = strawberry.field(description="How many vehicles the household declares.")
    properties: int = strawberry.field(description="How many dwellings and plots it declares.")
    businesses: int = strawberry.field(description="How many businesses it declares.")
    deposit_cents: Cents = strawberry.field(
        description="Declared deposits and securities together."
    )
    authorisations: list[AuthorisationInput] = strawberry.field(
        description="What each person signed."
    )
    supporters: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="People outside the household, each signing for himself."
    )
    without_capacity: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="Members without or with limited civil capacity; a guardian signs for them.",
    )
    staff_commits: bool = strawberry.field(description="Whether the handling staff commit too.")


@strawberry.type(description="The commitment has its code; the clocks run.")
class CommitmentReceipt:
    """The outcome of `commit`."""

    code: str = strawberry.field(description="The commitment's code, 20 digits.")
    state: str = strawberry.field(
        description="Where the commitment is now, code list credit_state."
    )
    authorisations: int = strawberry.field(description="How many are on file for it.")
    verification_due_on: date = strawberry.field(description="Last day for the verification.")
    due_on: date = strawberry.field(description="Last day for the decision.")


@strawberry.input(description="Which commitment is to be verified.")
class VerificationInput:
    """A verification; the same report number again gives the same verdict."""

    code: str = strawberry.field(description="The commitment's code.")
    report_number: str = strawberry.field(
        description="The verification centre's number of its report."
    )
    supporters: list[strawberry.ID] = strawberry.field(
        default_factory=list,
        description="People outside the household; each needs an authorisation of their own.",
    )


@strawberry.type(description="The verdicts; what was found is not kept.")
class VerificationReceipt:
    """The outcome of `verifyCommitment`."""

    grade: str = strawberry.field(description="The verdict over all items, code list credit_grade.")
    state: str = strawberry.field(
        description="Where the commitment is now, code list credit_state."
    )
    different: list[str] = strawberry.field(description="Items with a material difference.")
    undecided: list[str] = strawberry.field(description="Items that a silent source left open.")
    requested_sources: list[str] = strawberry.field(description="Sources that were to be asked.")
    returned_sources: list[str] = strawberry.field(
        description="Sources that answered about everybody."
    )
    silent_sources: list[str] = strawberry.field(
        description="Sources that did not answer about everybody, each with the reason."
    )


@strawberry.input(description="The decision on the simplified path.")
class ConfirmationInput:
    """A decision of civil affairs about a commitment that is basically consistent."""

    code: str = strawberry.field(description="The commitment's code.")
    start_date: date = strawberry.field(description="First day of the assistance.")
    end_date: date | None = strawberry.field(
        default=None, description="Last day, if it is limited."
    )
    decision_number: str = strawberry.field(description="Number of the decision document.")
    decided_on: date = strawberry.field(description="Day of the decision.")


@strawberry.type(description="The family is recognised; receivers are told.")
class ConfirmationReceipt:
    """The outcome of `confirmCommitment`."""

    state: str = strawberry.field(
        description="Where the commitment is now, code list credit_state."
    )
    people: int = strawberry.field(description="How many members were recognised.")
    message_ids: list[strawberry.ID] = strawberry.field(
        description="A message for each member and receiver."
    )
    closed_alert_id: strawberry.ID | None = strawberry.field(
        description="The open alert that it closed, if there was one."
    )
    platform_message_id: strawberry.ID | None = strawberry.field(
        description="The message to the national credit platform, if it is connected."
    )
    is_late: bool = strawberry.field(description="Whether the clock was not kept.")


@strawberry.input(description="What was found about a commitment in the end.")
class DeterminationInput:
    """A determination; a breach says what was not kept, what was done, and when it was heard."""

    code: str = strawberry.field(description="The commitment's code.")
    performance: PerformanceFound = strawberry.field(description="How far it was kept.")
    determined_on: date = strawberry.field(description="Day of the determination.")
    unperformed: str | None = strawberry.field(
        default=None, description="What was not kept, in words."
    )
    accountability: str | None = strawberry.field(
        default=None, description="What was done about it, in words."
    )
    heard_on: date | None = strawberry.field(
        default=None, description="When the person was heard; a breach needs it."
    )


@strawberry.type(description="The determination is on file, and on its way to the platform.")
class DeterminationReceipt:
    """The outcome of `determinePerformance`."""

    state: str = strawberry.field(
        description="Where the commitment is now, code list credit_state."
    )
    platform_message_id: strawberry.ID | None = strawberry.field(
        description="The message to the national credit platform, if it is connected."
    )


MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "give_notice": (
        NoticeInput,
        NoticeReceipt,
        "Record that notice was given; tells whether a commitment is open.",
    ),
    "commit": (
        CommitmentInput,
        CommitmentReceipt,
        "Take in a commitment with its declaration and authorisations; it gets its code.",
    ),
    "verify_commitment": (
        VerificationInput,
        VerificationReceipt,
        "Compare declared and found, field by field, with the sources that were authorised.",
    ),
    "confirm_commitment": (
        ConfirmationInput,
        ConfirmationReceipt,
        "Decide on the simplified path: the family is recognised and receivers are told.",
    ),
    "determine_performance": (
        DeterminationInput,
        DeterminationReceipt,
        "Determine how far a commitment was kept; the credit platform is told.",
    ),
}
"""Each with its input, its outcome and what it does."""
