"""The life of an alert: its states, which may follow which, how it may end, and for what cause.

`SCREENED -> ASSIGNED -> VISITED -> CAUSE_CONFIRMED | NOT_IN_NEED | DATA_ERROR | UNREACHABLE`,
with `QUEUED` before them all; a confirmed cause goes on over `NEEDS_ASSESSED`, `REFERRED`
(any number of times) and
`SERVICE_CONFIRMED` to `CLOSED`. Only people move an alert along. The exceptions: a queued one
is screened when its community has a visit free, a correction of the data may take the ground
from one, and a recognition ends one wherever it stands; so does the day on which nobody is left
in the household.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class AlertStatus(StrEnum):
    """Where an alert is in its life."""

    QUEUED = "queued"
    """Waits: the community has as many alerts today as it can visit."""
    SCREENED = "screened"
    ASSIGNED = "assigned"
    VISITED = "visited"
    CAUSE_CONFIRMED = "cause-confirmed"
    NOT_IN_NEED = "not-in-need"
    DATA_ERROR = "data-error"
    UNREACHABLE = "unreachable"
    NEEDS_ASSESSED = "needs-assessed"
    REFERRED = "referred"
    SERVICE_CONFIRMED = "service-confirmed"
    """What became of every referral is known."""
    CLOSED = "closed"


class AlertOutcome(StrEnum):
    """How an alert ended: the label that tuning learns from."""

    CAUSE_CONFIRMED = "cause-confirmed"
    """In need, and helped."""
    RECOGNISED = "recognised"
    """Civil affairs recognised the family; that says more than a visit."""
    NOT_IN_NEED = "not-in-need"
    DATA_ERROR = "data-error"
    """A visit found that the data was wrong."""
    UNREACHABLE = "unreachable"
    DATA_CORRECTED = "data-corrected"
    """Closed by itself: the data that raised it was corrected."""
    HOUSEHOLD_EMPTIED = "household-emptied"
    """Closed by itself: everybody moved out or died. It says nothing about need."""


class Cause(StrEnum):
    """Why a family is in need."""

    ILLNESS = "illness"
    DISABILITY = "disability"
    EDUCATION = "education"
    DISASTER = "disaster"
    ACCIDENT = "accident"
    UNEMPLOYMENT = "unemployment"
    LOSS_OF_CARER = "loss-of-carer"
    DEBT = "debt"
    OTHER = "other"


_S = AlertStatus

NEXT: Final[Mapping[AlertStatus, frozenset[AlertStatus]]] = {
    _S.QUEUED: frozenset({_S.SCREENED, _S.ASSIGNED}),
    _S.SCREENED: frozenset({_S.ASSIGNED}),
    _S.ASSIGNED: frozenset({_S.ASSIGNED, _S.VISITED, _S.UNREACHABLE}),
    _S.VISITED: frozenset({_S.CAUSE_CONFIRMED, _S.NOT_IN_NEED, _S.DATA_ERROR, _S.UNREACHABLE}),
    _S.CAUSE_CONFIRMED: frozenset({_S.NEEDS_ASSESSED}),
    _S.NOT_IN_NEED: frozenset({_S.CLOSED}),
    _S.DATA_ERROR: frozenset({_S.CLOSED}),
    _S.UNREACHABLE: frozenset({_S.ASSIGNED, _S.CLOSED}),
    _S.NEEDS_ASSESSED: frozenset({_S.REFERRED}),
    _S.REFERRED: frozenset({_S.REFERRED, _S.SERVICE_CONFIRMED}),
    _S.SERVICE_CONFIRMED: frozenset({_S.CLOSED}),
    _S.CLOSED: frozenset(),
}
"""Which status may follow which; one that is assigned may be given to somebody else."""

UNVISITED: Final = frozenset({_S.SCREENED, _S.ASSIGNED, _S.UNREACHABLE})
"""Where an alert still wants its first visit; past its day it is overdue."""

ENDS: Final[Mapping[AlertStatus, AlertOutcome]] = {
    _S.NOT_IN_NEED: AlertOutcome.NOT_IN_NEED,
    _S.DATA_ERROR: AlertOutcome.DATA_ERROR,
    _S.UNREACHABLE: AlertOutcome.UNREACHABLE,
    _S.SERVICE_CONFIRMED: AlertOutcome.CAUSE_CONFIRMED,
}
"""How an alert ends that a clerk closes, by where it is."""


class TransitionError(Exception):
    """The alert cannot go there from where it is; the message says where it can."""


def advance(status: AlertStatus, to: AlertStatus) -> AlertStatus:
    """Return `to`.

    Raises:
        TransitionError: `to` may not follow `status`; nothing changed.
    """
    allowed = NEXT[status]
    if to not in allowed:
        choices = ", ".join(sorted(allowed)) or "nothing: it is closed"
        raise TransitionError(
            f"an alert that is {status} cannot become {to}; it can become {choices}"
        )
    return to
