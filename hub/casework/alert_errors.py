"""Why a step of casework on an alert is not taken: one class for each thing the caller can do."""

from hub.errors import RefusedError


class UnknownAlertError(RefusedError):
    """There is no such alert, or it is none of the caller's: the two look the same."""

    code = "ALERT_NOT_FOUND"
    status = 404


class OvertakenStepError(RefusedError):
    """Somebody moved the alert since the caller read it; read it again."""

    code = "ALERT_CHANGED"
    status = 409


class MisplacedStepError(RefusedError):
    """The alert or the referral cannot go there from where it is; the message says where."""

    code = "ALERT_STEP_REFUSED"
    status = 409


class InvalidStepError(RefusedError):
    """What is stated contradicts itself, or is not in its code list."""

    code = "CASEWORK_INVALID"
