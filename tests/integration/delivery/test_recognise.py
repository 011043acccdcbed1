"""A recognition reaches every member, closes the alert, and is done once."""

from datetime import date
from uuid import uuid4

import pytest

from audit.entry import EntryKind
from hub.casework.errors import ConflictingDecisionError, UnknownHouseholdError
from hub.errors import AuditUnavailableError
from tests.fakes.audit_log import Break
from tests.support.casework import OFFICER, REGIONS, decision, desk, receiver

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.system]


@pytest.fixture
def url(tmp_path, keys_of_the_hub, hamlet):
    with receiver(tmp_path / "insurer", keys_of_the_hub, hamlet.places) as address:
        yield address


@pytest.fixture
async def office(store, keys_of_the_hub, url):
    async with desk(store, keys_of_the_hub, url) as made:
        yield made


async def state(office):
    tables = ("recognition", "outbox", "alert", "identity", "data_key", "link")
    return [await office.read(f"SELECT count(*) FROM {name}") for name in tables]  # noqa: S608 - names above


async def test_every_member_is_recognised_and_the_alert_closes(office):
    household, alert = await office.warned_household()

    outcome = await office.recognise(decision(household), OFFICER, REGIONS)

    ((members,),) = await office.read(
        "SELECT count(DISTINCT person_id) FROM membership "
        "WHERE household_id = $1 AND known_to = 'infinity'",
        household,
    )
    ((recognised,),) = await office.read("SELECT count(*) FROM recognition")
    closed = await office.read(
        "SELECT record_id, outcome FROM alert WHERE known_to = 'infinity' AND status = 'closed'"
    )
    sequences = await office.read("SELECT sequence FROM outbox ORDER BY sequence")
    days = await office.read("SELECT DISTINCT valid_from FROM recognition")
    assert outcome.people == members == recognised == len(outcome.message_ids)
    assert outcome.closed_alert_id == alert
    assert closed == [(alert, "recognised")]
    assert sequences == [(n,) for n in range(1, members + 1)]
    assert days == [(date(2026, 12, 1),)]


async def test_the_same_decision_again_gives_the_same_answer_and_writes_nothing(office):
    household, _ = await office.warned_household()
    first = await office.recognise(decision(household), OFFICER, REGIONS)
    before = await state(office)

    second = await office.recognise(decision(household), OFFICER, REGIONS)

    assert second == first
    assert await state(office) == before


async def test_the_same_decision_number_with_other_contents_is_refused(office):
    household, _ = await office.warned_household()
    await office.recognise(decision(household), OFFICER, REGIONS)

    with pytest.raises(ConflictingDecisionError):
        await office.recognise(decision(household, category="TK"), OFFICER, REGIONS)


async def test_unknown_and_foreign_households_look_the_same_and_are_on_record(office):
    household, _ = await office.warned_household()
    before = await state(office)

    with pytest.raises(UnknownHouseholdError) as unknown:
        await office.recognise(decision(uuid4()), OFFICER, REGIONS)
    with pytest.raises(UnknownHouseholdError) as foreign:
        await office.recognise(decision(household), OFFICER, ("420203",))

    assert str(unknown.value) == str(foreign.value)
    assert await state(office) == before
    assert [office.journal.record(i)["outcome"] for i in (-1, -2)] == ["refused", "refused"]


@pytest.mark.parametrize("breaks", Break)
async def test_without_a_receipt_nobody_is_recognised(office, breaks):
    household, _ = await office.warned_household()
    before = await state(office)
    office.journal.breaks = breaks
    with pytest.raises(AuditUnavailableError):
        await office.recognise(decision(household), OFFICER, REGIONS)
    assert await state(office) == before
    office.journal.breaks = None

    outcome = await office.recognise(decision(household), OFFICER, REGIONS)

    assert outcome.people > 0


async def test_the_entry_names_the_command_and_its_people_and_no_value(office):
    household, _ = await office.warned_household()
    outcome = await office.recognise(decision(household), OFFICER, REGIONS)

    entry = office.journal.entries[-1]
    assert entry.kind is EntryKind.COMMAND
    assert len(entry.subjects) == outcome.people + 1
    assert office.journal.record()["actor"] == "actor-1"
    assert b"2026" not in entry.record


async def test_payloads_and_decisions_are_stored_sealed(office, hamlet):
    household, _ = await office.warned_household()
    await office.recognise(decision(household), OFFICER, REGIONS)

    text = str(await office.read("SELECT o::text FROM outbox o"))
    text += str(await office.read("SELECT r::text FROM recognition r"))
    for person in hamlet.of("person"):
        assert str(person["name"]).encode().hex() not in text
        assert str(person["name"]) not in text
    assert "示民救" not in text
