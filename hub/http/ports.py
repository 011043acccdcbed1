"""What the edge needs of the rooms below it: somebody who answers."""

from typing import Protocol

from hub.query.answer import Answer, Request


class Answers(Protocol):
    """Answers requests, or refuses them by a `HubError`; used by many tasks at once."""

    async def answer(self, request: Request, /) -> Answer:
        """Return the answer, once it is on record.

        Raises:
            HubError: Nothing was disclosed.
        """
