"""A purpose that demands a case is answered only in one that is open, for it, and the caller's."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import asyncpg
import pytest

from hub.access import default_policy_text
from hub.errors import CaseRefusedError
from hub.query.cases import CaseCheck
from hub.query.policies import publish_policy
from tests.support.asking import OFFICER, WARNER, asking
from tests.support.cases import assign_case, close_case, register_case
from tests.support.world import NOW, TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.database]
PERSON = "query ($n: String!) { person(nationalId: $n) { id population { name } } }"
LIST = "{ warnings(first: 5) { edges { node { band } } } }"
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
async def connection(district):
    made = await asyncpg.connect(district[0])
    yield made
    await made.close()


async def refused(ask, world, caller, document=PERSON):
    """Return the reason for which a caller is refused, and see that it is on record."""
    variables = {"n": world.numbers[1]} if document == PERSON else {}
    with pytest.raises(CaseRefusedError) as problem:
        await ask.body(document, caller, **variables)
    record = ask.log.record()
    assert (record["outcome"], record["reason"]) == ("refused", problem.value.reason)
    assert record["case"] == caller.case
    return problem.value.reason


async def answered(ask, world, caller):
    body = await ask.body(PERSON, caller, n=world.numbers[1])
    return body["data"]["person"] is not None


async def test_a_case_of_the_caller_is_answered_and_nothing_else_is(ask, world, connection):
    mine = replace(OFFICER, case="mine-1")
    await register_case(connection, "mine-1", purposes=["CASE"], officers=["u17"], roles=())
    await register_case(connection, "theirs", "medical-insurance", officers=["u17"])
    await register_case(connection, "visit", purposes=["VERIFY"], officers=["u17"])
    await register_case(connection, "other", purposes=["CASE"], officers=["u18"], roles=())
    await register_case(connection, "over", officers=["u17"], closed_on=TODAY)
    await register_case(connection, "early", officers=["u17"], opened_on=TOMORROW)
    await register_case(connection, "until", officers=["u17"], closed_on=TOMORROW)

    assert await answered(ask, world, mine)
    assert await answered(ask, world, replace(OFFICER, case="until"))
    for number, reason in {
        "nowhere": "CASE_UNKNOWN",
        "theirs": "CASE_UNKNOWN",
        "visit": "CASE_OTHER_PURPOSE",
        "other": "CASE_NOT_IN_CASELOAD",
        "over": "CASE_CLOSED",
        "early": "CASE_CLOSED",
    }.items():
        assert await refused(ask, world, replace(OFFICER, case=number)) == reason


async def test_another_departments_case_and_none_are_refused_in_the_same_words(ask, connection):
    await register_case(connection, "foreign", "medical-insurance", officers=["u17"])
    told = []
    for number in ("foreign", "nobody-has-it"):
        with pytest.raises(CaseRefusedError) as problem:
            await ask.body(LIST, replace(OFFICER, case=number))
        told.append(str(problem.value))

    assert told[0] == told[1]
    assert "foreign" not in told[0]


async def test_a_role_works_on_a_case_and_a_system_is_asked_for_no_caseload(ask, world, connection):
    await register_case(connection, "of-role", purposes=["CASE"], roles=["officer"])
    await register_case(connection, "of-else", purposes=["CASE"], officers=["u18"], roles=["head"])

    assert await answered(ask, world, replace(OFFICER, case="of-role"))
    assert await answered(ask, world, replace(OFFICER, case="of-else", actor=None))
    assert await refused(ask, world, replace(OFFICER, case="of-else")) == "CASE_NOT_IN_CASELOAD"


async def test_a_closed_case_is_closed_at_once_in_every_worker(
    ask, world, connection, district, catalogue
):
    dsn, _, keyring = district
    other = asking(dsn, keyring, catalogue)
    caller = replace(OFFICER, case="short")
    await register_case(connection, "short", purposes=["CASE"], officers=["u17"], roles=())
    for worker in (ask, other):
        for _ in range(2):  # the second time by a remembered plan
            assert await answered(worker, world, caller)

    await close_case(connection, "short", on=TODAY)

    for worker in (ask, other):
        assert await refused(worker, world, caller) == "CASE_CLOSED"
    await other.database.close()


async def test_a_case_that_is_given_away_is_gone_from_who_had_it(ask, world, connection):
    await register_case(connection, "given", purposes=["CASE"], officers=["u17"], roles=())
    caller = replace(OFFICER, case="given")
    assert await answered(ask, world, caller)

    await assign_case(connection, "given", officers=["u20"])

    assert await refused(ask, world, caller) == "CASE_NOT_IN_CASELOAD"
    assert await answered(ask, world, replace(caller, actor="u20"))


async def test_no_row_is_read_in_a_case_that_does_not_hold_and_one_statement_tells(
    ask, world, connection
):
    caller = replace(OFFICER, case="counted")
    await register_case(connection, "counted", purposes=["CASE"], officers=["u17"], roles=())
    assert await answered(ask, world, caller)
    before = ask.database.statements
    assert await answered(ask, world, caller)
    assert ask.database.statements == before + 1

    await close_case(connection, "counted", on=TODAY)
    ask.opened.clear()
    fetched = []
    fetch = ask.answerer.fetcher.fetch

    async def seen(*given):
        fetched.append(await fetch(*given))
        return fetched[-1]

    object.__setattr__(ask.answerer, "fetcher", type("Seen", (), {"fetch": staticmethod(seen)}))
    before = ask.database.statements
    assert await refused(ask, world, caller) == "CASE_CLOSED"
    await asyncio.sleep(0)  # statements are counted a little later

    assert ask.database.statements == before + 1
    assert ask.opened == []
    assert [len(column) for level in fetched[0].levels for column in level.values()] == [0] * sum(
        map(len, fetched[0].levels)
    )


async def test_lists_are_held_to_the_case_too(ask, world):
    body = await ask.body(LIST, OFFICER)

    assert body["data"]["warnings"]["edges"]
    caller = replace(OFFICER, case="nowhere")
    assert await refused(ask, world, caller, LIST) == "CASE_UNKNOWN"
    assert await refused(ask, world, caller, "{ __schema { queryType { name } } }") == (
        "CASE_UNKNOWN"
    )


async def test_where_no_case_is_demanded_none_is_looked_up(ask):
    body = await ask.body(LIST, replace(WARNER, case="anything"))

    assert body["data"]["warnings"]["edges"]
    assert ask.log.record()["case"] == "anything"


async def test_a_register_is_asked_only_in_a_case_that_holds(ask, connection, catalogue):
    whole = default_policy_text()
    asks = 'role = "auditor"\npurpose = "AUDIT"\n'
    assert whole.count(asks) == 1
    await publish_policy(
        connection, whole.replace(asks, asks + "case_required = true\n"), catalogue, NOW
    )
    auditor = replace(OFFICER, department="audit-office", role="auditor", purpose="AUDIT")
    rules = '{ accessRules(first: 1, department: "tax") { edges { node { field } } } }'
    try:
        with pytest.raises(CaseRefusedError):
            await ask.body(rules, auditor)
        await register_case(connection, auditor.case, "audit-office", officers=["u17"])
        assert "errors" not in await ask.body(rules, auditor)
    finally:
        await publish_policy(connection, whole, catalogue, NOW)


async def test_a_look_up_by_itself_says_the_same(ask, connection, catalogue):
    await register_case(connection, "alone", closed_on=date(2026, 2, 1))
    policy = await ask.answerer.policies.current()
    held = policy.entitlement(OFFICER, TODAY)
    check = CaseCheck(ask.database)

    with pytest.raises(CaseRefusedError) as problem:
        await check.check(replace(OFFICER, case="alone"), held, NOW)

    assert problem.value.reason == "CASE_CLOSED"
    await check.check(OFFICER, held, NOW)
