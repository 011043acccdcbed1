"""Whatever is stopped because it takes too long is on record, by whichever way it was asked."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field

import pytest

from audit.entry import EntryKind
from hub.http.lateness import note_late
from hub.http.limits import Limits
from hub.http.presence import AnswerTimeoutError, answer_too_late
from hub.query.answer import Request
from hub.query.disclosure import Disclosures
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR
from tests.support.edge import START, new_edge

LATE = Limits(answer_timeout_s=0.1)
LIST = "query Slow($after: String) { households(after: $after) { edges { cursor node { id } } } }"


@dataclass
class Never:
    """Answers nobody."""

    async def answer(self, _, /):
        await asyncio.Event().wait()

    begin = answer


@dataclass
class Hanging:
    """Is asked to record a failure, and never has."""

    asked: list = field(default_factory=list)

    async def failed(self, asked, failure):
        self.asked.append((asked.request_id, type(failure)))
        await asyncio.Event().wait()


@pytest.fixture
def log():
    return FakeLog()


@pytest.fixture
def edge(tmp_path, log):
    failures = Disclosures(log, None)
    return new_edge(tmp_path, queries=Never(), commands=Never(), limits=LATE, failures=failures)


def check_record(log, document, channel):
    """The one entry says what was asked, by which way, and that it failed for the time it took."""
    (entry,) = log.entries
    record = log.record()
    assert entry.kind is EntryKind.DENIAL
    assert (record["outcome"], record["reason"]) == ("failed", "TIMEOUT")
    assert (record["request"], record["channel"]) == ("r-1", channel)
    assert record["document"] == hashlib.sha256(document.encode()).hexdigest()


@pytest.mark.parametrize("document", ["query Slow { x }", "mutation Slow { x }"])
def test_a_query_or_a_command_that_takes_too_long_is_on_record_as_failed(edge, log, document):
    reply = edge.ask(document, {"hub-request-id": "r-1"}, operationName="Slow")

    assert reply.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    check_record(log, document, "graphql")
    assert log.record()["operation"] == "Slow"


def test_a_citizens_question_that_takes_too_long_is_on_record_as_failed(edge, log):
    headers = edge.bearer() | {"hub-request-id": "r-1"}
    reply = edge.http.post("/v2/findUsage", json={"assertion": "a.b.c"}, headers=headers)

    assert (reply.status_code, reply.json()["code"]) == (503, "TIMEOUT")
    assert log.record()["channel"] == "usage"
    assert (log.record()["outcome"], log.record()["reason"]) == ("failed", "TIMEOUT")


@pytest.mark.parametrize("chunks", [0, 1])
def test_a_chunk_of_an_export_that_takes_too_long_is_on_record_as_failed(edge, log, chunks):
    edge.front.rows, answer = 450, edge.front.answer

    async def slow(request, smaller):
        if len(edge.front.asked) == chunks:
            await asyncio.Event().wait()
        return await answer(request, smaller)

    edge.front.answer = slow
    headers = edge.bearer() | {"hub-request-id": "r-1"}
    reply = edge.http.post("/export", json={"query": LIST}, headers=headers)

    last = json.loads(reply.text.splitlines()[-1])
    error = last["error"] if chunks else last["errors"][0]
    assert error["extensions"]["code"] == "TIMEOUT"
    check_record(log, LIST, "export")


def test_an_export_that_does_not_begin_in_time_is_on_record_as_failed(tmp_path, log):
    failures, never = Disclosures(log, None), Never()
    edge = new_edge(tmp_path, exports=never, limits=LATE, failures=failures)

    headers = edge.bearer() | {"hub-request-id": "r-1"}
    reply = edge.http.post("/export", json={"query": LIST}, headers=headers)

    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (503, "TIMEOUT")
    check_record(log, LIST, "export")


@pytest.mark.parametrize("broken", [Break.BEFORE, Break.AFTER])
def test_the_caller_is_told_the_same_where_it_cannot_be_recorded(edge, log, broken):
    log.breaks = broken

    reply = edge.ask("{ x }")

    assert (reply.status_code, reply.json()["errors"][0]["extensions"]["code"]) == (503, "TIMEOUT")


@pytest.mark.anyio
async def test_nobody_waits_for_a_log_that_hangs():
    hanging = Hanging()
    request = Request("{ x }", {}, None, AUDITOR, "r-1", START)

    async with asyncio.timeout(5):
        await note_late(hanging, request, answer_too_late(0.1), 0.05)

    assert hanging.asked == [("r-1", AnswerTimeoutError)]
