"""One room a mutation: what it reads of people, and how it carries out what was granted.

`hub/casework/commands` knows rooms by the mutation's name only. A new mutation is a field in
`schema/graph`, a room, and its entry where the hub is wired; nothing else is touched.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from hub.access import Caller, Denied, Entitlement
from hub.errors import NotGrantedError
from hub.query.bind import day_of
from hub.query.granting import denied


@dataclass(frozen=True, slots=True)
class Order:
    """Who gives a command, what they may read, and when it was asked."""

    caller: Caller
    entitlement: Entitlement
    at: datetime

    @property
    def today(self) -> date:
        """The day in China on which it was asked."""
        return day_of(self.at)

    @property
    def regions(self) -> Sequence[str]:
        """Prefixes of the regions whose households the command may touch."""
        return self.entitlement.regions_on(self.today)


class CommandRoom(Protocol):
    """Carries out one mutation. Lives as long as the application; holds nothing between two calls.

    What it does is on record before it commits, and is not done twice when it is sent again.
    """

    @property
    def uses(self) -> Sequence[str]:
        """The fields, `Type.field`, that it reads itself; all must be granted to the caller."""
        ...

    async def carry_out(
        self, arguments: Mapping[str, object], order: Order
    ) -> Mapping[str, object]:
        """Return the payload by GraphQL field name; `arguments` are coerced, named as in GraphQL.

        Raises:
            RefusedError: The caller must change the request; nothing was done.
            UnavailableError: Ask again; nothing is done twice.
        """
        ...


def check_granted(paths: Sequence[str], entitlement: Entitlement) -> None:
    """Refuse a command that would read what its caller may not.

    Raises:
        NotGrantedError: With the fields.
    """
    decided = {path: entitlement.decide(path) for path in paths}
    refused = {path: found.reason for path, found in decided.items() if isinstance(found, Denied)}
    if refused:
        path, reason = next(iter(refused.items()))
        raise NotGrantedError(denied(entitlement, path, reason), tuple(refused))
