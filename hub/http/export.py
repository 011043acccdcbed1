"""POST /export: a whole list as JSON Lines, row by row, made and sent chunk by chunk.

The first chunk is answered before the reply begins, so what is refused at once has its status.
Later failures are a line of their own, and the stream ends there: a whole export ends with a line
that says so. Token, client and grants are looked at again for each chunk.

Spec: JSON Lines (jsonlines.org); GraphQL over HTTP for the request.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import orjson
from starlette.types import Receive

from hub.clock import Clock
from hub.http.auth import Authenticator
from hub.http.body import read_object
from hub.http.exchange import Incoming, NotAcceptableError, Reply
from hub.http.graphql import question
from hub.http.lateness import Failures, note_late
from hub.http.limits import DisconnectedError, Limits, Places, body_too_late, whole_body
from hub.http.media import GRAPHQL_JSON, JOSE, check_json_body
from hub.http.presence import AnswerTimeoutError, Presence, Watch, answer_too_late
from hub.http.problems import Form, outside
from hub.http.quota import QuotaTold, paid
from hub.http.receiving import Receivers, media_type_of
from hub.http.streaming import Streamed
from hub.http.trusted import TrustedDocuments, document_to_run
from hub.query.answer import Request
from hub.query.export import CHANNEL, Export

JSON_LINES: Final = "application/jsonl"
_TAKEN: Final = (JSON_LINES, "application/x-ndjson")
_ANY: Final = frozenset({"*/*", "application/*"})
T = TypeVar("T")


class Exports(Protocol):
    """Begins exports; `hub.query.export.Exporter` is one."""

    async def begin(self, request: Request, /) -> Export:
        """Return an export of which nothing was asked yet, or refuse it."""


@dataclass(frozen=True, slots=True)
class ExportEdge:
    """POST /export; `running` bounds how many go on at a time."""

    authenticator: Authenticator
    exports: Exports
    clock: Clock
    limits: Limits
    places: Places
    running: Places
    receivers: Receivers
    presence: Presence = field(default_factory=Presence)
    quota: QuotaTold | None = None
    trusted: TrustedDocuments | None = None
    failures: Failures | None = None

    async def post(self, incoming: Incoming) -> Streamed:
        """Begin one export.

        1. The caller is known before a byte of the body is read.
        2. The media types are ones that we send and take.
        3. The body arrives whole, in time, within its limit, and is one request.
        4. There is room, and the first chunk is answered, for as long as its caller is there.

        From the end of step 3 whatever is refused costs what it does at /graphql.

        Raises:
            HubError: As the steps have it; nothing was disclosed.
            DisconnectedError: The caller went away.
        """
        # Step 1.
        caller = await self.authenticator.caller(incoming)
        # Step 2.
        media_type = _accepted(incoming)
        check_json_body(incoming)
        # Step 3.
        with self.presence.within(self.limits.body_timeout_s, body_too_late):
            body = await whole_body(incoming.receive, self.limits.max_body_bytes)
        with paid(self.quota, caller):
            asked, at = question(read_object(body)), self.clock()
            document = await document_to_run(
                self.trusted, asked.document, asked.document_hash, caller, incoming.request_id, at,
                CHANNEL,
            )  # fmt: skip
        receiving = self.receivers.receiving(caller, incoming)
        request = Request(
            document, asked.variables, asked.operation_name, caller, incoming.request_id, at,
            CHANNEL, receiving,
        )  # fmt: skip
        # Step 4.
        self.running.__enter__()
        try:
            export = await self._begun(request, incoming.receive)
            first = await self._step(export, request, incoming.receive)
        except BaseException:
            self.running.__exit__(None, None, None)
            raise
        media_type = media_type_of(receiving, media_type)
        return Streamed(
            media_type, self._pieces(export, request, incoming, first), self.limits.send_timeout_s
        )

    async def _pieces(
        self, export: Export, request: Request, incoming: Incoming, first: bytes
    ) -> AsyncGenerator[bytes, None]:
        """Give out the lines of each chunk; the last line says `done`, or what went wrong."""
        try:
            with Watch(incoming.receive) as watch:
                yield first
                while not export.is_done:
                    watch.check()
                    try:
                        caller = await self.authenticator.still(incoming)
                        receiving = self.receivers.receiving(caller, incoming)
                        now = replace(request, caller=caller, at=self.clock(), receiving=receiving)
                        lines = await self._step(export, now, watch.receive)
                    except DisconnectedError:
                        raise
                    except Exception as error:  # noqa: BLE001 - the outermost border, as in the endpoint
                        yield _told(error, incoming.request_id)
                        return
                    yield lines
        finally:
            self.running.__exit__(None, None, None)

    async def _step(self, export: Export, now: Request, receive: Receive) -> bytes:
        """Return the next lines; `now` says who asks for them, when, and how they leave."""

        async def step() -> bytes:
            return await export.step(now.caller, now.at, now.receiving)

        return await self._in_time(step, now, receive)

    async def _begun(self, request: Request, receive: Receive) -> Export:
        async def begin() -> Export:
            return await self.exports.begin(request)

        return await self._in_time(begin, request, receive)

    async def _in_time(self, work: Callable[[], Awaitable[T]], now: Request, receive: Receive) -> T:
        """Return what `work` gives: paid for where it is refused, on record where it is late."""
        limit_s = self.limits.answer_timeout_s
        try:
            with (
                paid(self.quota, now.caller),
                self.places,
                self.presence.within(limit_s, answer_too_late, receive),
            ):
                return await work()
        except AnswerTimeoutError as late:
            await note_late(self.failures, now, late)
            raise


def _accepted(incoming: Incoming) -> str:
    """Return the media type of clear lines; who says nothing gets application/jsonl.

    Raises:
        NotAcceptableError: The caller takes neither.
    """
    header = incoming.header(b"accept")
    if header is None:
        return JSON_LINES
    names = [part.partition(";")[0].strip().lower() for part in header.split(",")]
    for name in names:
        if name in _TAKEN:
            return name
    if _ANY.isdisjoint(names) and JOSE not in names:
        raise NotAcceptableError(f"Accept {_TAKEN[0]}, {_TAKEN[1]} or {JOSE}.")
    return JSON_LINES


def _told(error: Exception, request_id: str) -> bytes:
    """Return the line that ends an export which failed on the way."""
    reply: Reply = outside(error, Form.GRAPHQL, request_id, GRAPHQL_JSON)
    (told,) = orjson.loads(reply.body)["errors"]
    return orjson.dumps({"error": told}, option=orjson.OPT_APPEND_NEWLINE)
