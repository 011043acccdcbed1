"""Misuse that is planted among thirteen weeks of office work is found, and work is left alone."""

import pytest

from tests.support.misuse import campaign
from tests.support.office import PATTERNS, Office

TUNED_ON = 20_261_127
"""The seed that the rules were made with; the others were chosen before they were run.

With 90,003 the generator was found to know one public holiday less than the rules.
"""
UNSEEN = (90_003, 730_519, 552_963, 614_889)

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.mark.timeout(300)
async def test_a_slice_of_the_campaign_finds_each_pattern_by_the_rule_that_is_about_it(
    hub_database,
):
    made = await campaign(hub_database, Office(seed=7, accesses=20_000), stretch=10_000)
    print(made.table())

    assert made.accesses >= 18_000
    assert made.found_as_meant == set(PATTERNS), made.table()
    assert made.false_per_thousand <= 1, made.table()


@pytest.mark.prove
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", [TUNED_ON, *UNSEEN])
async def test_the_whole_campaign_finds_eleven_of_twelve_and_one_false_in_a_thousand(
    hub_database, seed
):
    made = await campaign(hub_database, Office(seed=seed, accesses=200_000))
    print(made.table())

    assert made.accesses >= 200_000
    assert len(made.found) >= 11, made.table()
    assert set(made.found) <= set(PATTERNS)
    assert made.false_per_thousand <= 1, made.table()
