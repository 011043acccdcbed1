"""A community gets no more alerts in a day than it can visit; the highest scores come first."""

import secrets
from datetime import UTC, date, datetime
from itertools import permutations
from uuid import UUID, uuid4

import msgspec
import pytest

from hub.ingest.queueing import AlertQueue, Joining
from hub.store.database import Database
from hub.store.decisions import OwnRecord, own_version
from hub.store.facts import Facts, known_now
from schema.catalogue import Catalogue
from schema.datasets.civil_affairs import ALERT
from scoring.alerts import AlertParameters
from scoring.parameters.working_days import packaged_calendar
from tests.support.households import full_profile

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CELL, HERE, THERE = "420106", "420106001001", "420106001002"
MONDAY, TUESDAY = date(2026, 11, 2), date(2026, 11, 3)
DUE = date(2026, 11, 9)


def joining(number, total, *, community=HERE, urgent=False, status="screened", on=MONDAY):
    values = {
        "band": "red" if urgent else "orange",
        "total": total,
        "status": status,
        "step": 0,
        "opened_at": datetime(2026, 11, 2, 4, tzinfo=UTC),
        "due_on": DUE,
        "urgent": urgent,
        "community": community,
        "released_on": on,
    }
    return Joining(UUID(int=number), values)


class Queue:
    """A queue with a cap of two, over a database."""

    def __init__(self, dsn):
        self.database = Database(dsn)
        document = full_profile().document
        alerts = msgspec.structs.replace(document.alerts, daily_cap_per_community=2)
        capped = msgspec.structs.replace(document, alerts=alerts)
        self.facts = Facts(Catalogue.discover())
        self.queue = AlertQueue(self.facts, AlertParameters(capped, packaged_calendar()))

    async def join(self, *alerts, today=MONDAY):
        """Let alerts join as a scoring does, each batch in its own transaction."""
        async with self.database.transaction() as connection:
            at = await known_now(connection)
            await self.queue.place(connection, alerts, today, at)
            added = []
            for alert in alerts:
                household, key = uuid4(), secrets.token_bytes(32)
                await connection.execute(
                    "INSERT INTO household "
                    "(cell, household_id, log_alias, number_tag, known_from, tag_version) "
                    "VALUES ($1, $2, $3, $3, $4, 1)",
                    *(CELL, household, secrets.token_bytes(16), at),
                )
                own = OwnRecord(
                    ALERT, CELL, household, key, alert.record_id, alert.values, today, at
                )
                added.append(own_version(own))
            await self.facts.write(connection, ALERT, [], added, at)

    async def release(self, today):
        async with self.database.transaction() as connection:
            return await self.queue.release(connection, today, await known_now(connection))

    async def statuses(self):
        async with self.database.connection() as connection:
            rows = await connection.fetch(
                "SELECT record_id, status, released_on, due_on FROM alert "
                "WHERE known_to = 'infinity' AND valid_to = 'infinity' ORDER BY record_id"
            )
        return {row["record_id"].int: tuple(row)[1:] for row in rows}

    async def out(self):
        return {n for n, (status, *_) in (await self.statuses()).items() if status != "queued"}


@pytest.fixture
async def queue(store):
    made = Queue(store)
    yield made
    await made.database.close()


async def test_the_highest_scores_come_out_up_to_the_cap_and_the_rest_is_visibly_queued(queue):
    await queue.join(joining(1, 55), joining(2, 68), joining(3, 61), joining(4, 57))

    assert await queue.statuses() == {
        1: ("queued", None, DUE),
        2: ("screened", MONDAY, DUE),
        3: ("screened", MONDAY, DUE),
        4: ("queued", None, DUE),
    }


async def test_which_come_out_does_not_depend_on_the_order_in_which_they_were_scored(queue):
    scores = {1: 55, 2: 68, 3: 61, 4: 61}
    for order, numbers in enumerate(permutations(scores), start=1):
        community = f"4201060010{order:02}"
        for n in numbers:
            await queue.join(joining(order * 10 + n, scores[n], community=community))

    assert {n % 10 for n in await queue.out()} == {2, 3}
    assert len(await queue.out()) == 2 * 24


async def test_an_alert_that_somebody_took_in_hand_keeps_its_place(queue):
    await queue.join(joining(1, 40), joining(2, 41, status="assigned"))

    await queue.join(joining(3, 60), joining(4, 50))

    assert await queue.out() == {2, 3}


async def test_a_hard_trigger_never_waits_but_counts(queue):
    await queue.join(joining(1, 60), joining(2, 50))

    await queue.join(joining(3, 0, urgent=True), joining(4, 5, urgent=True))

    assert await queue.out() == {3, 4}
    await queue.join(joining(5, 0, urgent=True))
    assert await queue.out() == {3, 4, 5}


async def test_communities_do_not_share_their_cap(queue):
    await queue.join(*(joining(n, 50 + n) for n in (1, 2, 3)))

    await queue.join(*(joining(n, 10 + n, community=THERE) for n in (4, 5)))

    assert await queue.out() == {2, 3, 4, 5}


async def test_an_alert_without_a_community_does_not_wait(queue):
    await queue.join(*(joining(n, 50, community=None) for n in (1, 2, 3)))

    assert await queue.out() == {1, 2, 3}


async def test_the_next_day_lets_out_the_best_of_those_who_wait_and_their_days_count_anew(queue):
    await queue.join(*(joining(n, 50 + n) for n in (1, 2, 3, 4, 5)))

    same_day = await queue.release(MONDAY)
    moved = await queue.release(TUESDAY)

    found = await queue.statuses()
    assert same_day == {}
    assert {alert.int for alert in moved} == {2, 3}
    assert found[3] == ("screened", TUESDAY, date(2026, 11, 10))
    assert found[1] == ("queued", None, DUE)
    assert found[5] == ("screened", MONDAY, DUE)


async def test_an_alert_that_came_out_on_another_day_stays_out(queue):
    await queue.join(joining(1, 40), joining(2, 41))

    later = [joining(n, total, on=TUESDAY) for n, total in ((3, 60), (4, 50), (5, 45))]
    await queue.join(*later, today=TUESDAY)

    assert await queue.out() == {1, 2, 3, 4}


async def test_a_queued_alert_whose_score_rises_takes_its_place(queue):
    await queue.join(joining(1, 60), joining(2, 50), joining(3, 40))
    risen = joining(3, 69, status="queued", on=None)

    async with queue.database.transaction() as connection:
        await queue.queue.place(connection, [risen], MONDAY, await known_now(connection))

    assert (risen.values["status"], risen.values["released_on"]) == ("screened", MONDAY)
    assert (await queue.statuses())[2][0] == "queued"
