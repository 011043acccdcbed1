"""Casework moves an alert step by step: each once, on record, and never over another clerk's."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date
from uuid import uuid4

import pytest

from audit.entry import EntryKind
from hub.casework.alert_errors import (
    InvalidStepError,
    MisplacedStepError,
    OvertakenStepError,
    UnknownAlertError,
)
from hub.errors import AuditUnavailableError, StoreUnavailableError
from hub.store.database import Database
from schema.datasets.casework import REFERRAL, VISIT
from tests.fakes.audit_log import Break
from tests.support.desk import TODAY, alert_case, order

pytestmark = [pytest.mark.anyio, pytest.mark.database]


class BreaksAtCommit(Database):
    """A database whose connection breaks at a commit: before it is done, or just after."""

    breaks: Break | None = None

    @asynccontextmanager
    async def transaction(self):
        async with super().transaction() as connection:
            yield connection
            if self.breaks is Break.BEFORE:
                raise StoreUnavailableError("The connection to the database broke.")
        if self.breaks is Break.AFTER:
            raise StoreUnavailableError("The connection to the database broke.")


@pytest.fixture
async def case(store, keyring):
    async with alert_case(store, keyring) as made:
        yield made


async def opened(case, dataset):
    """Return the newest values of each record of a dataset, opened."""
    from hub.store.decisions import opened_values
    from hub.store.people import keys_of

    async with case.hub.database.connection() as connection:
        keys = await keys_of(
            connection, case.hub.keys, "civil-affairs", ["420106"], [case.household]
        )
        found = await case.hub.facts.of_identities(
            connection, dataset, ["420106"], [case.household]
        )
    spans = found.get(case.household, [])
    return {
        s.value.record_id: opened_values(dataset, keys[case.household], s)
        for s in spans
        if s.valid_to == date.max
    }


async def test_an_alert_goes_through_its_whole_life(case):
    first, second = await case.referred()
    settled = {"settledOn": TODAY}

    one = await case.take("confirmService", 5, referralId=str(first), state="provided", **settled)
    two = await case.take("confirmService", 6, referralId=str(second), state="declined", **settled)
    end = await case.take("closeAlert", 7)

    assert [one.status, two.status, end.status] == ["referred", "service-confirmed", "closed"]
    assert await case.now() == ("closed", 8, "cause-confirmed", "clerk-7", TODAY)
    (visit,) = (await opened(case, VISIT)).values()
    assert (visit["cause"], visit["needs"]) == ("illness", [{"need": "money"}, {"need": "study"}])
    assert (visit["visitor"], visit["alert_id"]) == ("clerk-1", str(case.alert))
    referrals = await opened(case, REFERRAL)
    assert referrals[first]["state"] == "provided"
    assert referrals[second]["receiver"] == "social-work-station"


async def test_the_services_that_answer_the_needs_are_told_in_the_order_of_the_list(case):
    await case.visited()

    taken = await case.take("assessNeeds", 2, needs=["study"])

    assert taken.services == ("volunteer-tutoring", "student-aid")


@pytest.mark.parametrize("result", ["not-in-need", "data-error", "unreachable"])
async def test_a_visit_that_finds_no_need_ends_with_what_it_found(case, result):
    await case.visited(result=result, cause=None)

    await case.take("closeAlert", 2)

    assert (await case.now())[:3] == ("closed", 3, result)


async def test_who_was_not_met_can_be_visited_again(case):
    await case.visited(result="unreachable", cause=None)

    await case.take("assignAlert", 2, assignee="clerk-8")
    await case.take("recordVisit", 3, visitedOn=TODAY, result="not-in-need")

    assert (await case.now())[:4] == ("not-in-need", 4, None, "clerk-8")
    assert len(await opened(case, VISIT)) == 2


async def test_the_same_step_again_gives_the_same_answer_and_writes_nothing(case):
    first, _ = await case.referred()
    settled = {"referralId": str(first), "state": "provided", "settledOn": TODAY}
    steps = [
        ("assignAlert", 0, {"assignee": "clerk-7"}),
        (
            "recordVisit",
            1,
            {"visitedOn": TODAY, "result": "cause-confirmed", "cause": "illness"},
        ),
        ("assessNeeds", 2, {"needs": ["money", "study"]}),
        (
            "refer",
            3,
            {"need": "money", "service": "dibao-application", "referredOn": TODAY},
        ),
        ("confirmService", 5, settled),
    ]
    told = await case.take("confirmService", 5, **settled)
    before = await case.rows()

    again = [await case.take(command, step, **stated) for command, step, stated in steps]

    assert await case.rows() == before
    assert [taken.step for taken in again] == [1, 2, 3, 4, 6]
    assert [taken.status for taken in again][:2] == ["assigned", "cause-confirmed"]
    assert again[1].record_id == again[2].record_id
    assert again[2].services[0] == "dibao-application"
    assert again[3].record_id == first
    assert again[4] == told
    assert [case.journal.record(n)["outcome"] for n in range(-5, 0)] == ["repeated"] * 5


async def test_two_clerks_cannot_overwrite_each_other(case):
    async def assign(assignee):
        try:
            await case.take("assignAlert", 0, assignee=assignee)
        except OvertakenStepError:
            return None
        return assignee

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(assign(f"clerk-{n}")) for n in range(5)]

    done = [task.result() for task in tasks if task.result()]
    assert len(done) == 1
    assert (await case.now())[:4] == ("assigned", 1, None, done[0])


async def test_a_rescoring_between_two_steps_overtakes_nobody(case):
    await case.take("assignAlert", 0, assignee="clerk-7")
    async with case.hub.database.transaction() as connection:
        await connection.execute("UPDATE alert SET total = 80, band = 'red' WHERE step = 1")

    await case.take("recordVisit", 1, visitedOn=TODAY, result="not-in-need")

    rows = await case.read("SELECT total, band FROM alert WHERE known_to = 'infinity' AND step = 2")
    assert rows == [(80, "red")]


@pytest.mark.parametrize("breaks", Break)
async def test_without_a_receipt_nothing_moves(case, breaks):
    before = await case.rows()
    case.journal.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await case.take("assignAlert", 0, assignee="clerk-7")
    assert await case.rows() == before
    case.journal.breaks = None

    await case.take("assignAlert", 0, assignee="clerk-7")

    assert (await case.now())[0] == "assigned"


@pytest.mark.parametrize("breaks", Break)
async def test_a_commit_that_failed_is_made_up_for_by_sending_it_again(store, keyring, breaks):
    database = BreaksAtCommit(store)
    async with alert_case(store, keyring, database=database) as case:
        await case.take("assignAlert", 0, assignee="clerk-7")
        before = await case.rows()
        found = {"visitedOn": TODAY, "result": "cause-confirmed", "cause": "illness"}
        database.breaks = breaks
        with pytest.raises(StoreUnavailableError):
            await case.take("recordVisit", 1, **found)
        stored = await case.rows() != before
        database.breaks = None

        taken = await case.take("recordVisit", 1, **found)

        assert stored is (breaks is Break.AFTER)
        assert (taken.status, taken.step) == ("cause-confirmed", 2)
        assert list(await opened(case, VISIT)) == [taken.record_id]
    await database.close()


async def test_unknown_and_foreign_alerts_look_the_same_and_the_log_tells_them_apart(case):
    foreign = order(regions=("420203",))
    with pytest.raises(UnknownAlertError) as outside:
        await case.take("assignAlert", 0, assignee="clerk-7", by=foreign)
    with pytest.raises(UnknownAlertError) as unknown:
        await case.take("assignAlert", 0, assignee="clerk-7", alertId=str(uuid4()))

    reasons = [case.journal.record(n)["reason"] for n in (-2, -1)]
    assert str(outside.value) == str(unknown.value)
    assert reasons == ["alert-outside", "alert-unknown"]
    assert (await case.now())[:2] == ("screened", 0)


async def test_the_entry_names_the_step_its_household_and_members_and_no_value(case):
    await case.visited(notes="试走访")

    entry = case.journal.entries[-1]
    assert entry.kind is EntryKind.COMMAND
    assert len(entry.subjects) == 3
    assert case.journal.record() == {
        **case.journal.record(),
        "command": "recordVisit",
        "outcome": "announced",
        "status": "cause-confirmed",
        "actor": "clerk-1",
        "case": "case-1",
        "alert": str(case.alert),
    }
    assert b"illness" not in entry.record


async def test_causes_needs_services_and_notes_are_stored_sealed(case):
    await case.visited(notes="试走访")
    await case.take("assessNeeds", 2, needs=["mind"])
    await case.take("refer", 3, need="mind", service="counselling", referredOn=TODAY)

    text = str(await case.read("SELECT v::text FROM visit v"))
    text += str(await case.read("SELECT r::text FROM referral r"))
    for word in ("illness", "mind", "counselling", "social-work-station", "试走访"):
        assert word not in text
        assert word.encode().hex() not in text


@pytest.mark.parametrize(
    ("command", "stated", "error"),
    [
        ("closeAlert", {}, MisplacedStepError),
        ("assessNeeds", {"needs": ["money"]}, MisplacedStepError),
        ("recordVisit", {"visitedOn": TODAY, "result": "not-in-need"}, MisplacedStepError),
        (
            "confirmService",
            {"referralId": str(uuid4()), "state": "provided", "settledOn": TODAY},
            InvalidStepError,
        ),
    ],
)
async def test_a_step_that_does_not_fit_the_alert_is_refused_and_writes_nothing(
    case, command, stated, error
):
    before = await case.rows()

    with pytest.raises(error):
        await case.take(command, 0, **stated)

    assert await case.rows() == before


async def test_a_referral_is_for_a_need_that_was_assessed_and_is_settled_once(case):
    first, _ = await case.referred()
    unassessed = {"need": "care", "service": "visiting", "referredOn": TODAY}
    with pytest.raises(InvalidStepError, match="assessed"):
        await case.take("refer", 5, **unassessed)
    settled = {"referralId": str(first), "settledOn": TODAY}
    await case.take("confirmService", 5, state="provided", **settled)

    with pytest.raises(MisplacedStepError, match="provided already"):
        await case.take("confirmService", 6, state="declined", **settled)


async def test_a_visit_is_not_earlier_than_its_alert(case):
    with pytest.raises(InvalidStepError, match="earlier than the alert"):
        await case.visited(visitedOn=date(2026, 11, 19))


async def test_closing_keeps_the_score_of_that_day_for_what_may_break_through(case):
    await case.visited(result="not-in-need", cause=None)
    async with case.hub.database.transaction() as connection:
        await connection.execute("UPDATE score SET total = 52")

    await case.take("closeAlert", 2)

    rows = await case.read("SELECT total FROM alert WHERE known_to = 'infinity' AND step = 3")
    assert rows == [(52,)]
