"""Who supports a family from outside is told of by a record alone: no member, not in scope."""

import pytest

from connectors.protocol import SourceRecord
from hub.access import Caller, default_policy_text
from hub.query.policies import publish_policy
from tests.support.asking import OFFICER, asking
from tests.support.cases import register_case
from tests.support.district import NOW, hub_on
from tests.support.ingest_desk import Desk
from tests.support.records import AT, FIRST, SECOND, resident

pytestmark = [pytest.mark.anyio, pytest.mark.database]
BROTHER = "690203197406120011"
CENTRE = Caller("civil-affairs", "verification-centre", "VERIFY", "ca-centre", "u9", "case-9")
ASKED = """query Supporters($n: String!) {
  person(nationalId: $n) {
    household { members { relation } }
    supporters { supports supporterNumber supporterName relation }
  }
}"""
FOUND = "query Found($n: [String!]!) { people(nationalIds: $n) { status person { id } } }"


def supporter():
    words = {
        "id": "CA000000001",
        "sfzh": FIRST,
        "xm": "甲一",
        "syrzj": BROTHER,
        "syrxm": "丙三",
        "gx": "兄弟姐妹",
        "sfzc": "1",
        "cxrq": "2026-05-11",
        "zt": "1",
        "gxsj": "2026-10-05 03:15:07",
    }
    return SourceRecord(
        "civil-affairs", "supporter", "CA000000001", words, "row 1", AT, deleted=False
    )


def brother(key="R8", home="H8"):
    return resident(key, BROTHER, 户号=home, 姓名="丙三")


@pytest.fixture
async def desk(store, keyring):
    async with hub_on(store, keyring) as hub:
        made = Desk(hub)
        await made.scope(homes=["H1"])
        await made.give(resident(), resident("R2", SECOND, 出生日期="19590108", 与户主关系="52"))
        report = await made.give(supporter())
        assert (report.accepted, report.quarantined) == (1, {})
        yield made


@pytest.fixture
async def ask(desk, store, keyring):
    async with desk.hub.database.connection() as connection:
        await publish_policy(connection, default_policy_text(), desk.hub.catalogue, NOW)
        for number in (OFFICER.case, CENTRE.case):
            await register_case(connection, number)
    made = asking(store, keyring, desk.hub.catalogue)
    yield made
    await made.database.close()


async def test_a_supporter_is_neither_kept_as_a_person_nor_brought_into_scope(desk, ask):
    report = await desk.give(brother())

    assert (report.accepted, report.out_of_scope) == (0, 1)
    assert await desk.read("SELECT count(*) FROM person") == [(2,)]
    tag = desk.hub.tagger.person(BROTHER)
    for table in ("scope", "person_tag"):
        assert await desk.read(f"SELECT 1 FROM {table} WHERE tag = $1", tag) == []  # noqa: S608 - names above
    (found,) = (await ask.body(FOUND, n=[BROTHER]))["data"]["people"]
    assert found == {"status": "NOT_FOUND", "person": None}


@pytest.mark.parametrize("caller", [OFFICER, CENTRE], ids=lambda caller: caller.role)
async def test_a_supporter_is_never_among_the_members(desk, ask, caller):
    body = await ask.body(ASKED, caller, n=FIRST)

    members = body["data"]["person"]["household"]["members"]
    assert sorted(member["relation"] for member in members) == ["02", "52"]
    assert body["data"]["person"]["supporters"][0]["supports"] is True


async def test_a_supporter_with_a_household_in_scope_is_a_member_there_alone(desk, ask):
    await desk.scope(homes=["H8"], revision=90)
    await desk.give(brother())
    (found,) = (await ask.body(FOUND, n=[BROTHER]))["data"]["people"]
    assert found["status"] == "FOUND"

    body = await ask.body(
        "query Seen($n: String!, $a: ID) { person(nationalId: $n) "
        "{ household { members(anchor: $a) { relation } } } }",
        n=FIRST,
        a=found["person"]["id"],
    )

    assert body["data"]["person"]["household"]["members"] == [{"relation": None}] * 2


async def test_who_a_supporter_is_needs_their_own_consent(ask):
    body = await ask.body(ASKED, CENTRE, n=FIRST)

    (told,) = body["data"]["person"]["supporters"]
    assert told == {
        "supports": True,
        "supporterNumber": None,
        "supporterName": None,
        "relation": None,
    }
    refused = {error["extensions"]["field"]: error["extensions"] for error in body["errors"]}
    assert set(refused) == {
        *("Supporter.supporterNumber", "Supporter.supporterName", "Supporter.relation"),
    }
    assert {told["reason"] for told in refused.values()} == {"CONSENT_REQUIRED"}
    assert ("supporter", "supporter") not in ask.opened
    (prepared,) = ask.answerer.plans._known.values()
    assert "sealed_supporter" not in prepared.statement.text


async def test_whom_nobody_granted_supporters_is_not_told_that_consent_would_help(ask):
    body = await ask.body(ASKED, OFFICER, n=FIRST)

    told = {error["extensions"]["reason"] for error in body["errors"]}
    assert told == {"NOT_GRANTED"}
