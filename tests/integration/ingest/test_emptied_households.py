"""When nobody is left in a household its score ends and its open alert is closed by itself."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from hub.ingest.full_pass import FullPass
from hub.ingest.report import IngestFailedError
from hub.ingest.rescore import Rescorer
from hub.ingest.vectors_read import VectorsReader
from hub.sealing.keyring import KeyKind
from hub.store.facts import known_now
from scoring.alerts import AlertParameters
from scoring.facts import fields_number
from scoring.parameters.working_days import packaged_calendar
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import WARNER
from tests.support.district import NOW, hub_on
from tests.support.ingest_desk import Desk
from tests.support.plain import plain, said
from tests.support.records import AT, FIRST, ListConnector, resident
from tests.support.world import number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
TODAY = NOW.date()
SECOND = number_of(7, date(1990, 5, 6))
ALERTS = (
    "SELECT status, outcome, closed_on, step, valid_from FROM alert "
    "WHERE known_to = 'infinity' ORDER BY valid_from, opened_at"
)
SCORES = "SELECT valid_from, valid_to FROM score WHERE known_to = 'infinity' ORDER BY valid_from"
WORKLIST = """query Work($day: Date, $k: DateTime) {
  warnings(asOf: $day, knownAt: $k) { edges { node { status band household { score { band } } } } }
}"""
FIRE = {"kind": "fire", "occurred_on": date(2026, 11, 20), "loss_level": 3}


@dataclass
class Ruin:
    """A couple whose house burnt down: their alert is red."""

    desk: Desk
    journal: FakeLog
    at: int = 0
    now: list = field(default_factory=lambda: [NOW])

    async def tell(self, *people):
        """Let the register say where people are from the 22nd on: each key with its words."""
        self.at += 1
        records = [
            resident(key, number, at=AT + timedelta(days=self.at), 变更日期=since, **words)
            for key, number, since, words in people
        ]
        await self.desk.give(*records)

    async def leave(self, **words):
        await self.tell(
            ("R1", FIRST, "20261122", words or {"人员状态": "死亡"}),
            ("R2", SECOND, "20261122", words or {"人员状态": "迁出"}),
        )

    def whole(self):
        hub, profile = self.desk.hub, self.desk.hub.rescorer.profile
        parameters = AlertParameters(profile.document, packaged_calendar())
        parts = (hub.facts, hub.keys, hub.tagger, self.journal)
        rescorer = Rescorer(*parts, profile, parameters, lambda: self.now[0])
        reader = VectorsReader(hub.keys, fields_number(profile.fields_read))
        return FullPass(hub.database, rescorer, reader)

    async def statuses(self):
        return [row[0] for row in await self.desk.read(ALERTS)]

    async def worklist(self, **times):
        data = await self.desk.ask(WORKLIST, WARNER, **times)
        return [edge["node"] for edge in data["warnings"]["edges"]]


@pytest.fixture
async def ruin(store, keyring):
    keyring.ensure(KeyKind.DEPARTMENT, "emergency-management")
    journal = FakeLog()
    async with hub_on(store, keyring, journal=journal) as hub:
        made = Ruin(Desk(hub), journal)
        await made.desk.scope(homes=["H1"])
        await made.tell(
            ("R1", FIRST, "20200301", {}), ("R2", SECOND, "20200301", {"与户主关系": "10"})
        )
        fire = ListConnector("emergency-management", [said("disaster_damage", FIRST, FIRE)])
        await hub.ingest.run(plain("emergency-management"), fire)
        assert await made.statuses() == ["screened"]
        yield made


async def test_the_alert_of_a_household_that_everybody_left_is_closed_by_itself(ruin):
    await ruin.leave()

    ((status, outcome, closed_on, step, since),) = await ruin.desk.read(ALERTS)
    assert (status, outcome, closed_on) == ("closed", "household-emptied", TODAY)
    assert (step, since) == (0, TODAY)
    assert await ruin.worklist() == []


async def test_an_alert_stays_open_while_one_member_is_left(ruin):
    await ruin.tell(("R1", FIRST, "20261122", {"人员状态": "死亡"}))

    assert "closed" not in await ruin.statuses()
    assert len(await ruin.worklist()) == 1


@pytest.mark.parametrize("status", ["queued", "assigned", "visited", "referred"])
async def test_it_is_closed_wherever_it_stands_and_keeps_its_count_of_steps(ruin, status):
    await ruin.desk.read(f"UPDATE alert SET status = '{status}', step = 3")  # noqa: S608 - a word above
    await ruin.leave()

    assert [row[:4] for row in await ruin.desk.read(ALERTS)] == [
        ("closed", "household-emptied", TODAY, 3)
    ]


async def test_how_it_was_stays_known(ruin):
    await ruin.desk.read("UPDATE alert SET valid_from = '2026-11-20'")
    await ruin.desk.read("UPDATE score SET valid_from = '2026-11-20'")
    before = await ruin.desk.knows()
    await ruin.leave()

    was = [{"status": "screened", "band": "red", "household": {"score": {"band": "red"}}}]
    assert await ruin.worklist(day="2026-11-22") == was
    assert await ruin.worklist(k=before) == was
    assert await ruin.worklist() == []
    assert await ruin.desk.read(SCORES) == [(date(2026, 11, 20), TODAY)]


async def test_nobodys_score_does_not_hold_and_no_pass_brings_it_back(ruin):
    await ruin.leave()
    assert await ruin.desk.read(SCORES) == []
    vectors = await ruin.desk.read("SELECT version_id FROM score_input")

    done = await ruin.whole().run()
    again = await ruin.desk.hub.ingest.score_waiting()

    assert (done.rescored.changed, done.rescored.households) == (0, 1)
    assert again.households == 0
    assert await ruin.desk.read(SCORES) == []
    assert await ruin.statuses() == ["closed"]
    assert await ruin.desk.read("SELECT version_id FROM score_input") == vectors


async def test_who_moves_together_takes_the_ground_for_an_alert_along(ruin):
    await ruin.tell(
        ("R1", FIRST, "20261122", {"户号": "H2"}),
        ("R2", SECOND, "20261122", {"户号": "H2", "与户主关系": "10"}),
    )

    assert sorted(await ruin.statuses()) == ["closed", "screened"]
    ((node),) = await ruin.worklist()
    assert node == {"status": "screened", "band": "red", "household": {"score": {"band": "red"}}}


async def test_whoever_comes_back_is_scored_and_warned_of_anew(ruin):
    await ruin.desk.read("UPDATE score SET valid_from = '2026-11-20'")
    await ruin.leave()
    await ruin.tell(("R1", FIRST, "20261123", {}), ("R2", SECOND, "20261123", {"与户主关系": "10"}))

    assert await ruin.desk.read(SCORES) == [(date(2026, 11, 20), TODAY), (TODAY, date.max)]
    assert sorted(await ruin.statuses()) == ["closed", "screened"]
    assert len(await ruin.worklist()) == 1


async def test_a_household_that_is_empty_from_a_coming_day_is_closed_by_the_pass_of_that_day(ruin):
    await ruin.desk.read("UPDATE membership SET valid_to = '2026-11-25'")
    await ruin.desk.read("DELETE FROM score_input")
    assert (await ruin.whole().run()).rescored.alerts == {}

    ruin.now[0] = NOW + timedelta(days=2)
    done = await ruin.whole().run()

    assert dict(done.rescored.alerts) == {"emptied:red": 1}
    assert await ruin.desk.read(SCORES) == [(TODAY, date(2026, 11, 25))]
    assert [row[:3] for row in await ruin.desk.read(ALERTS)][-1] == (
        *("closed", "household-emptied", date(2026, 11, 25)),
    )
    assert (await ruin.whole().run()).rescored.changed == 0


@pytest.mark.parametrize("when", list(Break))
async def test_nothing_is_closed_when_the_log_refuses(ruin, when):
    ruin.journal.breaks = when
    with pytest.raises(IngestFailedError):
        await ruin.leave()
    assert await ruin.statuses() == ["screened"]
    ((left,),) = await ruin.desk.read(
        "SELECT count(*) FROM membership WHERE known_to = 'infinity' AND valid_to = 'infinity'"
    )
    assert left == 2

    ruin.journal.breaks = None
    await ruin.leave()
    assert await ruin.statuses() == ["closed"]


async def test_ending_a_household_twice_writes_nothing(ruin):
    await ruin.leave()
    rows = await ruin.desk.read("SELECT * FROM alert ORDER BY version_id")
    ((cell, home),) = await ruin.desk.read("SELECT cell, household_id FROM household")

    async with ruin.desk.hub.database.transaction() as connection:
        at = await known_now(connection)
        again = await ruin.desk.hub.rescorer.rescore(connection, [(cell, home)], at)

    assert (again.households, again.changed, again.alerts) == (0, 0, {})
    assert await ruin.desk.read("SELECT * FROM alert ORDER BY version_id") == rows
