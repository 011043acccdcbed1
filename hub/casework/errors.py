"""Why a decision is not taken in: one class for each thing the caller can change."""

from hub.errors import RefusedError


class UnknownHouseholdError(RefusedError):
    """There is no such household, or it is none of the caller's: the two look the same."""

    code = "HOUSEHOLD_NOT_FOUND"
    status = 404


class EmptyHouseholdError(RefusedError):
    """Nobody lives in the household today, so nobody can be recognised."""

    code = "HOUSEHOLD_EMPTY"


class UnknownCategoryError(RefusedError):
    """The category is not in the code list `assistance_category`."""

    code = "CATEGORY_UNKNOWN"


class ReversedDatesError(RefusedError):
    """A date is earlier than the one that must come before it, or still to come."""

    code = "DATES_REVERSED"


class InvalidDecisionError(RefusedError):
    """The decision's number is empty, too long, or not printable."""

    code = "DECISION_INVALID"


class ConflictingDecisionError(RefusedError):
    """The same decision number was recorded for this household with other contents."""

    code = "DECISION_CONFLICT"
    status = 409
