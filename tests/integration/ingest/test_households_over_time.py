"""Who lived with whom, as of a day and as known at a moment: through ingest, asked by GraphQL."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from hub.access import default_policy_text
from hub.query.policies import publish_policy
from tests.support.asking import OFFICER, Asking, asking
from tests.support.cases import register_case
from tests.support.district import NOW, hub_on
from tests.support.ingest_desk import Desk
from tests.support.records import AT, resident
from tests.support.world import number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NUMBERS = {
    name: number_of(n, date(year, 3, 15))
    for n, (name, year) in enumerate(
        {
            "father": 1979,
            "mother": 1981,
            "son": 2004,
            "daughter": 2003,
            "baby": 2026,
            "husband": 2001,
            "grandmother": 1955,
        }.items(),
        start=11,
    )
}
HERE, THERE = "420106001001", "420106002001"
ASKED = """query Home($n: String!, $a: ID, $day: Date, $k: DateTime) {
  person(nationalId: $n, asOf: $day, knownAt: $k) {
    household { id region members(anchor: $a) { relation person { id } } }
  }
}"""
IDS = """query Ids($n: [String!]!, $day: Date) {
  people(nationalIds: $n, asOf: $day) { person { id } }
}"""
LATER = AT + timedelta(days=1)


@dataclass
class Family:
    """A family whose register tells of it; people go by what they are to the father."""

    desk: Desk
    asking: Asking
    ids: dict[str, str] = field(default_factory=dict)

    async def ask(self, document, caller=OFFICER, **variables):
        body = await self.asking.body(document, caller, **variables)
        assert "errors" not in body, body["errors"]
        return body["data"]

    async def tell(self, name, since, *, at=LATER, **words):
        """Let the register say something of one person from a day on."""
        report = await self.desk.give(told(name, since, at=at, **words))
        assert (report.quarantined, report.accepted) == ({}, 1)

    async def learn(self, day):
        """Note the opaque ids of everybody who is known and lives somewhere on `day`."""
        names = list(NUMBERS)
        data = await self.ask(IDS, n=[NUMBERS[name] for name in names], day=day)
        for name, found in zip(names, data["people"], strict=True):
            if found["person"]:
                self.ids[name] = found["person"]["id"]

    async def home(
        self, name, *, anchor=None, day=None, known=None, caller=OFFICER
    ) -> dict[str, Any] | None:
        """Return the members of somebody's household with their relations, None of nobody's."""
        given = {"n": NUMBERS[name], "a": self.ids.get(anchor), "day": day, "k": known}
        data = await self.ask(ASKED, caller, **given)
        home = data["person"] and data["person"]["household"]
        if home is None:
            return None
        names = {person: known_as for known_as, person in self.ids.items()}
        return {names[m["person"]["id"]]: m["relation"] for m in home["members"]}

    async def region(self, name, **times):
        data = await self.ask(ASKED, n=NUMBERS[name], **times)
        return data["person"]["household"]["region"]


def told(name, since, *, at=AT, home="H1", relation="02", region=HERE, status="正常"):
    words = {"户号": home, "与户主关系": relation, "行政区划": region, "人员状态": status}
    return resident(name, NUMBERS[name], at=at, 变更日期=since.replace("-", ""), **words)


@pytest.fixture
async def family(store, keyring):
    """Father, mother, a son and a daughter since 2020."""
    async with hub_on(store, keyring) as hub:
        desk = Desk(hub)
        await desk.scope(homes=["H1"])
        codes = {"father": "02", "mother": "12", "son": "20", "daughter": "30"}
        records = [told(name, "2020-03-01", relation=code) for name, code in codes.items()]
        await desk.give(*records)
        async with hub.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), hub.catalogue, NOW)
            await register_case(connection)
        made = Family(desk, asking(store, keyring, hub.catalogue))
        await made.learn(None)
        yield made
        await made.asking.database.close()


async def test_who_marries_out_is_a_member_there_from_the_day_and_here_until_it(family):
    before = await family.desk.knows()
    await family.tell("daughter", "2026-06-01", home="H9", relation="12")
    await family.tell("husband", "2020-03-01", home="H9", relation="02")
    await family.learn(None)

    assert await family.home("father", anchor="daughter", day="2026-05-31") == {
        "father": "51",
        "mother": "50",
        "son": "70",
        "daughter": "01",
    }
    assert set(await family.home("father", day="2026-06-01")) == {"father", "mother", "son"}
    assert await family.home("daughter", anchor="daughter", day="2026-06-01") == {
        "husband": "11",
        "daughter": "01",
    }
    assert await family.home("daughter", day="2026-06-01") == {"husband": "02", "daughter": "12"}
    assert await family.home("daughter", day="2026-06-01", known=before) == {
        "father": "02",
        "mother": "12",
        "son": "20",
        "daughter": "30",
    }
    assert await family.home("husband", known=before) is None


async def test_who_married_out_tells_nothing_of_those_who_stayed(family):
    await family.tell("daughter", "2026-06-01", home="H9", relation="02")

    seen = await family.home("father", anchor="daughter")

    assert seen == {"father": None, "mother": None, "son": None}


async def test_two_households_that_become_one_are_told_apart_before_the_day(family):
    await family.desk.scope(homes=["H2"], revision=90)
    await family.tell("grandmother", "2020-03-01", home="H2", relation="02", at=AT)
    await family.learn(None)
    before = await family.desk.knows()
    await family.tell("grandmother", "2026-07-01", relation="52")

    assert await family.home("grandmother", day="2026-06-30") == {"grandmother": "02"}
    assert await family.home("son", anchor="son", day="2026-07-01") == {
        "father": "51",
        "mother": "50",
        "son": "01",
        "daughter": "70",
        "grandmother": "62",
    }
    assert "grandmother" not in await family.home("son", day="2026-06-30")
    assert await family.home("grandmother", day="2026-07-01", known=before) == {"grandmother": "02"}
    left = await family.desk.read(
        "SELECT count(*) FROM membership WHERE known_to = 'infinity' AND valid_to = 'infinity'"
        " GROUP BY household_id"
    )
    assert left == [(5,)]


async def test_a_child_is_a_member_from_its_birth_and_known_from_its_registration(family):
    before = await family.desk.knows()
    await family.tell("baby", "2026-08-15", relation="21")
    await family.learn(None)

    seen = await family.home("baby", anchor="baby", day="2026-08-15")
    assert seen == {"father": "51", "mother": "50", "son": "70", "daughter": "70", "baby": "01"}
    assert "baby" not in await family.home("father", day="2026-08-14")
    assert await family.home("baby", day="2026-08-14") is None
    assert "baby" not in await family.home("father", known=before)
    assert await family.home("baby", known=before) is None


async def test_who_died_is_no_member_from_the_day_and_the_others_find_a_new_head(family):
    before = await family.desk.knows()
    await family.tell("father", "2026-09-01", status="死亡")
    between = await family.desk.knows()
    await family.tell("mother", "2026-09-20", relation="02")

    assert (await family.home("son", anchor="son", day="2026-08-31"))["father"] == "51"
    assert await family.home("son", anchor="son", day="2026-09-01") == {
        "mother": "50",
        "son": "01",
        "daughter": "70",
    }
    # No code says that the new head is a woman: her child's parent, no more.
    assert await family.home("son", anchor="son", day="2026-09-20") == {
        "mother": "50",
        "son": "01",
        "daughter": "70",
    }
    assert (await family.home("son", day="2026-09-20"))["mother"] == "02"
    assert (await family.home("son", day="2026-09-20", known=between))["mother"] == "12"
    assert "father" in await family.home("son", day="2026-09-20", known=before)
    assert await family.home("father") is None
    assert await family.home("father", known=before) is not None


async def test_a_household_that_moves_lies_elsewhere_from_the_day_and_is_seen_from_there(family):
    before = await family.desk.knows()
    for name, code in {"father": "02", "mother": "12", "son": "20", "daughter": "30"}.items():
        await family.tell(name, "2026-10-01", relation=code, region=THERE)
    here, there = replace(OFFICER, area=(HERE,)), replace(OFFICER, area=(THERE,))

    assert await family.region("son", day="2026-09-30") == HERE
    assert await family.region("son", day="2026-10-01") == THERE
    assert await family.region("son", day="2026-10-01", k=before) == HERE
    assert len(await family.home("son", anchor="father", day="2026-10-01", caller=there)) == 4
    assert await family.home("son", day="2026-10-01", caller=here) is None
    assert await family.home("son", day="2026-09-30", caller=there) is None
    assert len(await family.home("son", day="2026-09-30", caller=here)) == 4
