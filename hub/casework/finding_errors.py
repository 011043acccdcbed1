"""Why a step of a finding is not taken: one class for each thing the caller can change."""

from hub.errors import RefusedError


class InvalidFindingStepError(RefusedError):
    """What is said about a finding has not the form it must have; the message says what."""

    code = "FINDING_STEP_INVALID"


class UnknownFindingError(RefusedError):
    """There is no such finding."""

    code = "FINDING_NOT_FOUND"
    status = 404


class MisplacedFindingStepError(RefusedError):
    """The finding does not go there from where it stands: read it again."""

    code = "FINDING_STEP_MISPLACED"
    status = 409


class OwnFindingError(RefusedError):
    """The finding is about who would judge it; somebody else has to."""

    code = "FINDING_OWN"
    status = 403
