"""A worker counts down what it leased; all together spend no more than the quota."""

import asyncio
import random
import timeit
from dataclasses import dataclass

import pytest

from hub.access import Caller
from hub.errors import StoreUnavailableError
from hub.http.quota import QuotaTold
from hub.query.quota import REFUSED, SLICES, Quota, QuotaExceededError, Quotas
from tests.fakes.quota_ledger import FakeLedger

pytestmark = pytest.mark.anyio
INSURER = Caller("medical-insurance", "clerk", "PUSH", "insurance-system")
DESK = Caller("medical-insurance", "clerk", "PUSH", "insurance-desk")
OTHER = Caller("civil-affairs", "officer", "CASE", "ca")
UNITS = 64_000
SLICE = UNITS // SLICES


@dataclass
class Seconds:
    """A clock that only goes forward, when it is told to."""

    now: float = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def ledger():
    return FakeLedger()


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def worker(ledger, seconds):
    def made(units=UNITS, **own):
        return Quotas(ledger, Quota(units, 60), own, seconds)

    return made


async def spent(quotas, caller, cost):
    """Spend as the rooms do: from what is held if that is enough."""
    if not quotas.take(caller, cost):
        await quotas.spend(caller, cost)


async def test_the_ledger_is_asked_once_a_slice(worker, ledger):
    quotas = worker()

    for _ in range(100):
        await spent(quotas, INSURER, 10)

    assert len(ledger.asked) == 1
    assert ledger.leased == {"department:medical-insurance": SLICE}
    await spent(quotas, INSURER, 10)
    assert len(ledger.asked) == 2


async def test_nothing_is_taken_from_what_is_not_there(worker):
    quotas = worker()

    assert not quotas.is_open(INSURER)
    assert not quotas.take(INSURER, 1)
    await quotas.admit(INSURER)
    assert quotas.is_open(INSURER)
    assert quotas.take(INSURER, SLICE)
    assert not quotas.is_open(INSURER)


async def test_several_workers_together_spend_the_quota_and_not_one_unit_more(worker, ledger):
    workers = [worker() for _ in range(3)]
    chance, taken, refused = random.Random(7), 0, 0

    async def ask(quotas, cost):
        nonlocal taken, refused
        try:
            await spent(quotas, INSURER, cost)
        except QuotaExceededError:
            refused += 1
        else:
            taken += cost

    async with asyncio.TaskGroup() as group:
        for _ in range(3_000):
            group.create_task(ask(chance.choice(workers), chance.randint(1, 60)))

    assert refused > 0
    assert taken <= ledger.leased["department:medical-insurance"] <= UNITS
    # What lies unused is with the other workers, less than a slice with each.
    assert taken > UNITS - 3 * SLICE


async def test_what_is_spent_is_refused_with_the_time_when_there_is_more(worker, ledger, seconds):
    quotas = worker(units=100)
    await spent(quotas, INSURER, 90)
    seconds.now += 12.5
    ledger.ends_in_s -= 12.5

    with pytest.raises(QuotaExceededError) as caught:
        await spent(quotas, INSURER, 11)
    assert caught.value.retry_after_s == 48
    assert (caught.value.code, caught.value.status) == ("QUOTA_EXCEEDED", 429)
    assert "10 are left and this request needs 11" in str(caught.value)
    await spent(quotas, INSURER, 10)


async def test_whoever_asks_on_when_all_is_spent_does_not_trouble_the_database(
    worker, ledger, seconds
):
    quotas = worker(units=100)
    await spent(quotas, INSURER, 100)
    for _ in range(50):
        with pytest.raises(QuotaExceededError):
            await quotas.admit(INSURER)
    assert len(ledger.asked) == 1

    seconds.now += 1.5  # somebody may have given back since
    with pytest.raises(QuotaExceededError):
        await quotas.admit(INSURER)
    assert len(ledger.asked) == 2


async def test_a_new_window_brings_a_new_quota_and_what_was_left_has_died(worker, ledger, seconds):
    quotas = worker(units=100)
    await spent(quotas, INSURER, 100)
    seconds.now += 60
    ledger.next_window()

    assert not quotas.take(INSURER, 1)
    for _ in range(10):
        await spent(quotas, INSURER, 10)
    with pytest.raises(QuotaExceededError):
        await spent(quotas, INSURER, 1)
    assert ledger.leased == {"department:medical-insurance": 100}


async def test_a_lease_is_not_good_in_the_window_after(worker, ledger, seconds):
    quotas = worker()
    await spent(quotas, INSURER, 1)
    ledger.next_window()
    seconds.now += 60

    assert not quotas.take(INSURER, 1)
    await spent(quotas, INSURER, 1)
    assert ledger.leased == {"department:medical-insurance": SLICE}


async def test_what_others_take_while_more_is_leased_is_leased_again(worker, ledger):
    quotas = worker()
    await spent(quotas, INSURER, 10)

    async def others_take_most_of_it():
        assert quotas.take(INSURER, SLICE - 100)

    ledger.meanwhile["department:medical-insurance"] = others_take_most_of_it
    await spent(quotas, INSURER, 2 * SLICE)

    (pocket,) = quotas.pockets(INSURER)
    assert ledger.leased[pocket.subject] - pocket.left == 10 + (SLICE - 100) + 2 * SLICE


async def test_a_window_that_begins_while_more_is_leased_is_leased_from_anew(worker, ledger):
    quotas = worker()
    await spent(quotas, INSURER, 10)

    async def a_window_begins():
        ledger.next_window()

    ledger.meanwhile["department:medical-insurance"] = a_window_begins
    await spent(quotas, INSURER, 2 * SLICE)

    (pocket,) = quotas.pockets(INSURER)
    assert ledger.leased[pocket.subject] - pocket.left == 2 * SLICE


async def test_refused_requests_are_paid_for_and_use_the_quota_up(worker, ledger):
    quotas = worker(units=1_000)
    for _ in range(1_000 // REFUSED):
        if not quotas.is_open(INSURER):
            await quotas.admit(INSURER)
        quotas.refused(INSURER)

    with pytest.raises(QuotaExceededError):
        await quotas.admit(INSURER)


async def test_what_is_owed_stays_below_a_slice_and_is_paid_in_the_next_window(
    worker, ledger, seconds
):
    quotas = worker()
    for _ in range(100):
        quotas.refused(INSURER)
    seconds.now += 60
    ledger.next_window()
    await quotas.admit(INSURER)

    assert ledger.leased == {"department:medical-insurance": SLICE + 1}


async def test_what_has_died_with_its_window_pays_for_nothing(worker, ledger, seconds):
    quotas = worker()
    await spent(quotas, INSURER, 10)
    seconds.now += 60
    ledger.next_window()

    quotas.refused(INSURER)
    await quotas.admit(INSURER)

    (pocket,) = quotas.pockets(INSURER)
    assert ledger.leased[pocket.subject] - pocket.left == REFUSED


async def test_departments_do_not_use_up_each_others_quota(worker):
    quotas = worker(units=100)
    await spent(quotas, INSURER, 100)

    await spent(quotas, OTHER, 100)
    with pytest.raises(QuotaExceededError):
        await spent(quotas, DESK, 1)  # the same department by another client


async def test_a_department_may_have_a_quota_of_its_own(worker):
    quotas = worker(units=100, **{"civil-affairs": 500})

    await spent(quotas, OTHER, 500)
    with pytest.raises(QuotaExceededError):
        await spent(quotas, INSURER, 101)


async def test_a_client_with_a_quota_of_its_own_leaves_the_rest_to_its_department(worker, ledger):
    quotas = worker(units=1_000)
    quotas.clients = {"insurance-desk": 50}

    await spent(quotas, DESK, 50)
    with pytest.raises(QuotaExceededError) as caught:
        await spent(quotas, DESK, 1)
    assert caught.value.policy == "client"
    await spent(quotas, INSURER, 950)
    with pytest.raises(QuotaExceededError):
        await spent(quotas, INSURER, 1)


async def test_what_has_died_with_its_window_is_not_put_back(worker, ledger, seconds):
    quotas = worker()
    quotas.clients = {"insurance-desk": 50}

    async def a_new_window_is_leased_from():
        seconds.now += 60
        ledger.next_window()
        await spent(quotas, INSURER, 10)

    ledger.meanwhile["client:insurance-desk"] = a_new_window_is_leased_from
    with pytest.raises(QuotaExceededError):
        await quotas.spend(DESK, 51)

    (department,) = quotas.pockets(INSURER)
    assert department.left == SLICE - 10 == ledger.leased[department.subject] - 10


async def test_a_client_whose_quota_was_raised_does_not_wait(worker, ledger):
    quotas = worker()
    quotas.clients = {"insurance-desk": 50}
    with pytest.raises(QuotaExceededError):
        await quotas.spend(DESK, 51)

    quotas.clients = {"insurance-desk": 60}
    quotas.registered_anew()
    await quotas.spend(DESK, 51)


async def test_when_the_ledger_cannot_be_asked_nothing_is_spent_and_the_request_fails(
    worker, ledger
):
    quotas = worker()
    ledger.problem = StoreUnavailableError("The database does not accept connections.")

    for attempt in (quotas.admit(INSURER), quotas.spend(INSURER, 5)):
        with pytest.raises(StoreUnavailableError):
            await attempt
    assert not quotas.is_open(INSURER)
    ledger.problem = None
    await spent(quotas, INSURER, 5)


async def test_what_a_worker_held_goes_back_when_it_ends(worker, ledger):
    quotas = worker()
    await spent(quotas, INSURER, 10)
    await spent(quotas, OTHER, 20)

    await quotas.close()

    assert ledger.leased == {"department:medical-insurance": 10, "department:civil-affairs": 20}
    assert not quotas.is_open(INSURER)


async def test_a_worker_ends_though_nothing_can_be_given_back(worker, ledger):
    quotas = worker()
    await spent(quotas, INSURER, 10)
    ledger.problem = StoreUnavailableError("The database does not accept connections.")

    await quotas.close()


async def test_the_headers_tell_the_policy_and_what_is_left(worker, ledger, seconds):
    quotas = worker(units=1_000)
    quotas.clients = {"insurance-desk": 500}
    told = QuotaTold(quotas)

    assert told.headers(OTHER) == (
        ("ratelimit-policy", '"department";q=1000;w=60;hub-unit="cost"'),
        ("ratelimit", '"department";r=1000;t=60'),
    )
    await spent(quotas, DESK, 120)
    seconds.now += 9.5
    assert told.headers(DESK) == (
        (
            "ratelimit-policy",
            '"department";q=1000;w=60;hub-unit="cost", "client";q=500;w=60;hub-unit="cost"',
        ),
        ("ratelimit", '"department";r=880;t=51, "client";r=380;t=51'),
    )
    told.refused(DESK)
    assert told.headers(DESK)[1][1].startswith('"department";r=780;')


async def test_a_request_is_charged_in_microseconds(worker):
    quotas = worker(units=10**12)
    await quotas.admit(INSURER)

    def charge():
        quotas.is_open(INSURER)
        quotas.take(INSURER, 20)

    took = min(timeit.repeat(charge, number=2_000, repeat=9)) / 2_000
    assert took < 20e-6  # about 1.5 on a machine of its own
