"""A role's and an officer's requests a day, on a real database, whichever worker is asked."""

import asyncio
import time
from dataclasses import replace

import asyncpg
import pytest

from hub.access import Limits, default_policy_text
from hub.errors import CaseRefusedError
from hub.query.daily import CHINA_S, DAY_S
from hub.query.policies import publish_policy
from hub.query.quota import Quota, QuotaExceededError, Quotas
from hub.store.quotas import QuotaLedger
from tests.support.asking import OFFICER, WARNER, asking
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LIST = "{ warnings(first: 1) { edges { node { band } } } }"
ASKS = 'role = "officer"\npurpose = "CASE"\n'
LIMITS = "limits = { requests_a_day = 7, officer_requests_a_day = 4 }\n"


@pytest.fixture
async def connection(district):
    made = await asyncpg.connect(district[0])
    yield made
    await made.execute("delete from quota_window")
    await made.close()


@pytest.fixture
async def workers(district, catalogue, connection):
    """Two workers of one hub whose policy bounds the officer's requests a day."""
    dsn, _, keyring = district
    await bounded(connection, catalogue, LIMITS)
    made = []
    for _ in range(2):
        one = asking(dsn, keyring, catalogue)
        quotas = Quotas(QuotaLedger(one.database), Quota(10**6, 3_600), {}, time.monotonic)
        object.__setattr__(one.answerer, "meter", quotas)
        made.append(one)
    yield made
    await publish_policy(connection, default_policy_text(), catalogue, NOW)
    for one in made:
        await one.database.close()


async def bounded(connection, catalogue, limits):
    """Publish the policy with other limits of the officer's requests."""
    assert ASKS in default_policy_text()
    text = default_policy_text().replace(ASKS, ASKS + limits)
    await publish_policy(connection, text, catalogue, NOW)


async def answered(worker, caller, times):
    """Return how many of so many questions at once were answered."""

    async def one():
        try:
            await worker.body(LIST, caller)
        except QuotaExceededError:
            return False
        return True

    return sum(await _all(one() for _ in range(times)))


async def _all(work):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
    return [task.result() for task in tasks]


async def test_workers_together_answer_what_the_policy_allows_and_not_one_more(workers):
    _, second = workers
    both = await _all(answered(one, OFFICER, 6) for one in workers)

    assert sum(both) == 4  # of this officer
    other = replace(OFFICER, actor="u18")
    rest = [await answered(one, other, 6) for one in workers]
    assert sum(rest) == 3  # the rest of the role's
    with pytest.raises(QuotaExceededError) as refused:
        await second.body(LIST, other)
    assert second.log.record()["reason"] == "QUOTA_EXCEEDED"
    assert 0 < refused.value.retry_after_s <= DAY_S + 1
    assert await answered(second, WARNER, 9) == 9  # a purpose that nothing bounds


async def test_a_day_begins_at_midnight_in_china(connection, workers):
    await workers[0].body(LIST, OFFICER)

    days = await connection.fetch(
        "select distinct started_at at time zone 'Asia/Shanghai' as day from quota_window "
        "where subject not like 'department:%'"
    )
    assert [(row["day"].hour, row["day"].minute) for row in days] == [(0, 0)]
    assert CHINA_S == 8 * 3_600


async def test_a_request_without_a_case_that_holds_is_counted_like_any_other(workers):
    nowhere = replace(OFFICER, actor="u19", case="nowhere")
    for _ in range(4):
        with pytest.raises(CaseRefusedError):
            await workers[0].body(LIST, nowhere)

    with pytest.raises(QuotaExceededError):
        await workers[0].body(LIST, nowhere)


async def test_nothing_is_counted_where_nothing_is_bounded(ask, connection):
    await ask.body(LIST, WARNER)

    assert Limits().counts_requests is False
    assert await connection.fetchval("select count(*) from quota_window") == 0


async def test_a_higher_number_holds_at_once_where_the_lower_one_is_still_in_memory(
    workers, connection, catalogue
):
    first, _ = workers
    assert await answered(first, OFFICER, 6) == 4

    await bounded(connection, catalogue, LIMITS.replace("4", "6"))

    assert await answered(first, OFFICER, 6) == 2


async def test_a_number_that_is_new_holds_at_once_where_none_is_in_memory(
    workers, connection, catalogue
):
    await bounded(connection, catalogue, "")
    for worker in workers:
        assert await answered(worker, OFFICER, 1) == 1

    await bounded(connection, catalogue, "limits = { officer_requests_a_day = 1 }\n")

    assert [await answered(worker, OFFICER, 1) for worker in workers] == [1, 0]


async def test_a_request_that_is_tried_again_is_counted_once(workers, connection, catalogue):
    first, second = workers
    await first.body(LIST, OFFICER)

    await bounded(connection, catalogue, LIMITS.replace("4", "3"))

    assert await answered(first, OFFICER, 1) == 1
    assert await answered(second, OFFICER, 6) == 1


async def test_a_request_that_is_refused_for_its_cost_is_not_counted(workers):
    first, second = workers
    poor = Quotas(first.answerer.meter.ledger, Quota(1, 3_600), {}, time.monotonic)
    object.__setattr__(first.answerer, "meter", poor)

    assert await answered(first, OFFICER, 10) == 0

    await poor.close()
    assert await answered(second, OFFICER, 10) == 4
