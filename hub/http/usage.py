"""A portal asks for a citizen who read their data: findUsage, usagePeriod, heartbeat.

The shape is that of the Estonian data tracker (Andmejälgija 2.1), with one difference: a citizen is
named in the body, by a signed assertion, and never in an address or a header. It is another way to
ask what `usages` answers over GraphQL: the same grants, the same record.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
import orjson

from hub.access import Caller
from hub.clock import Clock
from hub.errors import InvalidRequestError, UnavailableError
from hub.http.auth import Authenticator
from hub.http.exchange import Incoming, NotAcceptableError, Reply, json_reply
from hub.http.lateness import Failures, note_late
from hub.http.limits import Limits, Places, body_too_late, whole_body
from hub.http.media import check_json_body
from hub.http.ports import Answers
from hub.http.presence import AnswerTimeoutError, Presence, answer_too_late
from hub.http.quota import QuotaTold, paid
from hub.http.receiving import Receivers
from hub.query.answer import Answer, Request
from hub.store.database import Connections
from schema.graph import MAX_PAGE

FIND_PATH: Final = "/v2/findUsage"
PERIOD_PATH: Final = "/v2/usagePeriod"
HEARTBEAT_PATH: Final = "/v2/heartbeat"
_DOCUMENT: Final = """
query findUsage($assertion: String!, $since: DateTime, $until: DateTime, $first: Int!,
                $offset: Int!) {
  usages(assertion: $assertion, since: $since, until: $until, first: $first, offset: $offset) {
    edges { node {
      index at kind department receiver receiverZh system purpose action actionZh
      fields fieldsZh legalBasis isOwn isHousehold proof
    } }
  }
}
"""
_OLDEST: Final = "select at from audit.record order by seq limit 1"


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    assertion: Annotated[str, msgspec.Meta(max_length=4_096)]
    period_start: str | None = msgspec.field(default=None, name="periodStart")
    period_end: str | None = msgspec.field(default=None, name="periodEnd")
    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGE)] = MAX_PAGE


@dataclass(frozen=True, slots=True)
class UsageEdge:
    """The citizen's view over REST."""

    authenticator: Authenticator
    queries: Answers
    database: Connections
    clock: Clock
    limits: Limits
    places: Places
    receivers: Receivers
    log_is_open: Callable[[], bool]
    presence: Presence = field(default_factory=Presence)
    quota: QuotaTold | None = None
    failures: Failures | None = None

    async def find(self, incoming: Incoming) -> Reply:
        """Answer who read the data of the citizen that the body asserts.

        1. The portal is known before a byte of the body is read; there is no query string.
        2. The body arrives whole and in time.
        3. It has nothing but what may be asked, and is asked as `usages`: granted, on record, and
           then told. What is refused costs what a refused question does.

        Raises:
            HubError: As the steps have it; nothing was disclosed.
        """
        # Step 1.
        caller = await self.authenticator.caller(incoming)
        if incoming.scope["query_string"]:
            raise InvalidRequestError("This path takes no query string; send a body.")
        check_json_body(incoming)
        if self.receivers.receiving(caller, incoming) is not None:
            raise NotAcceptableError("Ask over GraphQL for an answer that is encrypted.")
        # Step 2.
        with self.presence.within(self.limits.body_timeout_s, body_too_late):
            body = await whole_body(incoming.receive, self.limits.max_body_bytes)
        # Step 3.
        with paid(self.quota, caller):
            answer = await self._answer(_asked(body), caller, incoming)
        return json_reply(_told(orjson.loads(answer.body)))

    async def _answer(self, asked: _Asked, caller: Caller, incoming: Incoming) -> Answer:
        variables: dict[str, object] = {
            "assertion": asked.assertion,
            "since": asked.period_start,
            "until": asked.period_end,
            "first": asked.limit,
            "offset": asked.offset,
        }
        request = Request(
            _DOCUMENT, variables, None, caller, incoming.request_id, self.clock(), "usage"
        )
        limit_s = self.limits.answer_timeout_s
        try:
            with self.places, self.presence.within(limit_s, answer_too_late, incoming.receive):
                return await self.queries.answer(request)
        except AnswerTimeoutError as late:
            await note_late(self.failures, request, late)
            raise

    async def period(self, incoming: Incoming) -> Reply:
        """Say from when on accesses are kept."""
        await self.authenticator.caller(incoming)
        async with self.database.connection() as connection:
            oldest: datetime | None = await connection.fetchval(_OLDEST)
        moment = (oldest or self.clock()).astimezone(UTC)
        return json_reply({"periodStart": moment.isoformat()})

    async def heartbeat(self, incoming: Incoming) -> Reply:
        """Say whether it can be asked."""
        del incoming
        try:
            async with self.database.connection() as connection:
                is_up = self.log_is_open() and await connection.fetchval("select true")
        except (UnavailableError, OSError):
            is_up = False
        if is_up:
            return json_reply({"status": "OK", "message": "The log answers."})
        return json_reply({"status": "FAIL", "message": "The log does not answer."})


def _asked(body: bytes) -> _Asked:
    try:
        return msgspec.json.decode(body, type=_Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidRequestError(
            "The body has assertion, periodStart, periodEnd, offset and limit "
            f"(1 to {MAX_PAGE}), and nothing else."
        ) from None


def _told(body: Mapping[str, Any]) -> dict[str, object]:
    """Return an answer of `usages` in the shape of findUsage."""
    usage, extensions = body["extensions"]["usage"], body["extensions"]
    return {
        "totalUsages": usage["total"],
        "delayedUsages": usage["delayed"],
        "usages": [_usage(edge["node"]) for edge in body["data"]["usages"]["edges"]],
        "checkpoint": usage["checkpoint"],
        "lists": usage["lists"],
        "receipt": extensions["receipt"],
    }


def _usage(node: Mapping[str, Any]) -> dict[str, object]:
    return {
        "logtime": node["at"],
        "action": node["actionZh"],
        "actionEn": node["action"],
        "receiverCode": node["department"],
        "receiverName": node["receiverZh"],
        "receiverNameEn": node["receiver"],
        "receiverSystem": node["system"],
        "purpose": node["purpose"],
        "kind": node["kind"],
        "fields": node["fieldsZh"],
        "fieldsEn": node["fields"],
        "legalBasis": node["legalBasis"],
        "isOwn": node["isOwn"],
        "isHousehold": node["isHousehold"],
        "index": node["index"],
        "proof": orjson.loads(node["proof"]),
    }
