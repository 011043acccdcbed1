"""Who the person is that a portal asks for: its signed word, good once.

The port that `hub.http.citizens` fills; nobody is believed where nothing fills it.
"""

from typing import Protocol

from hub.access import Caller
from hub.errors import InvalidRequestError


class CitizenNotAssertedError(InvalidRequestError):
    """Make a new assertion of who the citizen is; the message names the rule that was broken."""

    code = "CITIZEN_NOT_ASSERTED"


class Citizens(Protocol):
    """Tells a citizen's number from an assertion, and uses the assertion up."""

    async def number(self, assertion: str, caller: Caller) -> str:
        """Return the citizen's number.

        Raises:
            CitizenNotAssertedError: The assertion does not hold.
            StoreUnavailableError: It cannot be known whether it was used before.
        """


class Nobody:
    """`Citizens` that believes no assertion."""

    async def number(self, assertion: str, caller: Caller) -> str:
        """Refuse."""
        del assertion, caller
        raise CitizenNotAssertedError("This hub takes no assertions of citizens.")
