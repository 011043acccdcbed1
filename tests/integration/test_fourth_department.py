"""A department that the hub does not ship joins by its declaration and its folder alone."""

import asyncio
import csv
import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import asyncpg
import orjson
import pytest

from connectors.department import discover
from hub.access import Caller, PolicyError, default_policy_text, load_policy
from hub.app import apply_policy, catalogue_of, opened, prepare
from hub.commands.ingest import read_departments
from hub.errors import NotGrantedError
from hub.ingest.grants import catalogue_check
from hub.ingest.scope import load_scope
from hub.query.answer import Request
from hub.sealing.files import write_private
from hub.service import rooms_of
from hub.settings import Settings, load_settings
from hub.store.migrate import differences
from schema.catalogue import Catalogue
from schema.graph import printed
from scoring import Input
from scoring.profile import load_profile
from tests.fourth.departments.evening_schools.roll import HEADER
from tests.support.cases import register_case
from tests.support.district import District, clock, district
from tests.support.golden import ROOT
from tests.support.postgres import fresh_database

pytestmark = [pytest.mark.anyio, pytest.mark.database, pytest.mark.timeout(300)]

DATASETS = ("tests.fourth.datasets",)
DEPARTMENTS = ("tests.fourth.departments",)
TODAY = clock().date()
BUREAU = Caller("evening-schools", "registrar", "CASE", "evening-desk", "u1", "case-1")
OFFICER = Caller("civil-affairs", "officer", "CASE", "civil-affairs-officer", "u2", "case-1")
INSURER = Caller("medical-insurance", "clerk", "PUSH", "medical-insurance-desk", "u3")
DATES = 'from = 2026-07-01\nuntil = 2028-07-01\nlegal_basis = "社会救助法 第41条"\n'
OWN_GRANT = f"""
[[entitlement]]
department = "evening-schools"
role = "registrar"
purpose = "CASE"
regions = ["420106"]
{DATES}
[[entitlement.grant]]
agreement = "ED-OWN"
source = "evening-schools"
fields = ["EveningRoll.school", "EveningRoll.stage", "EveningRoll.status", "EveningRoll.grade"]
{DATES}"""
VERDICT_GRANT = f"""
[[entitlement.grant]]
agreement = "ED-2026-01"
source = "evening-schools"
fields = ["EveningRoll.compulsory"]
{DATES}"""
SCORER_GRANT = f"""
[[entitlement.grant]]
agreement = "ED-2026-02"
source = "evening-schools"
fields = ["EveningRoll.stage", "EveningRoll.status"]
{DATES}"""
ASKED = """query ($n: String!) {
  person(nationalId: $n) { eveningRoll { school stage grade status compulsory provider } }
}"""


def granted(role, purpose, grant, policy):
    """Return `policy` with one grant more in the entitlement of a role of civil affairs."""
    head, own, rest = policy.partition(f'role = "{role}"\npurpose = "{purpose}"\n')
    before, following, after = rest.partition("\n[[entitlement]]\n")
    assert own
    assert following
    return head + own + before + grant + following + after


def policy_text():
    """Return the packaged policy, the new department's own reading, a verdict, the scorer's."""
    policy = granted("scorer", "WARN", SCORER_GRANT, default_policy_text())
    return granted("officer", "CASE", VERDICT_GRANT, policy) + OWN_GRANT


def write_drop(folder: Path, pupils):
    """Write the school roll of `pupils`: seventh grade all, and one row of an unknown stage."""
    folder.mkdir()
    row = ["示范中学", "2", "初一", "在读", "2026/9/1", "2026-09-10 08:30:00"]
    with (folder / "xueji_20260910.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(HEADER)
        for n, pupil in enumerate(pupils):
            rows.writerow([f"S{n:07}", pupil["name"], pupil["number"], *row])
        rows.writerow(
            ["S9999999", pupils[0]["name"], pupils[0]["number"], "示范中学", "9", *row[2:]]
        )


def write_places(settings: Settings, town: District, drops: Path):
    """Tell the hub where the departments' systems and the new one's drops are."""
    sources = {**town.settings, "evening-schools": {"folder": str(drops)}}
    lines = [
        f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in where.items())
        for name, where in sources.items()
    ]
    write_private(settings.departments_file, "\n".join(lines).encode())


async def tables_of(dsn):
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select table_name from information_schema.tables where table_schema = 'public'"
        )
    finally:
        await connection.close()
    return {row["table_name"] for row in rows}


@dataclass(frozen=True)
class Walked:
    """A hub that read its departments and then one more, and what was seen on the way."""

    settings: Settings
    dsn: str
    tables: tuple[set[str], set[str]]
    """Before the fourth was named in the settings, and after the next migration."""
    report: object
    pupils: list[dict]


async def walk(home: Path, dsn: str, town: District) -> Walked:
    """Set up a hub for the district, read a department, then add one more and read it."""
    three = load_settings(home=home, database_url=dsn)
    await prepare(three, catalogue_of(three))
    before = await tables_of(dsn)
    settings = load_settings(
        home=home, database_url=dsn, dataset_packages=DATASETS, connector_packages=DEPARTMENTS
    )
    await prepare(settings, catalogue_of(settings))
    after = await tables_of(dsn)
    settings.policy_file.write_text(policy_text(), encoding="utf-8")
    drops = home / "school-roll"
    write_places(settings, town, drops)
    async with opened(settings, clock) as core:
        await apply_policy(core)
        await load_scope(core.database, core.log, core.tagger, town.places.monitoring_list)
        await read_departments(core, ["public-security"])
        async with core.database.connection() as connection:
            await register_case(connection)
            known = {r[0] for r in await connection.fetch("select person_tag from identity")}
        people = [p for p in town.of("person") if core.tagger.person(p["number"]) in known]
        pupils = people[:12]
        write_drop(drops, pupils)
        (report,) = await read_departments(core, ["evening-schools"])
    return Walked(settings, dsn, (before, after), report, pupils)


@pytest.fixture(scope="module")
def walked(postgres_server, tmp_path_factory):
    """A walked hub, once for this file."""
    folder = tmp_path_factory.mktemp("fourth")
    (folder / "home").mkdir()
    with (
        district(folder / "district", households=40) as town,
        fresh_database(postgres_server) as dsn,
    ):
        yield asyncio.run(walk(folder / "home", dsn, town))


async def answer(walked, caller, document=ASKED):
    """Return what one caller is answered about a pupil."""
    variables = {"n": walked.pupils[0]["number"]}
    async with opened(walked.settings, clock) as core, rooms_of(core) as rooms:
        request = Request(document, variables, None, caller, "r-1", clock())
        return orjson.loads((await rooms.queries.answer(request)).body)


def test_the_next_migration_adds_its_table_and_nothing_else(walked):
    before, after = walked.tables

    assert after - before == {"evening_roll"}
    assert before <= after


async def test_the_tables_are_as_declared_with_it(walked):
    assert await differences(walked.dsn, catalogue_of(walked.settings)) == []


def test_its_records_are_taken_in_and_a_bad_one_waits(walked):
    report = walked.report

    assert report.accepted == len(walked.pupils)
    assert dict(report.quarantined) == {"code-unknown": 1}
    assert report.households > 0


def test_the_schema_has_its_type_with_class_owner_and_seal():
    with_it = printed(("schema.datasets", *DATASETS))

    assert "type EveningRoll " in with_it
    assert (
        'stage: String @classified(class: "S", owner: "evening-schools", sealed: true)' in with_it
    )
    assert "EveningRoll" not in printed()


async def test_whom_the_policy_grants_its_fields_is_answered(walked):
    body = await answer(walked, BUREAU)

    assert body["data"]["person"]["eveningRoll"] == {
        "school": "示范中学",
        "stage": "junior",
        "grade": 7,
        "status": "attending",
        "compulsory": None,
        "provider": "evening-schools",
    }
    assert [e["extensions"]["field"] for e in body["errors"]] == ["EveningRoll.compulsory"]


async def test_whom_it_grants_the_verdict_gets_the_verdict_alone(walked):
    body = await answer(walked, OFFICER)

    shown = body["data"]["person"]["eveningRoll"]
    assert shown.pop("compulsory") is True
    assert shown.pop("provider") == "evening-schools"
    assert set(shown.values()) == {None}


async def test_whom_it_grants_nothing_is_denied_its_records(walked):
    both = ASKED.replace("{ eveningRoll", "{ population { name } eveningRoll")

    body = await answer(walked, INSURER, both)

    assert body["data"]["person"]["population"]["name"] == walked.pupils[0]["name"]
    assert body["data"]["person"]["eveningRoll"] is None
    assert [e["extensions"]["reason"] for e in body["errors"]] == ["NOT_GRANTED"]
    with pytest.raises(NotGrantedError):
        await answer(walked, INSURER, ASKED)


def test_a_grant_that_splits_what_is_sealed_together_is_refused():
    split = policy_text().replace(
        '"EveningRoll.stage", "EveningRoll.status"]', '"EveningRoll.stage"]'
    )
    catalogue = Catalogue.discover(("schema.datasets", *DATASETS))

    with pytest.raises(PolicyError, match=r"EveningRoll\.stage is sealed together with"):
        load_policy(split, catalogue)


def test_the_scorer_may_use_it_only_once_it_is_granted():
    catalogue = Catalogue.discover(("schema.datasets", *DATASETS))

    packaged = (files("scoring.parameters") / "profile_2026_07.toml").read_text("utf-8")
    reading = packaged.replace("CarePlan.hasCarer", 'EveningRoll.stage", "EveningRoll.status')

    def profile(text):
        policy = load_policy(text, catalogue)
        return load_profile(reading, catalogue_check(catalogue, policy, TODAY))

    lacking = profile(default_policy_text())
    granted = profile(policy_text())

    read = {"EveningRoll.stage", "EveningRoll.status"}
    assert read <= set(lacking.not_granted)
    assert Input.HAS_CARER in lacking.unavailable
    assert not read & set(granted.not_granted)
    assert Input.HAS_CARER not in granted.unavailable


def test_no_source_of_the_hub_names_it():
    names = ("evening_roll", "EveningRoll", "tests.fourth")
    kinds = {".py", ".toml", ".graphql", ".yaml"}
    packages = ("hub", "schema", "connectors", "scoring", "audit", "openapi")
    sources = [p for each in packages for p in (ROOT / each).rglob("*") if p.suffix in kinds]
    naming = {p.name for p in sources if any(n in p.read_text("utf-8") for n in names)}

    # A profile says what a score could use, whether or not anybody supplies it.
    assert {name for name in naming if not name.startswith("profile_")} == set()
    assert len(sources) > 100
    assert "evening-schools" not in discover()
