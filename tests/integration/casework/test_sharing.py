"""Sharing over the real database: two people, one transaction, on record, never changed after."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from hub.casework.sharing.desk import SharingDesk, UnknownAgreementError
from hub.casework.sharing.life import NotNowError, SamePersonError, State, Step
from hub.casework.sharing.whose import Named, NotTheHeadError
from hub.errors import AuditUnavailableError
from hub.store.database import Database
from hub.store.sharing import StoredAct, add_act, revisions
from schema.catalogue import Catalogue
from tests.fakes.audit_log import Break, FakeLog
from tests.support.postgres import fresh_database
from tests.support.sharing import publish_packaged
from tests.support.world import NOW
from tests.unit.hub.casework.test_sharing import REQUEST

pytestmark = [pytest.mark.anyio, pytest.mark.database]
NAME, PACKAGED = "PS-ED-2026-09", "PS-MI-2026-01"
NAMED = Named({"public-security": ["ps-head", "ps-deputy"]}, ["da-head"])


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.discover()


@pytest.fixture(scope="module")
def ready(postgres_server, catalogue):
    """Name of a database with the packaged policy in force, to be copied."""
    with fresh_database(postgres_server) as dsn:
        asyncio.run(publish_packaged(dsn, catalogue))
        yield urlsplit(dsn).path.removeprefix("/")


@pytest.fixture
def own(postgres_server, ready):
    with fresh_database(postgres_server, ready) as dsn:
        yield dsn


@pytest.fixture
async def office(own, catalogue):
    store = Database(own)
    yield SharingDesk(store, FakeLog(), catalogue, NAMED, lambda: NOW)
    await store.close()


async def history(office):
    async with office.database.connection() as connection:
        return await revisions(connection)


async def in_force(office):
    await office.file(REQUEST, "ed-clerk")
    await office.step(NAME, Step.APPROVE, "ps-head")
    return await office.step(NAME, Step.CONFIRM, "ps-deputy")


async def test_a_request_comes_into_force_by_the_second_person_and_is_kept(office):
    before = await history(office)
    done = await in_force(office)

    assert done.agreement.life.state is State.IN_FORCE
    assert [change.widens for change in done.changes] == [True]
    first, second = await history(office)
    assert [first] == before
    assert second.digest == done.policy_digest
    assert second.by == "ps-deputy"
    assert len(office.journal.entries) == 3


async def test_suspending_what_the_packaged_policy_has_acts_at_once_and_resuming_takes_two(office):
    done = await office.step(PACKAGED, Step.SUSPEND, "ps-head", "an incident")
    assert done.changes
    assert not any(change.widens for change in done.changes)
    await office.step(PACKAGED, Step.RESUME, "ps-head")
    with pytest.raises(SamePersonError):
        await office.step(PACKAGED, Step.CONFIRM, "ps-head")
    back = await office.step(PACKAGED, Step.CONFIRM, "ps-deputy")

    assert all(change.widens for change in back.changes)
    assert back.policy_digest == (await history(office))[0].digest


async def test_what_a_request_lacks_is_noticed_once_and_completed(office):
    text = REQUEST.replace('basis = "law, art. 9"', "")
    done = await office.file(text, "ed-clerk")
    assert done.agreement.life.state is State.NOTICED
    assert "basis" in done.agreement.life.acts[-1].why
    with pytest.raises(NotNowError, match="lacks"):
        await office.step(NAME, Step.COMPLETE, "ed-clerk", text=text)

    completed = await office.step(NAME, Step.COMPLETE, "ed-clerk", text=REQUEST)
    assert completed.agreement.life.state is State.FILED


async def test_only_who_answers_for_the_source_approves(office):
    await office.file(REQUEST, "ed-clerk")
    with pytest.raises(NotTheHeadError, match=r"sharing\.toml"):
        await office.step(NAME, Step.APPROVE, "tax-head")


async def test_what_the_packaged_policy_has_is_resumed_by_its_source_alone(office):
    await office.step(PACKAGED, Step.SUSPEND, "anybody", "an incident")
    with pytest.raises(NotTheHeadError):
        await office.step(PACKAGED, Step.RESUME, "tax-head")
    with pytest.raises(NotTheHeadError, match="own name"):
        await office.step(PACKAGED, Step.NOTICE, "hub", "it lacks something")


async def test_an_ended_agreement_is_read_no_more_and_its_purge_is_due(office):
    await in_force(office)
    done = await office.step(NAME, Step.TERMINATE, "ps-head", "the purpose has ended")

    assert done.policy_digest == (await history(office))[0].digest
    due = next(a for a in await office.all() if a.name == NAME)
    assert due.life.state is State.TERMINATED
    purged = await office.step(NAME, Step.CERTIFY_PURGE, "ed-clerk", "certificate 7")
    assert purged.agreement.life.state is State.PURGED


async def test_an_unknown_agreement_and_a_name_in_use_are_refused(office):
    with pytest.raises((UnknownAgreementError, NotNowError)):
        await office.step("X-1", Step.SUSPEND, "ps-head", "why")
    with pytest.raises(NotNowError, match="another name"):
        await office.file(REQUEST.replace(NAME, PACKAGED), "ed-clerk")


async def test_a_step_that_cannot_be_put_on_record_is_not_taken(office):
    office.journal.breaks = Break.BEFORE
    with pytest.raises(AuditUnavailableError):
        await office.step(PACKAGED, Step.SUSPEND, "ps-head", "why")
    office.journal.breaks = None

    assert len(await history(office)) == 1
    agreement = next(a for a in await office.all() if a.name == PACKAGED)
    assert agreement.life.state is State.IN_FORCE


async def test_a_step_whose_answer_was_lost_is_there_and_is_not_taken_twice(office):
    await office.step(PACKAGED, Step.SUSPEND, "ps-head", "why")
    with pytest.raises(NotNowError, match="suspended"):
        await office.step(PACKAGED, Step.SUSPEND, "ps-head", "why")
    assert len(await history(office)) == 2


async def test_the_database_itself_wants_two_people_and_changes_nothing_that_was_done(office):
    await office.file(REQUEST, "ed-clerk")
    await office.step(NAME, Step.APPROVE, "ps-head")
    async with office.database.connection() as connection:
        forged = StoredAct(NAME, "CONFIRM", "ps-head", NOW, "", None)
        with pytest.raises(asyncpg.RaiseError, match="second person"):
            await add_act(connection, 3, forged)
        for statement in (
            "update sharing_act set made_by = 'x'",
            "delete from sharing_act",
            "update policy_history set document = ''",
            "delete from policy_history",
            "truncate sharing_act",
        ):
            with pytest.raises(asyncpg.RaiseError, match="only added to"):
                await connection.execute(statement)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "insert into policy_proposal values ('d', '', 'a', now(), '', 'a', now())"
            )
