"""An export is a list asked for chunk by chunk, each one by the front door, until there is no more.

Every chunk is a request of its own: its grants are decided anew, its entry is durable before its
lines are given out, its cost is checked. It has as many rows as cost and entitlement allow, which
the front door finds out before it answers: what is too much is on record only if one row is. Whose
authorisation covers what needs consent is found anew for each: who withdraws it is left out of all
that follows. All chunks are of one day and of the known time of the first, so that together they
are one snapshot. If what is granted changes on the way, or in which regions, the export stops. One
chunk is in memory at a time. Where values leave sealed, each chunk has a content key of its own;
where all of it does, each chunk is one encrypted line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Protocol

import orjson
from graphql import GraphQLError, OperationType
from graphql.execution.values import get_argument_values

from hub.access import Caller, Reason
from hub.errors import InvalidDocumentError, NotGrantedError, RefusedError
from hub.query.answer import Answer, Request
from hub.query.bind import coerced, day_of
from hub.query.disclosure import Asked, Disclosures
from hub.query.documents import Documents, invalid_variable
from hub.query.export_document import ADDED, Exported, exported
from hub.query.given import moment_given
from hub.query.quota import Meter
from hub.query.receiving import Receiving
from schema.graph import MAX_PAGE

CHANNEL: Final = "export"
_SIZES: Final = (MAX_PAGE, 50, 10, 1)
"""How many rows a chunk has: the most that are allowed."""


class Answers(Protocol):
    """The front door; `hub.query.answer.Answerer` is one."""

    async def answer(
        self, request: Request, /, smaller: Sequence[Mapping[str, object]] = ()
    ) -> Answer:
        """Return the answer, once it is on record: for the first variables that are allowed."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """Begins exports; lives as long as the application."""

    documents: Documents
    answers: Answers
    disclosures: Disclosures
    meter: Meter

    async def begin(self, request: Request) -> "Export":
        """Return an export of which nothing has been asked yet.

        Raises:
            RefusedError: The operation is none that can be exported, or the quota is spent, and
                then it was not parsed; the refusal is on record.
            StoreUnavailableError: Nobody knows what is left of the quota; that is on record.
        """
        try:
            if not self.meter.is_open(request.caller):
                await self.meter.admit(request.caller)
            return self._begun(request)
        except RefusedError as refusal:
            await self.disclosures.refused(self._asked(request), refusal)
            raise
        except Exception as failure:
            await self.disclosures.failed(self._asked(request), failure)
            raise

    def _asked(self, request: Request) -> Asked:
        return Asked(
            request.caller, request.request_id, request.at,
            self.documents.hash_of(request.document), request.operation_name, CHANNEL,
            request.receiving,
        )  # fmt: skip

    def _begun(self, request: Request) -> "Export":
        if request.receiving is not None:
            _ = request.receiving.key  # without one nothing is fetched
        document = self.documents.parsed(request.document)
        operation = document.operation(request.operation_name)
        if operation.node.operation is not OperationType.QUERY:
            raise InvalidDocumentError("Only a query can be exported.")
        values = coerced(self.documents.schema, operation, request.variables)
        made = exported(document, operation)
        query = self.documents.schema.query_type
        assert query is not None  # noqa: S101 - there is no schema without one
        try:
            given = get_argument_values(query.fields[made.name], made.root, values.whole())
        except GraphQLError as problem:
            raise invalid_variable(problem) from None
        as_of = given.get("asOf")
        return Export(
            self.answers,
            request,
            made,
            day=as_of if isinstance(as_of, date) else day_of(request.at),
            known_at=moment_given(given.get("knownAt"), "knownAt"),
            after=given.get("after"),
            numbers=given.get("nationalIds"),
        )


class Export:
    """One export under way; `step` gives its next lines until `is_done`. Belongs to one task."""

    def __init__(
        self,
        answers: Answers,
        request: Request,
        made: Exported,
        *,
        day: date,
        known_at: datetime | None,
        after: str | None,
        numbers: list[str] | None,
    ) -> None:
        """Ask nothing yet."""
        self._answers = answers
        self._request = request
        self._made = made
        self._day = day
        self._known_at = None if known_at is None else known_at.isoformat()
        self._after = after
        self._numbers = numbers
        self._count = 0
        self._denied: object = None
        self._whose: object = None
        self._uncovered: list[object] = []
        self._part = 0
        self._receiving = request.receiving
        self.is_done = False

    async def step(self, caller: Caller, at: datetime, receiving: Receiving | None = None) -> bytes:
        """Return the lines of the next chunk, each ended by a line feed.

        `receiving` is how they leave: in the form of the first chunk, under today's key.

        Raises:
            RefusedError: It may not go on: a grant was withdrawn, or it costs too much.
            UnavailableError: Nothing of this chunk was disclosed; go on from the last line.
            CorruptError: A stored value does not authenticate; nothing of it was disclosed.
        """
        self._receiving = self._received(receiving)
        answer = await self._answer(caller, at)
        body, whose = orjson.loads(answer.body), _whose(answer, self._day)
        told, is_first = body["extensions"], self._denied is None
        uncovered, denied = _parted(_denied(body))
        if is_first:
            self._denied, self._whose = denied, whose
            self._pin(told["knownAt"])
        elif denied != self._denied:
            raise _changed({error["field"] for error in denied})
        elif whose != self._whose:
            raise _changed(())
        told_now = [*(denied if is_first else ()), *self._new(uncovered)]
        lines = [{"errors": told_now}] if told_now else []
        if "encryption" in told:
            lines.append({"encryption": told["encryption"] | {"rows": self._rows_at}})
        rows = list(self._rows(body["data"][self._made.name]))
        self._count += len(rows)
        receipt = {"receipt": told["receipt"], **self._where()}
        ended = [{"done": True, **self._where()}] if self.is_done else []
        made = b"".join(_line(each) for each in (*lines, *rows, receipt, *ended))
        self._part += 1
        return made if self._receiving is None else self._receiving.lines(made)

    @property
    def _rows_at(self) -> str:
        """Where in the answer of a chunk its rows stand: the beginning of the paths of values."""
        name = self._made.name
        return f"/data/{name}" if self._numbers is not None else f"/data/{name}/edges"

    def _received(self, receiving: Receiving | None) -> Receiving | None:
        """Return how this chunk leaves.

        Raises:
            NotGrantedError: Otherwise than the ones before it.
        """
        first = self._request.receiving
        if (receiving and receiving.form) != (first and first.form):
            raise NotGrantedError(
                "Answers do not leave as they did when the export began. Begin anew."
            )
        if receiving is None or first is None:
            return None
        if receiving.seals_values:
            return replace(receiving, part=self._part)
        return replace(receiving, part=self._part, response_id=first.response_id)

    def _new(self, uncovered: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return which selections are not covered for somebody and were for everybody before."""
        new = [error for error in uncovered if error not in self._uncovered]
        self._uncovered += new
        return new

    def _where(self) -> dict[str, object]:
        return {"count": self._count, "knownAt": self._known_at, "asOf": self._day.isoformat()}

    def _pin(self, newest: str) -> None:
        """Hold all that follows to what the first chunk could see."""
        asked = self._known_at
        if asked is None or datetime.fromisoformat(newest) < datetime.fromisoformat(asked):
            self._known_at = newest

    async def _answer(self, caller: Caller, at: datetime) -> Answer:
        most, *fewer = map(self._variables, _SIZES)
        request = replace(
            self._request,
            document=self._made.text,
            variables=most,
            operation_name=None,
            caller=caller,
            at=at,
            channel=CHANNEL,
            receiving=self._receiving,
        )
        return await self._answers.answer(request, fewer)

    def _variables(self, size: int) -> dict[str, object]:
        given = {**self._request.variables, **self._page(size)}
        return {name: value for name, value in given.items() if name in self._made.variables}

    def _page(self, size: int) -> dict[str, object]:
        return {
            ADDED.first: size,
            ADDED.after: self._after,
            ADDED.numbers: self._some(size),
            ADDED.known_at: self._known_at,
            ADDED.as_of: self._day.isoformat(),
        }

    def _some(self, size: int) -> list[str]:
        return [] if self._numbers is None else self._numbers[self._count : self._count + size]

    def _rows(self, data: Any) -> Iterator[object]:
        """Go through what the chunk shows, and note where the next one begins."""
        if self._numbers is None:
            page = data["pageInfo"]
            self._after, self.is_done = page["endCursor"], not page["hasNextPage"]
            yield from data["edges"]
            return
        self.is_done = self._count + len(data) >= len(self._numbers)
        for item in data:
            yield {**item, "index": item["index"] + self._count}


def _changed(fields: Iterable[str]) -> NotGrantedError:
    return NotGrantedError(
        "What is granted, or in which regions, is not what it was when the export began. Begin "
        "anew, or ask only for what is granted.",
        tuple(sorted(fields)),
    )


def _whose(answer: Answer, day: date) -> object:
    """Return whose rows an answer was chosen from, equal for those that are the same."""
    held = answer.entitlement
    return None if held is None else (held.rows, held.regions_on(day))


def _denied(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the refused selections; places in a document that only the hub saw say nothing."""
    return [
        {
            "message": error["message"],
            "path": error["path"],
            **{name: error["extensions"][name] for name in ("code", "reason", "field")},
        }
        for error in body.get("errors", ())
    ]


def _parted(
    denied: list[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what somebody's authorisation did not cover, and what is denied in every chunk."""
    found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    for error in denied:
        found[error["reason"] != Reason.CONSENT_REQUIRED].append(error)
    return found


_line: Final[Callable[[object], bytes]] = lambda each: orjson.dumps(  # noqa: E731 - bound once
    each, option=orjson.OPT_APPEND_NEWLINE
)
