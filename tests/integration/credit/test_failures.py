"""Each step at each place where it can break: not stored, or stored and not told."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from hub.casework.credit.commitment import Commit
from hub.errors import AuditUnavailableError, StoreUnavailableError
from tests.fakes.audit_log import Break
from tests.integration.credit.test_path import walked
from tests.support.credit import HANDLER

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class Forgetful:
    """A database whose next commit is done, and nobody hears of it."""

    def __init__(self, real):
        self.real = real
        self.connection = real.connection
        self.close = real.close

    @asynccontextmanager
    async def transaction(self):
        async with self.real.transaction() as connection:
            yield connection
        raise StoreUnavailableError("The connection to the database broke.")


async def test_what_is_not_on_record_is_not_stored(office):
    async def broken_first(step, carry_out):
        before = await office.rows()
        for breaks in Break:
            office.journal.breaks = breaks
            with pytest.raises(AuditUnavailableError):
                await carry_out()
            office.journal.breaks = None
            assert await office.rows() == before, step

        outcome = await carry_out()

        assert await office.rows() != before, step
        return outcome

    await walked(office, broken_first)


async def test_what_was_stored_and_not_told_is_told_when_it_is_sent_again(office):
    desk = office.desk

    async def forgotten_first(step, carry_out):
        before = await office.rows()
        office.desk = replace(desk, database=Forgetful(desk.database))
        with pytest.raises(StoreUnavailableError):
            await carry_out()
        office.desk = desk
        stored = await office.rows()

        outcome = await carry_out()

        assert stored != before, step
        assert await office.rows() == stored, step
        assert office.journal.record()["outcome"] == "repeated"
        return outcome

    await walked(office, forgotten_first)


async def test_a_verification_that_breaks_after_the_banks_answered_keeps_nothing(office):
    code = (await office.commit())["code"]
    before = await office.rows()

    class BreaksTheLog:
        department = "banks"

        async def ask(self, _question):
            office.journal.breaks = Break.BEFORE
            return ()

    office.desk = replace(office.desk, banks=BreaksTheLog())
    with pytest.raises(AuditUnavailableError):
        await office.verify(code)

    assert await office.rows() == before
    assert await office.states() == ["committed"]


async def test_two_families_that_commit_at_once_get_two_codes(office):
    notices = [await office.notice(applicationNumber=f"A-{n}") for n in range(4)]

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                office.give(Commit(office.desk), HANDLER, office.commitment(n["noticeId"]))
            )
            for n in notices
        ]

    codes = sorted(task.result()["code"] for task in tasks)
    assert [code[-6:] for code in codes] == ["000001", "000002", "000003", "000004"]


async def test_the_same_commitment_sent_twice_at_once_is_one(office):
    notice = await office.notice()
    stated = office.commitment(notice["noticeId"])

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(office.give(Commit(office.desk), HANDLER, stated)) for _ in range(3)
        ]

    assert len({task.result()["code"] for task in tasks}) == 1
    assert await office.states() == ["committed"]
