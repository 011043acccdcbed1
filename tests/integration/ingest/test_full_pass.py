"""Records in, scores out; vectors are kept with them; the whole population is scored by columns."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from hub.access.policy import default_policy_text, load_policy
from hub.errors import AuditUnavailableError, SetupError
from hub.ingest.full_pass import FullPass
from hub.ingest.grants import catalogue_check
from hub.ingest.pipeline import Ingest
from hub.ingest.rescore import Rescorer, silences_told
from hub.ingest.vectors_read import VectorsReader
from hub.sealing.keyring import KeyKind
from hub.store.decisions import opened_values
from hub.store.people import keys_of
from hub.store.score_inputs import stored_vectors
from hub.store.sources import add_to_scope
from schema.datasets.civil_affairs import SCORE
from scoring.alerts import AlertParameters
from scoring.facts import Kind, decoded, fields_number
from scoring.facts.rows import DATASETS
from scoring.household import Input
from scoring.inputs import family, household_on
from scoring.parameters.working_days import packaged_calendar
from scoring.profile import packaged_profile
from scoring.score import Band, score
from tests.fakes.audit_log import Break, FakeLog
from tests.support.district import hub_on
from tests.support.plain import plain, said
from tests.support.records import ListConnector
from tests.support.zhou import family as zhou

pytestmark = [pytest.mark.anyio, pytest.mark.database]

DAY = datetime(2026, 11, 1, 4, tzinfo=UTC)
NUMBERS = (
    *("690106196005020014", "690106196208210028"),
    *("690106198203140015", "69010620121130004X"),
)
EVERYBODY = sorted({dataset.department for dataset in DATASETS.values()})
OTHERS = {  # a department speaks once it gave a record; these say nothing that the score counts
    "disability_certificate": {"category": "4", "level": "4", "status": "cancelled"},
    "health_status": {"major_disease_class": "none"},
    "marital_status": {"status": "21"},
    "dangerous_housing": {"grade": "B"},
    "disaster_damage": {"kind": "storm", "occurred_on": date(2026, 9, 1), "loss_level": 1},
    "justice_status": {"in_prison": False},
}


def with_check_digit(number):
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return number[:17] + "10X98765432"[total % 11]


def records_of_the_family():
    found = []
    for number, person in zip(map(with_check_digit, NUMBERS), zhou(), strict=True):
        for dataset, values in person["records"]:
            given = dict(values)
            if dataset == "population":
                given |= {"national_id": number, "name": "甲一", "household_number": "H1"}
                given |= {"relation_to_head": person["relation"], "region": "420106001001"}
                given |= {"sex": "1", "status": "normal"}
            found.append(said(dataset, number, given))
    grandfather = with_check_digit(NUMBERS[0])
    return found + [said(name, grandfather, values) for name, values in OTHERS.items()]


@dataclass
class Town:
    """A hub with one family, on a day that can be changed."""

    hub: Any
    journal: FakeLog
    now: datetime = DAY

    def rescorer(self, profile=None):
        policy = load_policy(default_policy_text(), self.hub.catalogue)
        check = catalogue_check(self.hub.catalogue, policy, DAY.date())
        used = profile or packaged_profile(DAY.date(), check)
        parameters = AlertParameters(used.document, packaged_calendar())
        parts = (self.hub.facts, self.hub.keys, self.hub.tagger, self.journal)
        return Rescorer(*parts, used, parameters, lambda: self.now)

    def whole(self, profile=None):
        rescorer = self.rescorer(profile)
        reader = VectorsReader(self.hub.keys, fields_number(rescorer.profile.fields_read))
        return FullPass(self.hub.database, rescorer, reader)

    async def take_in(self):
        hub, rescorer = self.hub, self.rescorer()
        parts = (hub.database, self.journal, hub.facts, hub.keys, hub.tagger, rescorer)
        intake = Ingest(*parts, lambda: self.now)
        async with hub.database.connection() as connection:
            await add_to_scope(connection, [hub.tagger.household("H1")], ("household", 1, 1))
        records = records_of_the_family()
        for name in ["public-security", *(n for n in EVERYBODY if n != "public-security")]:
            own = [record for record in records if record.department == name]
            report = await intake.run(plain(name), ListConnector(name, own), then_score=False)
            assert not report.quarantined
        await intake.score_waiting()

    async def read(self, statement):
        async with self.hub.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement)]

    async def scored(self):
        """Return the stored score: total, band, coverage, and its reasons by indicator."""
        ((key, spans),) = (await self._stored(SCORE)).items()
        values = opened_values(SCORE, key, spans[-1])
        told = {reason["indicator"]: reason["text_en"] for reason in values["reasons"]}
        return values["total"], values["band"], values["coverage"], told

    async def _stored(self, dataset):
        async with self.hub.database.connection() as connection:
            ((cell, home),) = await connection.fetch("SELECT cell, household_id FROM household")
            keys = await keys_of(connection, self.hub.keys, "civil-affairs", [cell], [home])
            spans = await self.hub.facts.of_identities(connection, dataset, [cell], [home])
        return {keys[home]: spans[home]}

    async def vector(self):
        async with self.hub.database.connection() as connection:
            ((cell, home),) = await connection.fetch("SELECT cell, household_id FROM household")
            keys = await keys_of(connection, self.hub.keys, "civil-affairs", [cell], [home])
            stored = await stored_vectors(connection, [cell], [home])
        return decoded(stored[home].opened(keys[home]))

    async def rows(self):
        tables = ("score", "alert", "score_input")
        return [await self.read(f"SELECT count(*), max(known_from) FROM {t}") for t in tables]  # noqa: S608 - names above


@asynccontextmanager
async def made_town(store, keyring):
    for name in EVERYBODY:
        keyring.ensure(KeyKind.DEPARTMENT, name)
    journal = FakeLog()
    async with hub_on(store, keyring, journal=journal) as hub:
        made = Town(hub, journal)
        await made.take_in()
        yield made


@pytest.fixture
async def town(store, keyring):
    async with made_town(store, keyring) as made:
        yield made


async def test_records_of_the_worked_example_give_its_score(town):
    total, band, coverage, told = await town.scored()

    assert (total, band, coverage) == (67, "orange", 94)
    assert told["income-drop"].startswith("income fell by 60% within six months")
    assert set(told) == {
        *("minor-children", "old-people", "dependency-ratio", "income-ratio", "income-drop"),
        *("self-paid-share", "admissions", "compulsory-pupil", "school-alert", "nobody-works"),
        *("without-carer", "no-support"),
    }
    assert await town.read("SELECT band, status FROM alert") == [("orange", "screened")]


async def test_the_vector_gives_what_the_facts_give(town):
    vector = await town.vector()
    async with town.hub.database.connection() as connection:
        silences = await silences_told(connection)

    seen = household_on(family(vector.facts, DAY.date(), silences))

    found = score(seen, town.rescorer().profile)
    assert (found.total, found.band, found.coverage) == (67, Band.ORANGE, 94)
    assert {row.kind for row in vector.outcome} == {Kind.POINTS, Kind.PROFILE}


async def test_a_pass_on_the_same_day_writes_nothing_and_is_on_record(town):
    before = await town.rows()

    done = await town.whole().run()

    assert (done.households, done.from_facts, done.rescored.changed) == (1, 0, 0)
    assert await town.rows() == before
    assert town.journal.record()["role"] == "scorer"
    assert len(town.journal.entries[-1].subjects) == 5


async def test_time_alone_changes_a_score_and_the_pass_writes_it(town):
    town.now = DAY + timedelta(days=190)

    done = await town.whole().run()

    total, _, _, told = await town.scored()
    assert done.rescored.changed == 1
    assert total < 67
    assert "school-alert" not in told
    async with town.hub.database.transaction() as connection:
        (key,) = await connection.fetch("SELECT cell, household_id FROM household")
        again = await town.rescorer().rescore(connection, [tuple(key)], town.now)
    assert again.changed == 0
    assert (await town.whole().run()).rescored.changed == 0


async def test_a_household_without_a_vector_gets_one_from_its_facts(town):
    before = await town.vector()
    await town.read("DELETE FROM score_input")

    done = await town.whole().run()

    assert (done.from_facts, done.rescored.changed) == (1, 0)
    assert (await town.vector()).rows == before.rows


async def test_a_vector_that_a_day_has_overtaken_is_read_anew(town):
    async with town.hub.database.connection() as connection:
        await connection.execute(
            "UPDATE membership SET valid_to = '2026-12-01' WHERE relation = '30'"
        )
        await connection.execute("DELETE FROM score_input")
    await town.whole().run()
    assert (await town.vector()).fresh_until == date(2026, 12, 1).toordinal()

    town.now = DAY + timedelta(days=31)
    done = await town.whole().run()

    assert (done.from_facts, done.rescored.changed) == (1, 1)
    assert "minor-children" not in (await town.scored())[3]


async def test_a_vector_of_other_fields_is_read_anew_and_no_silence_is_made_of_them(town):
    full = town.rescorer().profile
    fewer = replace(full, unavailable=full.unavailable | {Input.SCHOOLING}, digest="11" * 32)
    await town.whole(fewer).run()
    assert "compulsory-pupil" not in (await town.scored())[3]

    with pytest.raises(SetupError):
        await town.whole(fewer).preview(full)
    done = await town.whole().run()

    assert (done.from_facts, done.rescored.changed) == (1, 1)
    assert "compulsory-pupil" in (await town.scored())[3]


@pytest.mark.parametrize("when", list(Break))
async def test_nothing_is_stored_when_the_log_refuses(town, when):
    town.now = DAY + timedelta(days=190)
    before = await town.rows()
    town.journal.breaks = when

    with pytest.raises(AuditUnavailableError):
        await town.whole().run()

    assert await town.rows() == before
    town.journal.breaks = None
    assert (await town.whole().run()).rescored.changed == 1


async def test_a_preview_tells_how_bands_would_change_and_writes_nothing(town):
    whole, before = town.whole(), await town.rows()
    document = whole.rescorer.profile.document
    bands = tuple(msgspec.structs.replace(b, cut=b.cut - 4) for b in document.bands)
    stricter = msgspec.structs.replace(document, bands=bands)
    entries = len(town.journal.entries)

    told = await whole.preview(replace(whole.rescorer.profile, document=stricter))

    assert dict(told.moves) == {(Band.ORANGE, Band.RED): 1}
    assert (told.households, told.left_out) == (1, 0)
    assert await town.rows() == before
    assert len(town.journal.entries) == entries + 1
