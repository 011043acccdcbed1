"""Puts on record what was stopped because it took too long: what was asked, and that it failed.

Whoever answered was cancelled, and writes nothing any more. The caller is told `TIMEOUT` in any
case: also if the entry cannot be made, or the log is what everything waits for. Then the entry
stays where it waits, and nobody waits for it.
"""

import asyncio
from contextlib import suppress
from typing import Final, Protocol

from hub.http.presence import AnswerTimeoutError
from hub.http.trusted import hash_of
from hub.query.answer import Request
from hub.query.disclosure import Asked

_PATIENCE_S: Final = 1.0
"""Of a caller who has waited long already."""


class Failures(Protocol):
    """Puts failures on record; `hub.query.disclosure.Disclosures` does."""

    async def failed(self, asked: Asked, failure: Exception) -> bool:
        """Put it on record; return whether it is."""


async def note_late(
    failures: Failures | None,
    request: Request,
    late: AnswerTimeoutError,
    patience_s: float = _PATIENCE_S,
) -> None:
    """Put on record that `request` was not answered in time; never fails.

    Without `failures` nothing is noted, as in tests of other things.
    """
    if failures is None:
        return
    asked = Asked(
        request.caller, request.request_id, request.at, hash_of(request.document),
        request.operation_name, request.channel, request.receiving,
    )  # fmt: skip
    with suppress(TimeoutError):
        async with asyncio.timeout(patience_s):
            await failures.failed(asked, late)
