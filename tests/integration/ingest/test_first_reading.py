"""A first reading scores each household once, at its end, and a crash anywhere loses no score."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from audit.entry import EntryKind
from audit.errors import LogStalledError
from connectors.department import discover
from connectors.errors import SourceUnavailableError
from hub.errors import StoreUnavailableError
from hub.ingest.report import IngestFailedError
from hub.store.cursors import silences
from hub.store.database import Database
from hub.store.sources import add_to_scope
from tests.fakes.audit_log import FakeLog
from tests.support.district import hub_on
from tests.support.records import (
    AT,
    SECOND,
    ListConnector,
    enrolment,
    resident,
    residents_only,
)

pytestmark = [pytest.mark.anyio, pytest.mark.database]
DEPARTMENTS = discover()
PUBLIC_SECURITY, INSURANCE = DEPARTMENTS["public-security"], DEPARTMENTS["medical-insurance"]
REGISTER = residents_only(PUBLIC_SECURITY)
FIRST_RESIDENT, SECOND_RESIDENT = (
    resident(),
    resident("R2", SECOND, 出生日期="19590108", 与户主关系="10"),
)


class BreaksOff(ListConnector):
    """A source that does not answer any more behind its first page."""

    async def pull(self, cursor):
        async for page in super().pull(cursor):
            yield page
            raise SourceUnavailableError(self.department, "page 2", "broke off")


class BreaksAfter(Database):
    """A database that is gone after so many transactions were committed."""

    left = 10**9

    @asynccontextmanager
    async def transaction(self):
        if not self.left:
            raise StoreUnavailableError("The connection to the database broke.")
        async with super().transaction() as connection:
            yield connection
        self.left -= 1


class RefusesScorings(FakeLog):
    """A log that takes no entry of the scorer."""

    refuses = True

    async def append(self, entry):
        if self.refuses and entry.kind is EntryKind.SCORING:
            raise LogStalledError("broken before")
        return await super().append(entry)


def register(*records, kind=ListConnector):
    return kind(REGISTER.name, list(records), size=1)


def insurance(*records, kind=ListConnector):
    return kind(INSURANCE.name, list(records), size=1)


@asynccontextmanager
async def hub_in_scope(store, keyring, *homes):
    async with hub_on(store, keyring, journal=FakeLog()) as hub:
        async with hub.database.connection() as connection:
            tags = [hub.tagger.household(home) for home in homes]
            await add_to_scope(connection, tags, ("household", 1, 1))
        yield hub


@pytest.fixture
async def hub(store, keyring):
    async with hub_in_scope(store, keyring, "H1") as made:
        yield made


async def read(hub, statement):
    async with hub.database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(statement)]


async def waiting(hub):
    ((number,),) = await read(hub, "SELECT count(*) FROM unscored")
    return number


async def scores(hub):
    return await read(
        hub,
        "SELECT total, band, coverage FROM score WHERE known_to = 'infinity' ORDER BY identity_id",
    )


async def test_a_household_of_several_pages_is_scored_once_and_then_nobody_waits(hub):
    report = await hub.ingest.run(REGISTER, register(FIRST_RESIDENT, SECOND_RESIDENT))

    assert report.batches == 2
    assert report.households == 1
    assert await read(hub, "SELECT count(*) FROM score") == [(1,)]
    assert await waiting(hub) == 0


async def test_a_later_batch_scores_in_its_own_transaction(hub):
    source = register(FIRST_RESIDENT)
    await hub.ingest.run(REGISTER, source)
    source.records.append(SECOND_RESIDENT)

    report = await hub.ingest.run(REGISTER, source, then_score=False)

    assert report.households == 1
    assert await waiting(hub) == 0


async def test_a_reading_that_broke_off_goes_on_behind_its_page_and_scores_at_its_end(hub):
    with pytest.raises(SourceUnavailableError):
        await hub.ingest.run(REGISTER, register(FIRST_RESIDENT, SECOND_RESIDENT, kind=BreaksOff))
    assert await scores(hub) == []
    assert await waiting(hub) == 1

    report = await hub.ingest.run(REGISTER, register(FIRST_RESIDENT, SECOND_RESIDENT))

    assert (report.read, report.households) == (1, 1)
    assert await waiting(hub) == 0


async def test_what_a_source_does_not_say_is_unknown_until_it_was_read_to_its_end(hub):
    """However it broke off, and whoever scores in between."""
    await hub.ingest.run(REGISTER, register(FIRST_RESIDENT, SECOND_RESIDENT))
    ((_, _, before),) = await scores(hub)
    said = [enrolment(), enrolment("E2", SECOND, CSRQ="1959-01-08")]
    with pytest.raises(SourceUnavailableError):
        await hub.ingest.run(INSURANCE, insurance(*said, kind=BreaksOff))
    await hub.ingest.score_waiting()
    ((_, _, broken_off),) = await scores(hub)

    await hub.ingest.run(INSURANCE, insurance(*said))

    ((_, _, whole),) = await scores(hub)
    assert before == broken_off < whole


async def test_who_became_known_later_is_covered_by_the_next_reading_from_the_start(hub):
    source, bills = register(FIRST_RESIDENT), insurance(enrolment())
    await hub.ingest.run(REGISTER, source)
    await hub.ingest.run(INSURANCE, bills)
    ((_, _, alone),) = await scores(hub)
    source.records.append(SECOND_RESIDENT)
    await hub.ingest.run(REGISTER, source)
    ((_, _, with_stranger),) = await scores(hub)

    await hub.ingest.run(INSURANCE, bills)

    ((_, _, with_both),) = await scores(hub)
    assert with_stranger < alone
    assert with_both > with_stranger


async def test_public_security_is_read_again_about_whom_it_made_known_and_then_is_silent(hub):
    source = register(FIRST_RESIDENT, SECOND_RESIDENT)

    report = await hub.ingest.run(PUBLIC_SECURITY, source)

    ((known,),) = await read(hub, "SELECT max(known_from) FROM population")
    async with hub.database.connection() as connection:
        silent = await silences(connection)
    assert (report.rereads, report.read, report.accepted) == (1, 4, 2)
    assert silent[PUBLIC_SECURITY.name].whole_from >= known
    assert await waiting(hub) == 0


async def test_a_reading_again_that_broke_off_is_brought_to_its_end(hub):
    said = (FIRST_RESIDENT, SECOND_RESIDENT)
    with pytest.raises(SourceUnavailableError):
        await hub.ingest.run(PUBLIC_SECURITY, register(*said, kind=BreaksOff))

    report = await hub.ingest.run(PUBLIC_SECURITY, register(*said))
    again = await hub.ingest.run(PUBLIC_SECURITY, register(*said))

    assert (report.read, report.rereads) == (3, 1)
    assert (again.read, again.rereads) == (0, 0)
    assert await waiting(hub) == 0


async def test_an_empty_source_has_not_spoken_yet(hub):
    await hub.ingest.run(REGISTER, register(FIRST_RESIDENT))
    before = await scores(hub)

    await hub.ingest.run(INSURANCE, insurance())

    assert await scores(hub) == before


@pytest.mark.parametrize("commits", range(7))
async def test_a_crash_after_any_commit_ends_in_the_same_scores(store, keyring, commits):
    said = (FIRST_RESIDENT, SECOND_RESIDENT)
    async with hub_in_scope(store, keyring, "H1") as hub:
        database = BreaksAfter(store)
        database.left = commits
        ingest = replace(hub.ingest, database=database)
        crashed = True
        try:
            await ingest.run(REGISTER, register(*said))
            crashed = False
        except (IngestFailedError, StoreUnavailableError):
            pass
        database.left = 10**9
        await ingest.run(REGISTER, register(*said))
        await database.close()

        assert crashed is (commits < 6)
        assert await waiting(hub) == 0
        assert await read(hub, "SELECT count(*) FROM score") == [(1,)]
        assert await read(hub, "SELECT reading_from FROM cursor") == [(None,)]
        ((person,),) = await read(hub, "SELECT count(*) FROM person")
        assert person == 2


async def test_no_score_is_stored_without_its_reading_on_record_and_it_goes_on_waiting(
    store, keyring
):
    journal = RefusesScorings()
    async with hub_on(store, keyring, journal=journal) as hub:
        async with hub.database.connection() as connection:
            await add_to_scope(connection, [hub.tagger.household("H1")], ("household", 1, 1))
        with pytest.raises(IngestFailedError, match="civil-affairs: scores of waiting"):
            await hub.ingest.run(REGISTER, register(FIRST_RESIDENT))
        assert await scores(hub) == []
        assert await waiting(hub) == 1
        journal.refuses = False

        scored = await hub.ingest.score_waiting()

        assert scored.households == 1
        assert await waiting(hub) == 0


async def test_a_correction_during_a_reading_from_the_start_is_remembered_with_the_mark(hub):
    await hub.ingest.run(REGISTER, register(FIRST_RESIDENT))
    async with hub.database.connection() as connection:
        await add_to_scope(connection, [hub.tagger.household("H9")], ("household", 2, 1))
    mended = resident(at=AT + timedelta(days=1), 联系电话="12900000002")

    report = await hub.ingest.run(REGISTER, register(FIRST_RESIDENT, mended), then_score=False)

    assert report.accepted == 1
    assert await read(hub, "SELECT corrected FROM unscored") == [(True,)]
