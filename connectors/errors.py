"""What can go wrong with a whole source; what is wrong with one record is a value.

Each message names the department, the place and the reason, and never a value that a
record holds.
"""


class SourceError(Exception):
    """A department's source could not be read further; what was read before it stands."""

    def __init__(self, department: str, place: str, reason: str) -> None:
        super().__init__(f"{department}: {place}: {reason}")
        self.department = department
        self.place = place
        self.reason = reason


class SourceUnavailableError(SourceError):
    """The source did not answer in time, or broke off, at every attempt: pull again later."""


class SourceRefusedError(SourceError):
    """The source does not accept our credential: an operator must renew it."""


class SourceFormatError(SourceError):
    """The source answers in a form that was not agreed: someone must talk to the department."""


class ConnectorConfigError(SourceError):
    """A connector's settings are incomplete or wrong: an operator must correct them."""
