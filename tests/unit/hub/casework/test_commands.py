"""What a command does, and what it could not do, is on record before the caller hears of it."""

import asyncio
from contextlib import asynccontextmanager

import orjson
import pytest

from audit.entry import EntryKind
from hub.access import Caller, default_policy_text
from hub.casework.commands import Commands
from hub.casework.recognise import RecogniseRoom
from hub.errors import (
    AuditUnavailableError,
    EncryptionRefusedError,
    InvalidRequestError,
    NotGrantedError,
    SealBrokenError,
    StoreUnavailableError,
)
from hub.query.answer import Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies
from hub.query.receiving import Form, Receiving
from schema.catalogue import Catalogue
from tests.fakes.audit_log import Break, FakeLog
from tests.support.receivers import example, is_sealed, new_pair, receiving
from tests.support.schemas import schema_of
from tests.support.world import NOW

client = example()

pytestmark = pytest.mark.anyio
APPROVER = Caller("civil-affairs", "approver", "PUSH", "c")
TEXT = """mutation ($in: RecognitionInput!) { recognise(input: $in) { people } }"""
INPUT = {
    "householdId": "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
    "category": "DB",
    "startDate": "2026-12-01",
    "decisionNumber": "D1",
    "decidedOn": "2026-11-20",
}


class PolicyOnly:
    """A database that has a policy and nothing else."""

    def __init__(self):
        self.text = default_policy_text()

    @asynccontextmanager
    async def connection(self):
        yield self

    async def fetchval(self, _statement):
        return self.text


class NoTags:
    """Has no subjects to name."""

    def subject(self, log_alias):
        raise AssertionError(log_alias)


@pytest.fixture
def give():
    catalogue, log = Catalogue.discover(), FakeLog()
    schema, database = schema_of(catalogue), PolicyOnly()

    async def given(problem, caller=APPROVER):
        async def recognise(*_given):
            raise problem

        commands = Commands(
            schema,
            Documents(schema),
            Policies(database, catalogue),
            Disclosures(log, NoTags()),
            log,
            CaseCheck(database),
            {} if problem is None else {"recognise": RecogniseRoom(recognise)},
        )
        await commands.answer(Request(TEXT, {"in": INPUT}, None, caller, "r-1", NOW))

    given.log, given.database = log, database
    return given


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (StoreUnavailableError("gone"), "STORE_UNAVAILABLE"),
        (SealBrokenError("broken"), "SEAL_BROKEN"),
        (ZeroDivisionError(), "INTERNAL"),
    ],
)
async def test_a_command_that_failed_is_on_record(give, problem, reason):
    with pytest.raises(type(problem)):
        await give(problem)

    record = give.log.record()
    assert (record["outcome"], record["reason"]) == ("failed", reason)


async def test_a_command_that_is_not_granted_is_on_record(give):
    with pytest.raises(NotGrantedError):
        await give(AssertionError(), Caller("civil-affairs", "officer", "WARN", "c"))

    assert give.log.entries[-1].kind is EntryKind.DENIAL
    assert give.log.record()["outcome"] == "refused"


async def test_a_command_reads_nothing_that_its_caller_may_not_read(give):
    fields = '"Population.nationalId", "Population.name", "Population.sex", "Population.birthDate"'
    head, approver, tail = give.database.text.partition('agreement = "PS-2026-05"')
    give.database.text = head + approver + tail.replace(fields, '"Population.phone"', 1)

    with pytest.raises(NotGrantedError, match=r"Population\.nationalId") as refused:
        await give(AssertionError())

    assert refused.value.fields == ("Population.nationalId", "Population.name")
    assert give.log.record()["outcome"] == "refused"


class Room:
    """Counts what it is told to do; fails where a test says so."""

    uses = ()

    def __init__(self, *outcomes):
        self.outcomes, self.given = list(outcomes), []

    async def carry_out(self, arguments, _order):
        self.given.append(arguments["input"]["decisionNumber"])
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        if callable(outcome):
            outcome()
        return {"people": len(self.given), "messageIds": [], "closedAlertId": None}


SERIES = """mutation ($a: RecognitionInput!, $b: RecognitionInput!, $c: RecognitionInput!) {
  kind: __typename
  a: recognise(input: $a) { people }
  b: recognise(input: $b) { people }
  c: recognise(input: $c) { of: __typename people } }"""
STATED = {key: {**INPUT, "decisionNumber": key} for key in "abc"}


@pytest.fixture
def in_series():
    catalogue, log = Catalogue.discover(), FakeLog()
    schema, database = schema_of(catalogue), PolicyOnly()

    async def given(room, text=SERIES, variables=STATED, caller=APPROVER, how=None):
        commands = Commands(
            schema,
            Documents(schema),
            Policies(database, catalogue),
            Disclosures(log, NoTags()),
            log,
            CaseCheck(database),
            {"recognise": room},
        )
        request = Request(text, variables, None, caller, "r-1", NOW, receiving=how)
        answer = await commands.answer(request)
        return None if how is not None else orjson.loads(answer.body), answer

    given.log, given.database = log, database
    return given


async def test_commands_are_carried_out_in_the_order_written_each_on_record_before_the_next(
    in_series,
):
    recorded = []
    seen = [lambda: recorded.append(len(in_series.log.entries))] * 3
    room = Room(*seen)
    body, answer = await in_series(room)

    assert room.given == ["a", "b", "c"]
    assert recorded == [0, 1, 2]
    assert body["data"] == {
        "kind": "Mutation",
        "a": {"people": 1},
        "b": {"people": 2},
        "c": {"of": "RecognitionReceipt", "people": 3},
    }
    assert list(body["data"]) == ["kind", "a", "b", "c"]
    assert "errors" not in body
    receipts = body["extensions"]["receipts"]
    assert [receipts[key]["index"] for key in "abc"] == [0, 1, 2]
    assert body["extensions"]["receipt"] == receipts["c"]
    assert answer.failures == ()


@pytest.mark.parametrize(
    ("problem", "code", "outcome"),
    [
        (InvalidRequestError("the day is past"), "BAD_REQUEST", "refused"),
        (StoreUnavailableError("gone"), "STORE_UNAVAILABLE", "failed"),
        (ZeroDivisionError("690106199001010014"), "INTERNAL", "failed"),
    ],
)
async def test_a_command_that_fails_is_null_with_its_error_and_the_next_are_carried_out(
    in_series, problem, code, outcome
):
    room = Room(None, problem, None)
    body, answer = await in_series(room)

    assert room.given == ["a", "b", "c"]
    assert body["data"]["b"] is None
    assert (body["data"]["a"], body["data"]["c"]["people"]) == ({"people": 1}, 3)
    (error,) = body["errors"]
    assert error["path"] == ["b"]
    assert error["locations"] == [{"line": 4, "column": 3}]
    assert error["extensions"] == {"code": code, "requestId": "r-1"}
    assert set(body["extensions"]["receipts"]) == {"a", "c"}
    assert answer.failures == (problem,)
    assert [in_series.log.record(n)["outcome"] for n in range(3)] == [
        "answered",
        outcome,
        "answered",
    ]
    assert b"6901" not in answer.body


async def test_a_right_that_is_taken_away_in_between_stops_the_next_command(in_series):
    def take_away():
        in_series.database.text = in_series.database.text.replace('"Mutation.recognise", ', "")

    assert '"Mutation.recognise", ' in in_series.database.text
    room = Room(take_away, None, None)
    body, _ = await in_series(room)

    assert room.given == ["a"]
    assert [error["extensions"]["code"] for error in body["errors"]] == ["NOT_GRANTED"] * 2
    assert body["errors"][0]["extensions"]["fields"] == ["Mutation.recognise"]


async def test_what_cannot_be_put_on_record_is_not_told(in_series):
    def stall():
        in_series.log.breaks = Break.BEFORE

    def recover():
        in_series.log.breaks = None

    body, _ = await in_series(Room(None, stall, recover))

    assert body["data"]["b"] is None
    assert [error["extensions"]["code"] for error in body["errors"]] == ["AUDIT_UNAVAILABLE"]
    assert body["data"]["c"]["people"] == 3


async def test_when_every_command_failed_that_is_on_record_before_it_is_told(in_series):
    room = Room(*[StoreUnavailableError("gone")] * 3)
    body, answer = await in_series(room)

    assert body["data"] == {"kind": "Mutation", "a": None, "b": None, "c": None}
    assert len(body["errors"]) == 3
    assert body["extensions"]["receipts"] == {}
    assert answer.receipt.index == len(in_series.log.entries) - 1
    in_series.log.breaks = Break.BEFORE
    with pytest.raises(AuditUnavailableError):
        await in_series(Room(*[StoreUnavailableError("gone")] * 3))


async def test_a_caller_that_goes_away_stops_the_series(in_series):
    room = Room(None, asyncio.CancelledError(), None)

    with pytest.raises(asyncio.CancelledError):
        await in_series(room)

    assert room.given == ["a", "b"]


async def test_a_mutation_that_gives_no_command_is_answered_and_on_record(in_series):
    body, answer = await in_series(Room(), "mutation { __typename }", {})

    assert body["data"] == {"__typename": "Mutation"}
    assert "receipts" not in body["extensions"]
    assert in_series.log.record(answer.receipt.index)["outcome"] == "answered"


async def test_a_mutation_without_a_room_is_a_bug_on_record(give):
    with pytest.raises(AssertionError, match="nobody carries out: recognise"):
        await give(None)

    assert give.log.record()["reason"] == "INTERNAL"


@pytest.mark.parametrize(
    "text", [SERIES, SERIES.replace("  b: recognise(input: $b) { people }", "")]
)
async def test_every_value_of_a_payload_is_sealed_and_opens_to_the_clear_one(in_series, text):
    pair, variables = new_pair(), {key: STATED[key] for key in "abc" if f"${key})" in text}
    text = text.replace(", $b: RecognitionInput!", "") if "b" not in variables else text
    clear, _ = await in_series(Room(*[None] * 3), text, variables)
    _, answer = await in_series(Room(*[None] * 3), text, variables, how=receiving(pair))

    sealed = orjson.loads(answer.body)
    assert (sealed["data"]["kind"], sealed["data"]["c"]["of"]) == ("Mutation", "RecognitionReceipt")
    assert is_sealed(sealed["data"]["a"]["people"])
    assert client.opened_answer(sealed, pair)["data"] == clear["data"]
    assert in_series.log.record()["encryption"] == {"form": "fields", "key": "enc-1"}


async def test_a_payload_leaves_whole_under_the_receivers_key(in_series):
    pair = new_pair()
    clear, _ = await in_series(Room(*[None] * 3))
    _, answer = await in_series(Room(*[None] * 3), how=receiving(pair, Form.RESPONSE))

    assert orjson.loads(client.opened_whole(answer.body, pair, None)[0])["data"] == clear["data"]


@pytest.mark.parametrize("form", Form)
async def test_without_a_key_no_command_is_carried_out(in_series, form):
    room = Room(*[None] * 3)
    with pytest.raises(EncryptionRefusedError):
        await in_series(room, how=Receiving(form, None))

    assert room.given == []
    entry = in_series.log.record()
    assert (entry["outcome"], entry["reason"]) == ("refused", "NO_ENCRYPTION_KEY")
