"""Why an act about a case is not taken in: one class for each thing the caller can change."""

from hub.errors import RefusedError


class InvalidCaseError(RefusedError):
    """What is stated about a case has not the form it must have; the message says what."""

    code = "CASE_INVALID"


class CaseSubjectError(RefusedError):
    """There is no such person or household, or it is none of the caller's: both look alike."""

    code = "CASE_SUBJECT_NOT_FOUND"
    status = 404


class CaseConflictError(RefusedError):
    """The case is not where the act would find it: taken already, opened otherwise, or closed."""

    code = "CASE_CONFLICT"
    status = 409


class UnknownCaseError(RefusedError):
    """The department has registered no case of this number."""

    code = "CASE_NOT_FOUND"
    status = 404
