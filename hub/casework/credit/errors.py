"""Why a step of a commitment is refused: one class for each thing the caller can do about it."""

from hub.errors import RefusedError


class UnknownNoticeError(RefusedError):
    """There is no such notice, or it is none of the caller's: the two look the same."""

    code = "NOTICE_NOT_FOUND"
    status = 404


class UnknownCommitmentError(RefusedError):
    """There is no such commitment, or it is none of the caller's: the two look the same."""

    code = "COMMITMENT_NOT_FOUND"
    status = 404


class UnknownApplicantError(RefusedError):
    """A person whom the step names is none of the household, or none whom the caller may see."""

    code = "PERSON_NOT_FOUND"
    status = 404


class CommitmentStateError(RefusedError):
    """The commitment is not where this step begins; the message says where it is."""

    code = "COMMITMENT_STATE"
    status = 409


class NotOpenError(RefusedError):
    """A commitment is not open to the applicant; the normal procedure is."""

    code = "COMMITMENT_NOT_OPEN"
    status = 409


class SignaturesError(RefusedError):
    """Somebody who must sign has not, or not enough; the message says who, by opaque id."""

    code = "SIGNATURES_MISSING"


class InvalidStatementError(RefusedError):
    """What is stated has not the form that it needs; the message names the input."""

    code = "STATEMENT_INVALID"


class ConflictingStepError(RefusedError):
    """The same number was used before with other contents."""

    code = "STEP_CONFLICT"
    status = 409


class ConsentMissingError(RefusedError):
    """Somebody outside the household has not authorised, and nobody else can for them."""

    code = "CONSENT_REQUIRED"
    status = 403


class NotConsistentError(RefusedError):
    """The verification does not say "basically consistent", so this path is not open."""

    code = "NOT_CONSISTENT"
    status = 409
