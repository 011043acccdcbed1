"""Why a replay is not asked, approved or run: one class for each thing the caller can change."""

from hub.errors import RefusedError


class InvalidReplayError(RefusedError):
    """What is stated about a replay has not the form it must have; the message says what."""

    code = "REPLAY_INVALID"


class UnknownReplayError(RefusedError):
    """There is no such request for a replay, or no such answer on the log."""

    code = "REPLAY_NOT_FOUND"
    status = 404


class ReplayConflictError(RefusedError):
    """The request is not where the step would find it: decided already, run, or lapsed."""

    code = "REPLAY_CONFLICT"
    status = 409


class SamePersonError(RefusedError):
    """A replay takes two people: who asks does not approve, and only who asked runs it."""

    code = "REPLAY_TWO_PEOPLE"
    status = 403
