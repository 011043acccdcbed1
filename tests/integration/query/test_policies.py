"""Under any policy, what is answered is what its text grants: no field more, no denial less.

A case is a policy, authorisations, a caller, a day and an operation. Policies are made at random
over the real catalogue and read a second time by `tests.oracles.policy_oracle`. Every case goes
from the policy's text to the plan; of the 20,000 of the long run every fifth goes the whole way,
through PostgreSQL under the role of its entitlement to the bytes of the answer, and is compared
with graphql-core over the same rows. Those that end at the plan have no rows: there the plan's own
fields and denials are compared with what the text grants.

Left out here, because they are not of the plan: quotas, and which policies the loader refuses.
"""

import time

import pytest

from tests.support.campaign import Campaign

pytestmark = [pytest.mark.anyio, pytest.mark.database]


@pytest.fixture
async def campaign(consented, catalogue):
    dsn, world, keyring = consented
    made = await Campaign.on(dsn, world, keyring, catalogue)
    yield made
    await made.end()


@pytest.mark.timeout(300)
async def test_what_is_answered_is_what_the_policys_text_grants(campaign):
    await campaign.run(policies=12, whole=20, plans=20)

    told = campaign.comparison
    assert campaign.cases == 12 * 40
    assert told.answered > 60
    assert told.errors > 60
    assert told.refused > 10
    assert told.met["consent asked"] > 2
    assert campaign.planned > 50


@pytest.mark.prove
@pytest.mark.timeout(3600)
async def test_twenty_thousand_cases_are_answered_as_the_policys_text_grants(campaign):
    began = time.monotonic()
    await campaign.run(policies=200, whole=20, plans=80, seed=1_000)

    told = campaign.comparison
    took = time.monotonic() - began
    print(f"\n{campaign.cases} cases under 200 policies in {took:.0f} s: {told.answered} answered")
    print(f"and compared, {told.refused} refused whole, {campaign.planned} planned and compared,")
    print(f"{told.errors} denied selections told, {told.met['consent asked']} asked for consent.")
    assert campaign.cases == 20_000
    assert told.answered > 1_500
