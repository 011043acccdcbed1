"""A confirmed commitment moves on by itself: acknowledged, then supervised, each once."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hub.casework.credit.following import Following
from hub.errors import AuditUnavailableError, SealBrokenError
from hub.store.outbox import acknowledge
from tests.fakes.audit_log import Break
from tests.support.credit import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]


_BROKEN = """
INSERT INTO commitment SELECT (copy).* FROM (
    SELECT jsonb_populate_record(c, jsonb_build_object(
        'record_id', '00000000-0000-4000-8000-000000000000',
        'version_id', '00000000-0000-4000-8000-000000000001'
    )) AS copy
    FROM commitment c WHERE known_to = 'infinity' AND valid_to = 'infinity'
) AS copies
"""
"""A commitment before all others whose sealed values belong to another one's place."""


async def acknowledged(office, how_many=None):
    rows = await office.read(
        "SELECT message_id FROM outbox WHERE receiver <> 'national-credit-platform' "
        "AND status <> 'acknowledged' ORDER BY receiver, sequence"
    )
    async with office.desk.database.connection() as connection:
        for (message,) in rows[:how_many]:
            await acknowledge(connection, message, NOW, "NOTED")


async def test_a_commitment_is_pushed_when_the_last_receiver_acknowledged(office):
    await office.confirmed()
    following = Following(office.desk)
    await acknowledged(office, 5)
    early = await following.move()
    await acknowledged(office)

    late = await following.move()

    assert (early, late) == (0, 1)
    assert await office.states() == ["pushed"]


async def test_it_is_supervised_once_the_benefit_has_begun_and_then_stays(office):
    await office.confirmed()
    following = Following(office.desk)
    await acknowledged(office)
    moved = [await following.move(), await following.move()]
    office.clock.now = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)  # 1 December in China

    moved += [await following.move(), await following.move()]

    assert moved == [1, 0, 1, 0]
    states = await office.read(
        "SELECT state FROM commitment WHERE known_to = 'infinity' ORDER BY valid_from"
    )
    assert states == [("pushed",), ("supervised",)]
    assert office.journal.record()["command"] == "followCommitment"


async def test_without_receivers_nobody_is_waited_for(office):
    office.desk = replace(office.desk, office=replace(office.desk.office, receivers=[]))
    await office.confirmed()

    assert await Following(office.desk).move() == 1


async def test_a_commitment_that_cannot_be_read_keeps_no_other_back(office):
    await office.confirmed()
    await acknowledged(office)
    await office.read(_BROKEN)

    with pytest.raises(SealBrokenError):
        await Following(office.desk).move()

    assert sorted(await office.states()) == ["confirmed-simplified", "pushed"]


@pytest.mark.parametrize("breaks", Break)
async def test_what_is_not_on_record_does_not_move(office, breaks):
    await office.confirmed()
    await acknowledged(office)
    following = Following(office.desk)
    office.journal.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await following.move()
    office.journal.breaks = None
    before = await office.states()

    await following.move()

    assert (before, await office.states()) == (["confirmed-simplified"], ["pushed"])
