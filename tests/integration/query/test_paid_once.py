"""A request that is tried again, because the policy changed on the way, pays once."""

import re

import asyncpg
import pytest

from hub.access import default_policy_text
from hub.query.policies import publish_policy
from hub.query.quota import Quota, Quotas
from tests.fakes.quota_ledger import FakeLedger
from tests.support.asking import WARNER, asking
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LIST = "{ households(first: 10) { edges { node { id region } } } }"
WHOLE = default_policy_text()
LESS = re.sub(r'"Household.region",?', "", WHOLE)
OTHER = WHOLE + "# Other words that grant the same.\n"


@pytest.fixture
async def publish(district, catalogue):
    connection = await asyncpg.connect(district[0])

    async def published(text):
        await publish_policy(connection, text, catalogue, NOW)

    yield published
    await published(WHOLE)
    await connection.close()


@pytest.fixture
def quotas():
    return Quotas(FakeLedger(), Quota(64_000, 60), {}, lambda: 5.0)


@pytest.fixture
async def ask(district, catalogue, quotas):
    dsn, _, keyring = district
    made = asking(dsn, keyring, catalogue, meter=quotas)
    yield made
    await made.database.close()


@pytest.mark.parametrize(
    ("before", "after", "dearest"),
    [(WHOLE, OTHER, OTHER), (LESS, WHOLE, WHOLE), (WHOLE, LESS, WHOLE)],
    ids=["as dear", "dearer", "cheaper"],
)
async def test_a_request_pays_once_for_the_dearest_of_its_plans(
    ask, quotas, publish, before, after, dearest
):

    async def paid():
        (pocket,) = quotas.pockets(WARNER)
        left = pocket.left
        body = await ask.body(LIST, WARNER)
        return body["extensions"]["cost"], left - pocket.left

    await quotas.admit(WARNER)
    costs = {}
    for text in (LESS, OTHER, WHOLE, before):
        await publish(text)
        await ask.answerer.policies.reload()
        costs[text], taken = await paid()
        assert taken == costs[text]
    await publish(after)
    told, taken = await paid()

    assert costs[LESS] < costs[WHOLE] == costs[OTHER]
    assert (told, taken) == (costs[after], costs[dearest])
