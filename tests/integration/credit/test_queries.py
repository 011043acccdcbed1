"""Who may read a commitment, and what of it."""

import pytest

from hub.errors import NotGrantedError
from tests.support.asking import asking
from tests.support.credit import (
    ANALYST,
    APPROVER,
    CENTRE,
    CREDIT_OFFICE,
    HANDLER,
    OFFICER,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]
BY_CODE = """query ($code: String!) { creditRecord(code: $code) {
  code promisorName promisorCode matter performance publicity acceptingUnitCode } }"""
OF_PERSON = """query ($n: String!) { person(nationalId: $n) {
  commitments { state code } verifications { grade items { item verdict } } } }"""
DEPOSITS = """query ($n: String!) { person(nationalId: $n) { id bankDeposits { amountCents } } }"""


@pytest.fixture
async def ask(dsn, applicants, catalogue, office):
    made = asking(dsn, applicants[1], catalogue)
    yield made
    await made.database.close()


async def test_the_credit_office_reads_the_twenty_fields_by_code(office, ask):
    code = await office.confirmed()

    told = await ask.body(BY_CODE, CREDIT_OFFICE, code=code)

    record = told["data"]["creditRecord"]
    assert record["code"] == code
    assert record["promisorName"] == "虚王一"
    assert record["promisorCode"] == office.family.number(office.family.wang)
    assert record["performance"] == "尚未认定"
    assert record["publicity"] == "不可公开"
    assert "errors" not in told
    root = ask.log.record()["roots"][0]
    assert (root["name"], root["found"], root["outside"], root["unknown"]) == (
        "creditRecord", 1, 0, 0,
    )  # fmt: skip
    assert len(ask.log.entries[-1].subjects) == 1
    assert code.encode() not in ask.log.entries[-1].record


async def test_unknown_foreign_and_malformed_codes_look_the_same_and_the_log_tells_them_apart(
    office, ask
):
    code = await office.confirmed()
    texts, roots = [], []
    for caller, asked in ((CREDIT_OFFICE, code[:-1] + "7"), (CREDIT_OFFICE, "x"), (HANDLER, code)):
        if caller is HANDLER:
            await moved_away(office)
        told = await ask.body(BY_CODE, caller, code=asked)
        texts.append((told["data"], told.get("errors")))
        roots.append(ask.log.record()["roots"][0])

    assert texts == [({"creditRecord": None}, None)] * 3
    assert [(r["unknown"], r["outside"]) for r in roots] == [(1, 0), (1, 0), (0, 1)]


async def moved_away(office):
    async with office.desk.database.connection() as connection:
        await connection.execute("UPDATE household_place SET region = '420106001001'")


async def test_civil_affairs_own_roles_read_a_commitment_by_code_and_nobody_else(office, ask):
    code = await office.confirmed()

    for caller in (HANDLER, APPROVER, CENTRE):
        told = await ask.body(BY_CODE, caller, code=code)
        assert told["data"]["creditRecord"]["code"] == code
    for caller in (ANALYST, OFFICER):
        with pytest.raises(NotGrantedError):
            await ask.body(BY_CODE, caller, code=code)
        assert ask.log.record()["outcome"] == "refused"


async def test_a_community_officer_sees_the_grade_and_the_state_alone(office, ask):
    code = await office.confirmed()
    number = office.family.number(office.family.wang)

    told = await ask.body(OF_PERSON, OFFICER, n=number)

    person = told["data"]["person"]
    assert person["commitments"] == [{"state": "confirmed-simplified", "code": None}]
    assert person["verifications"] == [{"grade": "consistent", "items": None}]
    assert {e["extensions"]["field"] for e in told["errors"]} == {
        "CommitmentRecord.code", "Verification.items",
    }  # fmt: skip
    assert code not in str(told)


async def test_a_handler_sees_the_verdict_of_each_item(office, ask):
    await office.confirmed()

    told = await ask.body(OF_PERSON, HANDLER, n=office.family.number(office.family.wang))

    (report,) = told["data"]["person"]["verifications"]
    assert {"item": "income", "verdict": "consistent"} in report["items"]


async def test_what_banks_hold_is_answered_about_who_authorised_it_and_to_whom_it_is_granted(
    office, ask
):
    await office.confirmed()
    asked = len(office.banks.asked)
    number = office.family.number(office.family.wang)

    for caller in (HANDLER, CENTRE):
        told = await ask.body(DEPOSITS, caller, n=number)
        assert told["data"]["person"]["bankDeposits"] == []
        assert "errors" not in told
    for caller in (ANALYST, CREDIT_OFFICE):
        with pytest.raises(NotGrantedError):
            await ask.body(DEPOSITS, caller, n=number)
        record = ask.log.record()
        assert (record["outcome"], record["role"]) == ("refused", caller.role)
    assert len(office.banks.asked) == asked
