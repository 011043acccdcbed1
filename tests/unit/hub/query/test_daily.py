"""A day's requests are counted for the entitlement and for each officer, across all workers."""

from dataclasses import replace

import pytest

from hub.access import Caller, Limits
from hub.errors import StoreUnavailableError
from hub.query import daily
from hub.query.daily import DayCounts
from hub.query.quota import QuotaExceededError, put_back
from tests.fakes.quota_ledger import FakeLedger

pytestmark = pytest.mark.anyio
CLERK = Caller("civil-affairs", "officer", "CASE", "ca", "u1")
OTHER = replace(CLERK, actor="u2")
SYSTEM = replace(CLERK, actor=None)


@pytest.fixture
def ledger():
    return FakeLedger(ends_in_s=1_000.0)


@pytest.fixture
def workers(ledger):
    return [DayCounts(ledger, lambda: 50.0) for _ in range(2)]


async def made(counts, caller, limits, most=100):
    """Ask until it is refused; return how many were answered."""
    for n in range(most):
        try:
            await counts.count(caller, limits)
        except QuotaExceededError:
            return n
    return most


async def test_all_workers_and_officers_together_make_no_more_than_the_days_requests(workers):
    limits = Limits(requests_a_day=5)

    first = await made(workers[0], CLERK, limits, most=2)
    second = await made(workers[1], OTHER, limits)

    assert first + second == 5
    assert await made(workers[0], SYSTEM, limits) == 0


async def test_each_officer_has_their_own_and_no_name_none(workers):
    limits = Limits(officer_requests_a_day=2)

    assert await made(workers[0], CLERK, limits) == 2
    assert await made(workers[1], CLERK, limits) == 0
    assert await made(workers[1], OTHER, limits) == 2
    assert await made(workers[1], SYSTEM, limits, most=50) == 50


async def test_another_role_or_purpose_is_counted_apart(workers):
    limits = Limits(requests_a_day=1)

    for caller in (CLERK, replace(CLERK, purpose="WARN"), replace(CLERK, role="analyst")):
        assert await made(workers[0], caller, limits) == 1


async def test_what_is_refused_to_the_officer_is_not_counted_for_the_role(workers, ledger):
    limits = Limits(requests_a_day=4, officer_requests_a_day=1)

    assert await made(workers[0], CLERK, limits) == 1
    with pytest.raises(QuotaExceededError) as refused:
        await workers[0].count(CLERK, limits)

    assert await made(workers[0], OTHER, limits) == 1
    assert await made(workers[0], SYSTEM, limits) == 2
    assert "officer for this purpose is 1 requests in 86400 seconds" in str(refused.value)
    assert refused.value.retry_after_s > 900


async def test_a_lower_number_holds_at_once_and_a_new_day_begins_anew(ledger):
    now = [50.0]
    counts = DayCounts(ledger, lambda: now[0])
    assert await made(counts, CLERK, Limits(requests_a_day=10), most=3) == 3

    assert await made(counts, CLERK, Limits(requests_a_day=3)) == 0
    ledger.next_window()
    now[0] += 2_000.0
    assert await made(counts, CLERK, Limits(requests_a_day=3)) == 3


async def test_a_higher_number_holds_at_once(workers):
    assert await made(workers[0], CLERK, Limits(requests_a_day=2)) == 2

    assert await made(workers[0], CLERK, Limits(requests_a_day=5)) == 3


async def test_a_count_that_is_put_back_is_another_requests(workers):
    limits = Limits(requests_a_day=1, officer_requests_a_day=1)
    counted = await workers[0].count(CLERK, limits)

    put_back(counted, 1)

    assert await made(workers[0], CLERK, limits) == 1


async def test_a_count_of_the_day_before_is_not_put_back(ledger):
    now, limits = [50.0], Limits(requests_a_day=640, officer_requests_a_day=0)
    counts = DayCounts(ledger, lambda: now[0])

    async def a_new_day_begins():
        now[0] += 2_000.0
        ledger.next_window()
        await counts.count(SYSTEM, limits)

    ledger.meanwhile["officer:civil-affairs officer CASE u1"] = a_new_day_begins
    with pytest.raises(QuotaExceededError):
        await counts.count(CLERK, limits)
    await counts.close()

    assert ledger.leased["requests:civil-affairs officer CASE"] == 1


async def test_when_nobody_knows_what_is_left_the_request_fails(workers, ledger):
    ledger.problem = StoreUnavailableError("gone")

    with pytest.raises(StoreUnavailableError):
        await workers[0].count(CLERK, Limits(requests_a_day=3))


async def test_what_a_worker_did_not_use_goes_back(workers, ledger):
    limits = Limits(requests_a_day=640)
    await workers[0].count(CLERK, limits)
    await workers[0].close()

    assert sum(ledger.leased.values()) == 1


async def test_invented_names_fill_no_memory(workers, monkeypatch):
    monkeypatch.setattr(daily, "_REMEMBERED", 4)
    for n in range(20):
        await workers[0].count(replace(CLERK, actor=f"u{n}"), Limits(officer_requests_a_day=2))

    assert len(workers[0]._pockets) == 4
