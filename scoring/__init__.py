"""From facts to conclusions: pure functions over values, imports schema only.

The function that scores is `scoring.score.score`; it keeps its module's name to itself.
"""

from scoring.alert_life import AlertOutcome, AlertStatus, Cause, TransitionError, advance
from scoring.alerts import (
    Alert,
    AlertDecision,
    AlertParameters,
    AutoClose,
    Downgrade,
    Ended,
    Keep,
    Open,
    Suppressed,
    Upgrade,
    decide,
)
from scoring.household import Disability, Evidence, Household, Input, Known, Member, Schooling
from scoring.parameters.working_days import (
    CalendarError,
    WorkingCalendar,
    load_calendar,
    packaged_calendar,
)
from scoring.profile import (
    InputStatus,
    Profile,
    ProfileError,
    load_profile,
    packaged_profile,
)
from scoring.score import Band, DimensionScore, Reason, Score, Source, Trigger, band_of
from scoring.stored import StoredScoreError, read_score, serialise_score

__all__ = [
    "Alert",
    "AlertDecision",
    "AlertOutcome",
    "AlertParameters",
    "AlertStatus",
    "AutoClose",
    "Band",
    "CalendarError",
    "Cause",
    "DimensionScore",
    "Disability",
    "Downgrade",
    "Ended",
    "Evidence",
    "Household",
    "Input",
    "InputStatus",
    "Keep",
    "Known",
    "Member",
    "Open",
    "Profile",
    "ProfileError",
    "Reason",
    "Schooling",
    "Score",
    "Source",
    "StoredScoreError",
    "Suppressed",
    "TransitionError",
    "Trigger",
    "Upgrade",
    "WorkingCalendar",
    "advance",
    "band_of",
    "decide",
    "load_calendar",
    "load_profile",
    "packaged_calendar",
    "packaged_profile",
    "read_score",
    "serialise_score",
]
