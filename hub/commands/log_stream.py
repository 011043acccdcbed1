"""What `hub doctor` says of the stream of entries to a SIEM."""

from typing import Final

from hub.app import Core
from hub.commands.finding import Finding
from hub.store.log_stream import stream_state

_MANY: Final = 10_000
"""Entries that may wait before that is a fault."""


async def log_stream(core: Core) -> Finding:
    """Return how far the receiver has heard of the log."""
    url = core.settings.log_stream_url
    if url is None:
        return Finding("log stream", is_ok=True, found="none: no SIEM is told of new entries")
    async with (
        core.database.connection() as connection,
        core.log_side.beside(connection) as there,
    ):
        state = await stream_state(connection, url, there)
    if state is None:
        return Finding("log stream", is_ok=True, found="nothing was sent yet")
    found = f"{state.behind:,} entries wait; the last ones were taken {state.moved_at.isoformat()}"
    if state.failure:
        found += f"; last failure: {state.failure}"
    is_ok = not state.failure and state.behind < _MANY
    advice = "See the hub's lines `log.stream.waits`, and whether the receiver answers."
    return Finding("log stream", is_ok, found, advice)
