"""A household splits, a region's code changes: who may be seen follows, by the day that is asked.

Scenario 8, beside the member who turns fourteen (`tests/integration/credit/test_scenarios.py`).
"""

from dataclasses import replace
from uuid import UUID

import pytest

from hub.access import default_policy_text
from hub.query.policies import publish_policy
from tests.integration.ingest import test_households_over_time as over_time
from tests.integration.ingest.test_households_over_time import HERE, NUMBERS
from tests.support.asking import OFFICER
from tests.support.cases import own_case_policy, register_case
from tests.support.district import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
family = over_time.family
SPLIT, EVE = "2026-06-01", "2026-05-31"
RENAMED, STREET = "420106016001", "420106001"
CODES = f"""
[[region_change]]
old = "{STREET}"
new = "420106016"
legal_basis = "示范区公告"
from = 2026-10-01
"""


async def governed(family, text):
    async with family.desk.hub.database.transaction() as connection:
        await publish_policy(connection, text, family.desk.hub.catalogue, NOW)


async def opened(family, number, kind, subject):
    async with family.desk.hub.database.transaction() as connection:
        about = [(kind, ("420106", UUID(str(subject))))]
        await register_case(connection, number, officers=["u17"], roles=(), about=about)
    return replace(OFFICER, case=number)


async def split(family):
    """Let the daughter marry out, and keep the id of the home that she left."""
    found = await family.ask(over_time.ASKED, n=NUMBERS["father"])
    await family.tell("daughter", SPLIT, home="H9", relation="12")
    await family.tell("husband", "2020-03-01", home="H9", relation="02")
    await family.learn(None)
    return found["person"]["household"]["id"]


async def test_a_case_about_a_household_ends_for_who_leaves_it_on_the_day_they_leave(family):
    home = await split(family)
    caller = await opened(family, "about-home", "household", home)
    await governed(family, own_case_policy())

    stayed = await family.home("father", caller=caller)
    assert set(stayed) == {"father", "mother", "son"}
    for name in ("daughter", "husband"):
        assert await family.home(name, caller=caller) is None
    assert set(await family.home("daughter", day=EVE, caller=caller)) == set(stayed) | {"daughter"}


async def test_a_case_about_a_person_goes_with_them_and_leaves_the_others_behind(family):
    await split(family)
    caller = await opened(family, "about-her", "person", family.ids["daughter"])
    await governed(family, own_case_policy())

    assert set(await family.home("husband", caller=caller)) == {"daughter", "husband"}
    assert await family.home("father", caller=caller) is None
    assert "father" in await family.home("daughter", day=EVE, caller=caller)
    assert await family.home("husband", day=EVE, caller=caller) is None


async def test_an_anchor_who_has_left_is_told_nothing_of_those_who_stayed(family):
    home = await split(family)
    caller = await opened(family, "anchored", "household", home)
    await governed(family, own_case_policy())

    now = await family.home("father", anchor="daughter", caller=caller)
    before = await family.home("father", anchor="daughter", day=EVE, caller=caller)

    assert set(now.values()) == {None}
    assert before == {"father": "51", "mother": "50", "son": "70", "daughter": "01"}


async def renamed(family):
    for name, code in {"father": "02", "mother": "12", "son": "20", "daughter": "30"}.items():
        await family.tell(name, "2026-10-01", relation=code, region=RENAMED)


@pytest.mark.parametrize("area", [STREET, "420106016"], ids=["the old code", "the new code"])
async def test_scope_is_checked_by_the_codes_of_the_day_that_is_asked(family, area):
    await renamed(family)
    caller = replace(OFFICER, area=(f"{area}001",))
    days = ("2026-09-30", "2026-10-01", None)
    unmapped = [await family.home("son", day=day, caller=caller) is not None for day in days]
    assert unmapped == [area == STREET, area != STREET, area != STREET]

    await governed(family, default_policy_text() + CODES)

    for day in days:
        assert len(await family.home("son", day=day, caller=caller)) == 4
    assert await family.region("son", day="2026-09-30") == HERE
    assert await family.region("son") == RENAMED


async def test_who_sees_another_street_sees_nothing_more_by_the_change(family):
    await renamed(family)
    await governed(family, default_policy_text() + CODES)

    for area in ("420106002", "420106016002", f"{STREET}002"):
        for day in ("2026-09-30", "2026-10-01"):
            assert await family.home("son", day=day, caller=replace(OFFICER, area=(area,))) is None


@pytest.mark.parametrize("area", [STREET, "420106016"], ids=["the old code", "the new code"])
async def test_the_second_wall_lets_an_entitlement_below_a_county_follow_its_codes(family, area):
    await renamed(family)
    text = default_policy_text().replace('regions = ["420106"]', f'regions = ["{area}"]')

    await governed(family, text + CODES)

    for day in ("2026-09-30", "2026-10-01"):
        assert len(await family.home("son", day=day)) == 4
