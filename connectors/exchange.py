"""Asks a county-city-province exchange in batches: who is asked about, and what came back.

The exchange answers about the people that a batch names. A batch is numbered by us: 12-digit
region, day, four digits. Its status is polled until the result is fed back; the result tells
for every person which resources were requested and which returned, and one that did not
answer is reported, never taken for "there is nothing".

    submit -> 10 to do, 15 received, 20 in verification, 30 and 40 with the province,
              45 city received -> 50 result fed back -> results, page by page

A batch that was submitted is stored in the cursor before its result is there: a later pull
goes on with it, or asks again under another number if the exchange has lost it. When every
batch is read, the roster is asked about again after `renew_days`, or when it has changed.

Spec: the working exchange of a prefecture-level city; field and status meanings are inferred.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

import httpx2
import msgspec

from connectors.asking import Asking, Patience, Question
from connectors.errors import SourceFormatError, SourceUnavailableError
from connectors.items import read_items
from connectors.protocol import Page, ReasonCode, SourceRecord, Unreadable
from connectors.shape import BEIJING, Shape

RESIDENT_CARD: Final = "111"
"""Document type: resident identity card [R]."""
_SERIALS: Final = 10_000
_TAKEN: Final = 409
_UNKNOWN: Final = 404


class Status(StrEnum):
    """Where a batch is."""

    TO_DO = "10"
    RECEIVED = "15"
    IN_VERIFICATION = "20"
    PROVINCE_ASKED = "30"
    PROVINCE_ANSWERED = "40"
    CITY_RECEIVED = "45"
    FED_BACK = "50"


@dataclass(frozen=True, slots=True)
class Asked:
    """One person to ask about; `reference` is our own and opaque."""

    reference: str
    number: str = field(repr=False)


Roster = Callable[[], Awaitable[Sequence[Asked]]]


@dataclass(frozen=True, slots=True)
class Terms:
    """How the exchange is used: our region and unit, batch size, how long a result is awaited."""

    region: str
    unit: str
    batch_size: int = 500
    page_size: int = 200
    poll_s: float = 300.0
    polls: int = 12
    renew_days: int = 7


class _Cursor(msgspec.Struct, frozen=True):
    roster: str
    asked_on: date
    chunk: int
    batch: str | None
    after: str
    serial: int


class _State(msgspec.Struct):
    status: Status


class _Result(msgspec.Struct, rename="camel"):
    requested_resources: list[str]
    returned_resources: list[str]
    resources: dict[str, list[msgspec.Raw]]


class _Answer(msgspec.Struct):
    items: list[_Result]
    next: str
    more: bool


_CURSOR: Final = msgspec.json.Decoder(_Cursor)
_STATE: Final = msgspec.json.Decoder(_State)
_ANSWER: Final = msgspec.json.Decoder(_Answer)


def utc_now() -> datetime:
    """Return the moment; a connector that is made from settings has no other clock."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock, tests pass another


@dataclass(frozen=True, slots=True)
class BatchExchange:
    """The connector of a department that is reached over the exchange."""

    department: str
    url: str
    token: str = field(repr=False)
    resources: Mapping[str, Shape]
    """By the exchange's code, such as EX_BDCXX."""
    roster: Roster
    terms: Terms
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], datetime] = utc_now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def pull(self, cursor: str | None) -> AsyncIterator[Page]:
        """Yield what came back about the roster behind `cursor`; see `Connector.pull`.

        Raises also SourceUnavailableError while a batch is in verification for longer than
        is waited: it is kept, and the next pull goes on with it.
        """
        people = sorted(await self.roster(), key=lambda asked: asked.reference)
        size = self.terms.batch_size
        chunks = [people[at : at + size] for at in range(0, len(people), size)]
        done = self._begun(self._parsed(cursor), people, len(chunks))
        asking = Asking(self.department, self.token, self.patience)
        async with asking.client() as client:
            exchange = _Exchange(self, asking, client)
            while done.chunk < len(chunks):
                is_new = done.batch is None
                if is_new:
                    done = await exchange.submitted(done, chunks[done.chunk])
                    yield Page((), (), _written(done))
                batch, more = done.batch, True
                assert batch is not None  # noqa: S101 - it was just submitted
                if not await exchange.is_fed_back(batch):
                    if is_new:
                        raise asking.malformed(f"batch {batch}", "was taken and is unknown")
                    done = msgspec.structs.replace(done, batch=None, after="")
                    continue  # these people are asked about again, under another number
                while more:
                    answer = await exchange.results(batch, done.after)
                    records, unreadable = self._read(answer, batch, done.after)
                    more = answer.more
                    done = _next(done, answer)
                    yield Page(records, unreadable, _written(done))

    def _begun(self, known: _Cursor | None, people: Sequence[Asked], chunks: int) -> _Cursor:
        """Return where to go on: the batch under way, nothing left to do, or a new round."""
        today = self.clock().astimezone(BEIJING).date()
        digest = hashlib.sha256("\n".join(p.reference for p in people).encode()).hexdigest()
        if known is None:
            return _Cursor(digest, today, 0, None, "", 0)
        is_same = known.roster == digest
        is_fresh = (today - known.asked_on).days < self.terms.renew_days
        if is_same and (known.chunk < chunks or is_fresh):
            return known
        serial = known.serial if known.asked_on == today else 0
        return _Cursor(digest, today, 0, None, "", serial)

    def _read(
        self, answer: _Answer, batch: str, after: str
    ) -> tuple[tuple[SourceRecord, ...], tuple[Unreadable, ...]]:
        records: list[SourceRecord] = []
        unreadable: list[Unreadable] = []
        for index, result in enumerate(answer.items, start=1):
            place = f"batch {batch} after={after or 'the beginning'} report {index}"
            for code, shape in self.resources.items():
                if code in result.returned_resources:
                    good, bad = read_items(shape, result.resources.get(code, []), f"{place} {code}")
                    records += good
                    unreadable += bad
                elif code in result.requested_resources:
                    why = f"{code} was requested and did not answer"
                    unreadable.append(shape.unreadable(place, ReasonCode.SOURCE_SILENT, why))
        return tuple(records), tuple(unreadable)

    def _parsed(self, cursor: str | None) -> _Cursor | None:
        try:
            return _CURSOR.decode(cursor) if cursor else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SourceFormatError(self.department, "cursor", "is not one of ours") from None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """The exchange's four requests, each of which may be repeated."""

    of: BatchExchange
    asking: Asking
    client: httpx2.AsyncClient

    async def submitted(self, done: _Cursor, people: Sequence[Asked]) -> _Cursor:
        """Submit a batch under the first number of the day that is free."""
        terms = self.of.terms
        for serial in range(done.serial + 1, _SERIALS):
            batch = f"{terms.region}{done.asked_on:%Y%m%d}{serial:04d}"
            content = msgspec.json.encode(
                {
                    "batchNumber": batch,
                    "region": terms.region,
                    "applicantUnit": terms.unit,
                    "rows": [self._row(person) for person in people],
                }
            )
            question = Question(
                "POST",
                f"{self.of.url}/batches",
                f"batch {batch}",
                content=content,
                expected=frozenset({200, 201, _TAKEN}),
            )
            status, _ = await self.asking.ask(self.client, question)
            if status != _TAKEN:
                return msgspec.structs.replace(done, batch=batch, after="", serial=serial)
        raise self.asking.malformed("batches", "takes no number of today any more")

    def _row(self, person: Asked) -> dict[str, object]:
        return {
            "uid": person.reference,
            "acceptanceNumber": person.reference,
            "documentType": RESIDENT_CARD,
            "documentNumber": person.number,
            "relation": "01",
            "requestedResources": sorted(self.of.resources),
        }

    async def is_fed_back(self, batch: str) -> bool:
        """Return once the batch's result is fed back; False if the exchange lost the batch."""
        place = f"batch {batch}"
        for poll in range(self.of.terms.polls):
            if poll:
                await self.of.sleep(self.of.terms.poll_s)
            url = f"{self.of.url}/batches/{batch}"
            status, body = await self.asking.ask(
                self.client, Question("GET", url, place, expected=frozenset({200, _UNKNOWN}))
            )
            if status == _UNKNOWN:
                return False
            try:
                if _STATE.decode(body).status is Status.FED_BACK:
                    return True
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise self.asking.malformed(place, "has no agreed status") from None
        raise SourceUnavailableError(self.of.department, place, "is still in verification")

    async def results(self, batch: str, after: str) -> _Answer:
        """Return one page of a batch's results."""
        place = f"batch {batch} after={after or 'the beginning'}"
        params: dict[str, str | int] = {"after": after, "limit": self.of.terms.page_size}
        url = f"{self.of.url}/batches/{batch}/results"
        _, body = await self.asking.ask(self.client, Question("GET", url, place, params))
        try:
            answer = _ANSWER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self.asking.malformed(place, "is not a page of results") from None
        if answer.more and answer.next == after:
            raise self.asking.malformed(place, "promises more behind the same cursor")
        return answer


def _next(done: _Cursor, answer: _Answer) -> _Cursor:
    if answer.more:
        return msgspec.structs.replace(done, after=answer.next)
    return msgspec.structs.replace(done, chunk=done.chunk + 1, batch=None, after="")


def _written(done: _Cursor) -> str:
    return msgspec.json.encode(done).decode()
