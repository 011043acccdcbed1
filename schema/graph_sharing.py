"""The mutations of sharing agreements: what is stated, and what comes back.

Who acts is never stated: it is the person who has signed in, or the client, as the token says. A
step names the count of steps at which its author saw the agreement (`SharingAgreement.step`): if
somebody took another one since, nothing is done; if it is the very same one, its outcome is told.

Source: Government Data Sharing Regulations (State Council decree 809), arts. 20-22, 27.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import strawberry

_SEEN: Final = "SharingAgreement.step as it was read; 0 for a new request."


@strawberry.input(description="What a request for sharing says; what it lacks is noticed once.")
class SharingRequestInput:
    """Asked for the department of the token, which is not stated."""

    agreement: str = strawberry.field(description="A name for it, of its whole life.")
    step: int = strawberry.field(default=0, description=_SEEN)
    source: str = strawberry.field(description="The department whose fields are asked for.")
    role: str = strawberry.field(description="In which role they will be read.")
    purpose: str = strawberry.field(description="For which purpose, such as PUSH.")
    fields: list[str] = strawberry.field(description="Type.field each, as in the catalogue.")
    legal_basis: str = strawberry.field(default="", description="The legal basis of the use.")
    scene: str = strawberry.field(default="", description="The business it is used in.")
    regions: list[str] = strawberry.field(
        default_factory=list, description="Prefixes of the regions whose people it is about."
    )
    method: str = strawberry.field(default="", description="query, batch or file.")
    start_date: date | None = strawberry.field(default=None, description="The first day.")
    end_date: date | None = strawberry.field(
        default=None, description="The first day on which it does not hold any more."
    )
    consent: bool = strawberry.field(
        default=False, description="Whether the person's authorisation is needed."
    )
    case_required: bool = strawberry.field(
        default=False, description="Whether each reading names its case."
    )


@strawberry.input(description="A step about an agreement, or a request.")
class SharingStepInput:
    """Steps must say why, but for withdrawing, approving, confirming, resuming, reminding."""

    agreement: str = strawberry.field(description="SharingAgreement.agreement.")
    step: int = strawberry.field(description=_SEEN)
    why: str = strawberry.field(
        default="", description="The reason, or the document; at most 2,000 characters."
    )


@strawberry.type(description="What a step of sharing did; the same if it is sent again.")
class SharingStep:
    """The outcome of every mutation about an agreement."""

    agreement: str = strawberry.field(description="The agreement, or the request.")
    state: str = strawberry.field(description="Where it stands after the step.")
    step: int = strawberry.field(description="What the next command names.")
    lacks: list[str] = strawberry.field(description="What a request lacks, each in plain words.")
    due: str | None = strawberry.field(description="What is due next.")
    due_on: date | None = strawberry.field(description="By which day.")
    policy: str = strawberry.field(description="Digest of the policy that is in force then.")


@strawberry.input(description="The hub's policy file is proposed as it lies there.")
class PolicyProposalInput:
    """A policy that widens access waits for a second person."""

    why: str = strawberry.field(default="", description="The reason, kept with the revision.")


@strawberry.input(description="Which proposal is confirmed.")
class PolicyConfirmationInput:
    """By another person than who proposed it."""

    digest: str = strawberry.field(description="PolicyStep.digest, at least 8 characters of it.")


@strawberry.type(description="A policy that was proposed, or is in force now.")
class PolicyStep:
    """The outcome of `proposePolicy` and `confirmPolicy`."""

    digest: str = strawberry.field(description="Digest of its text.")
    changes: list[str] = strawberry.field(
        description="What it decides differently, in plain words; + widens access, - does not."
    )


_STEPS: Final[Mapping[str, str]] = {
    "withdraw_sharing": "Take a request of the caller's department back.",
    "notice_sharing": "Give the one notice of everything that a request lacks.",
    "consent_to_extension": "Consent, for the authority, to a longer time for the answer.",
    "extend_sharing": "Extend the time for the answer, once, after the authority's consent.",
    "approve_sharing": "Approve a request, for the source; a second person confirms it.",
    "confirm_sharing": "Confirm what another person approved or resumed: it is in force at once.",
    "refuse_sharing": "Refuse a request, with the reasons.",
    "suspend_sharing": "Stop all reading under an agreement at once: the kill switch.",
    "resume_sharing": "Propose to resume a suspended agreement; a second person confirms it.",
    "terminate_sharing": "End an agreement for good, at once; a purge certificate is due.",
    "remind_purge": "Ask the receiver again for the certificate of disposal.",
    "open_dispute": "Open a dispute about a request or an agreement: the departments talk first.",
    "escalate_dispute": "Bring a dispute before the authority, and then before the government.",
    "settle_dispute": "End a dispute, everything standing as it does; why says what was decided.",
    "reopen_sharing": "End a dispute about a refusal: the request is answered anew.",
    "certify_purge": "Hand in the certificate of disposal; why names the document.",
}
MUTATIONS: Final[Mapping[str, tuple[type, type, str]]] = {
    "request_sharing": (
        SharingRequestInput,
        SharingStep,
        "Ask for an agreement; what the request lacks is told in one notice.",
    ),
    "complete_sharing": (
        SharingRequestInput,
        SharingStep,
        "Complete a request after the notice; the time for the answer begins anew.",
    ),
    **{name: (SharingStepInput, SharingStep, text) for name, text in _STEPS.items()},
    "propose_policy": (
        PolicyProposalInput,
        PolicyStep,
        "Propose the hub's policy file; a second person puts it in force.",
    ),
    "confirm_policy": (
        PolicyConfirmationInput,
        PolicyStep,
        "Put a proposed policy in force, as a second person.",
    ),
}
"""Each with its input, its outcome and what it does."""
