"""What a command does, and what it could not do, is on record before the caller hears of it."""

from contextlib import asynccontextmanager

import pytest

from audit.entry import EntryKind
from hub.access import Caller, default_policy_text
from hub.casework.commands import Commands
from hub.casework.recognise import RecogniseRoom
from hub.errors import NotGrantedError, SealBrokenError, StoreUnavailableError
from hub.query.answer import Request
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema
from tests.fakes.audit_log import FakeLog
from tests.support.world import NOW

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
    schema, database = core_schema(build_schema(catalogue)), PolicyOnly()

    async def given(problem, caller=APPROVER):
        async def recognise(*_given):
            raise problem

        commands = Commands(
            schema,
            Documents(schema),
            Policies(database, catalogue),
            Disclosures(log, NoTags()),
            log,
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


async def test_a_mutation_without_a_room_is_a_bug_on_record(give):
    with pytest.raises(AssertionError, match="nobody carries out: recognise"):
        await give(None)

    assert give.log.record()["reason"] == "INTERNAL"
