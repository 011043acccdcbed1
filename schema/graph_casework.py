"""What casework can be told about an alert: the inputs of its mutations, and what they answer.

Each input names the alert and the step at which its author saw it (`Alert.step`). If somebody
moved the alert since, nothing is done; if the very same command was carried out, its outcome
is told again.
"""

from datetime import date
from typing import Final

import strawberry

_STEP: Final = "Alert.step as it was read; a step that has been overtaken is refused."


@strawberry.input(description="Who is to visit the family of an alert.")
class AssignmentInput:
    """Also for an alert that is assigned already, or whose family was not met."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)
    assignee: str = strawberry.field(description="Opaque id of a clerk, as Hub-Actor has it.")


@strawberry.input(description="What a visit found.")
class VisitInput:
    """A confirmed cause is named; anything else has none."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)
    visited_on: date = strawberry.field(
        description="The day of the visit; not before the alert, not after today."
    )
    result: str = strawberry.field(description="Code list visit_result.")
    cause: str | None = strawberry.field(
        default=None, description="Code list hardship_cause; with result cause-confirmed only."
    )
    notes: str | None = strawberry.field(
        default=None, description="At most 2,000 characters; stored sealed."
    )


@strawberry.input(description="What a family needs, as assessed after the visit.")
class NeedsInput:
    """At least one need."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)
    needs: list[str] = strawberry.field(description="Code list family_need, each once.")


@strawberry.input(description="A service that a family is referred to.")
class ReferralInput:
    """Any number of referrals, one after the other."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)
    need: str = strawberry.field(description="One of the needs that were assessed.")
    service: str = strawberry.field(description="Code list service; one that answers the need.")
    receiver: str | None = strawberry.field(
        default=None, description="Who is to provide it; default: the unit of the service list."
    )
    referred_on: date = strawberry.field(description="The day of the referral; not after today.")


@strawberry.input(description="What became of a referral.")
class ServiceInput:
    """Also after a recognition closed the alert."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)
    referral_id: strawberry.ID = strawberry.field(
        description="Referral.recordId, as `refer` answered it."
    )
    state: str = strawberry.field(description="provided or declined.")
    settled_on: date = strawberry.field(description="The day on which it was provided or declined.")


@strawberry.input(description="The end of casework on an alert.")
class ClosingInput:
    """How it ends follows from where it is."""

    alert_id: strawberry.ID = strawberry.field(description="Alert.recordId.")
    step: int = strawberry.field(description=_STEP)


@strawberry.type(description="What a step of casework did; the same if it is sent again.")
class AlertStep:
    """The outcome of every mutation of casework."""

    alert_id: strawberry.ID = strawberry.field(description="The alert that was moved.")
    status: str = strawberry.field(description="Code list alert_status, after the step.")
    step: int = strawberry.field(
        description="Where the alert is now: the step of the next command."
    )
    record_id: strawberry.ID | None = strawberry.field(
        description="The visit or referral that was written."
    )
    services: list[str] = strawberry.field(
        description="After assessNeeds: the services that answer the needs, in order."
    )


CASEWORK_MUTATIONS: Final[tuple[tuple[str, type, str], ...]] = (
    ("assign_alert", AssignmentInput, "Give an alert to somebody to visit."),
    ("record_visit", VisitInput, "Record what a visit found."),
    ("assess_needs", NeedsInput, "Record what the family needs; services that answer are told."),
    ("refer", ReferralInput, "Refer the family to a service."),
    ("confirm_service", ServiceInput, "Record what became of a referral."),
    ("close_alert", ClosingInput, "Close an alert with what its visit found."),
)
"""Name, input and description of each mutation; all answer with `AlertStep`."""
