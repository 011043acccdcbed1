"""A built district holds what its truth file says, and the mappings find what was planted."""

import json
from collections import Counter
from contextlib import ExitStack
from datetime import date

import pytest

from connectors.departments import discover
from connectors.mapping import Quarantined
from connectors.monitoring_list import read_monitoring_list
from connectors.protocol import ReasonCode, SourceRecord
from hub.demo.district import Places, build
from hub.demo.registry import SOURCES
from hub.demo.truth import ACCEPTED, EXPECTED, Fault
from hub.demo.writing import Running
from schema.ids import CitizenNumber, parse_citizen_number

pytestmark = pytest.mark.anyio
TODAY = date(2026, 11, 23)
HOUSEHOLDS = 700


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    home = tmp_path_factory.mktemp("district")
    build(home, seed=11, today=TODAY, households=HOUSEHOLDS)
    return Places(home)


@pytest.fixture(scope="module")
def truth(places):
    lines = [json.loads(line) for line in places.truth.read_text(encoding="utf-8").splitlines()]
    by_kind = {}
    for line in lines:
        by_kind.setdefault(line["kind"], []).append(line)
    return by_kind


@pytest.fixture(scope="module")
def settings(places, tmp_path_factory):
    """Where each department's source is; servers run as long as the tests of this file."""
    ports = tmp_path_factory.mktemp("ports")
    with ExitStack() as stack:
        yield {
            source.department: source.start(Running(places.folder(source), ports, stack))
            for source in SOURCES
        }


async def sources(settings):
    """Yield every record and unreadable piece of all departments."""
    departments = discover()
    for name, config in settings.items():
        async for page in departments[name].connect(config).pull(None):
            for piece in (*page.records, *page.unreadable):
                yield piece


@pytest.fixture
async def mapped(settings):
    """Every piece of every source with what becomes of it."""
    departments = discover()
    found = []
    async for piece in sources(settings):
        if isinstance(piece, SourceRecord):
            mapping = departments[piece.department].mappings[piece.dataset]
            found.append((piece, mapping.apply(piece, today=TODAY)))
        else:
            found.append((piece, piece))
    return found


def placed(fault):
    """Return a fault's key; a report of silence is known by its place in a batch alone."""
    return "" if fault["fault"] == "source-silent" else fault["key"]


async def test_what_is_quarantined_is_exactly_what_was_planted(mapped, truth):
    expected = Counter(
        (fault["department"], fault["dataset"], placed(fault), fault["expected"])
        for fault in truth["fault"]
        if fault["expected"] not in {ACCEPTED, "identity-conflict"}
    )

    found = Counter()
    for piece, result in mapped:
        if isinstance(result, Quarantined):
            (reason,) = {reason.code for reason in result.reasons}
            found[piece.department, piece.dataset, piece.key, reason.value] += 1
        elif not isinstance(piece, SourceRecord):
            place = "" if piece.reason is ReasonCode.SOURCE_SILENT else piece.location
            found[piece.department, piece.dataset, place, piece.reason.value] += 1
    assert found == expected


async def test_every_accepted_record_leads_to_the_person_it_is_about(mapped, truth):
    owner = {
        (dataset, key): {person["number"], person["former_number"]}
        for person in truth["person"]
        for dataset, keys in person["records"].items()
        for key in keys
    }
    conflicts = {fault["key"] for fault in truth["fault"] if fault["fault"] == "identity-conflict"}
    strays = set()

    for piece, result in mapped:
        accepted = isinstance(piece, SourceRecord) and not isinstance(result, Quarantined)
        if accepted and result.subject not in owner[piece.dataset, piece.key]:
            strays.add(piece.key)
    assert strays == conflicts
    assert conflicts


async def test_an_identity_conflict_differs_in_name_and_birth_date(mapped, truth):
    people = {person["number"]: person for person in truth["person"]}
    conflicts = {fault["key"] for fault in truth["fault"] if fault["fault"] == "identity-conflict"}

    for piece, result in mapped:
        if isinstance(piece, SourceRecord) and piece.key in conflicts:
            said = people[result.subject]
            assert result.name != said["name"]
            assert result.birth_date.isoformat() != said["birth_date"]
            assert said["in_scope"]
            assert not said["removed"]


async def test_the_totals_are_the_rows(mapped, truth):
    (summary,) = truth["summary"]

    assert Counter(piece.dataset for piece, _ in mapped) == summary["records"]
    assert summary["people"] == len(truth["person"])
    assert summary["households"] == len(truth["household"]) >= HOUSEHOLDS
    assert summary["people_in_scope"] == sum(person["in_scope"] for person in truth["person"])
    assert sum(summary["faults"].values()) == len(truth["fault"])


async def test_the_latest_word_of_the_register_is_the_truth(mapped, truth):
    latest = {}
    for piece, result in mapped:
        if piece.dataset != "population" or isinstance(result, Quarantined):
            continue
        if piece.key not in latest or result.source_time >= latest[piece.key].source_time:
            latest[piece.key] = result
    for person in truth["person"]:
        (key,) = person["records"]["population"]
        assert latest[key].deleted == person["removed"]
        assert latest[key].values["phone"] == person["phone"]
        assert latest[key].household_key == person["household"]
    assert any(person["removed"] for person in truth["person"])


async def test_the_monitoring_list_names_the_households_in_scope(places, truth):
    listed = await read_monitoring_list(places.monitoring_list)

    assert listed.unreadable == ()
    assert {entry.household_key: entry.reason for entry in listed.listed} == {
        house["household"]: house["listed"] for house in truth["household"] if house["in_scope"]
    }


def test_faults_are_only_planted_on_people_in_scope(truth):
    in_scope = {
        key
        for person in truth["person"]
        if person["in_scope"]
        for keys in person["records"].values()
        for key in keys
    }

    for fault in truth["fault"]:
        assert fault["key"] in in_scope or fault["key"].startswith("canlian_")


def test_a_large_enough_district_has_every_fault(tmp_path):
    totals = build(tmp_path, seed=1, today=TODAY, households=2000)

    assert set(totals.faults) == set(Fault)
    assert set(totals.quarantined) == set(EXPECTED.values())


def test_the_same_seed_size_and_day_give_the_same_files(tmp_path):
    def files(name):
        build(tmp_path / name, seed=4, today=TODAY, households=50)
        return {
            path.relative_to(tmp_path / name): path.read_bytes()
            for path in sorted((tmp_path / name).rglob("*"))
            if path.is_file() and path.name != "token"
        }

    assert files("one") == files("two")


def test_a_district_that_is_built_again_leaves_nothing_of_the_first(tmp_path):
    build(tmp_path, seed=4, today=date(2026, 5, 1), households=50)
    first_token = Places(tmp_path).register_token.read_text()
    build(tmp_path, seed=4, today=TODAY, households=50)

    assert len(list(Places(tmp_path).drops.iterdir())) == 2
    assert Places(tmp_path).register_token.read_text() != first_token
    assert Places(tmp_path).register_token.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2027, 1, 1), date(2026, 3, 31)])
def test_any_day_can_be_today(tmp_path, today):
    totals = build(tmp_path, seed=2, today=today, households=200)

    assert 200 <= totals.households <= 210  # some families have split, or joined another


def test_no_citizen_number_in_the_files_could_be_a_real_one(places, truth):
    for person in truth["person"]:
        parsed = parse_citizen_number(person["number"])
        assert isinstance(parsed, CitizenNumber)
        assert parsed.text.startswith("69")
