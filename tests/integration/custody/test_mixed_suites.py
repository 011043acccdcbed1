"""Departments of two suites in one database: one question, one answer, one export."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace

import asyncpg
import orjson
import pytest
from typer.testing import CliRunner

from hub.access import Caller
from hub.app import catalogue_of, prepare
from hub.cli import application
from hub.custody.rotation import Custodian
from hub.errors import SealBrokenError, SetupError
from hub.query.answer import Request
from hub.query.export import Exporter
from hub.sealing.files import write_private
from hub.sealing.keyring import HUB, KeyKind, Keyring
from hub.sealing.suites import Suite
from hub.settings import Settings
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.integration.query.test_golden import CASES, filled
from tests.support.asking import OFFICER, WARNER, asking
from tests.support.postgres import fresh_database
from tests.support.world import NOW, TODAY, made_world

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POLICE, INSURER = "public-security", "medical-insurance"
OF_SM = ("civil-affairs", POLICE, "banks")
EXPORTED = """{ households { edges { node { id score { total reasons { points } }
  members { relation person { population { name birthYear } } } } } } }"""
SETTLED = """query ($n: [String!]!) { people(nationalIds: $n) { person { population { name }
  medicalSettlements { selfPaidBand totalCents } } } }"""
NAMED = """query ($n: String!) { person(nationalId: $n) { population { name } } }"""


@pytest.fixture(scope="module")
def homes(postgres_server, migrated, tmp_path_factory):
    """One district twice: all of it in suite 1, and three departments and the tags in suite 2."""
    catalogue, world, made = Catalogue.discover(), made_world(Catalogue.discover()), []
    with (
        fresh_database(postgres_server, migrated) as plain,
        fresh_database(postgres_server, migrated) as mixed,
    ):
        for dsn, departments in ((plain, ()), (mixed, OF_SM)):
            keyring = Keyring.open_or_create(tmp_path_factory.mktemp("keys"))
            for department in departments:
                keyring.ensure(KeyKind.DEPARTMENT, department, suite=Suite.SM)
            keyring.ensure(KeyKind.TAG, HUB, suite=Suite.SM if departments else Suite.AES)
            asyncio.run(world.write(dsn, keyring))
            made.append((dsn, keyring))
        yield catalogue, world, *made


@asynccontextmanager
async def asked(home, catalogue):
    ask = asking(*home, catalogue)
    try:
        yield ask
    finally:
        await ask.database.close()


async def sealed_suites(dsn, table, column):
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            f"select distinct get_byte({column}, 1) as b from {table}"  # noqa: S608 - from tests
        )
    finally:
        await connection.close()
    return {row["b"] for row in rows}


async def test_values_of_both_suites_lie_in_one_database(homes):
    _, _, (plain, _), (mixed, _) = homes

    assert await sealed_suites(plain, "population", "sealed_who") == {1}
    assert await sealed_suites(mixed, "population", "sealed_who") == {2}
    assert await sealed_suites(mixed, "score", "sealed_reasons") == {2}
    assert await sealed_suites(mixed, "disability_certificate", "sealed_disability") == {1}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_every_golden_question_has_the_same_answer_in_both(homes, case):
    catalogue, world, plain, mixed = homes
    given = json.loads((case / "request.json").read_text("utf-8"))
    caller = replace(Caller("", "", "", "client"), **given["caller"])
    document = (case / "query.graphql").read_text("utf-8")
    request = Request(document, filled(given["variables"], world), None, caller, "r-1", NOW)
    answers = []
    for home in (plain, mixed):
        async with asked(home, catalogue) as ask:
            answers.append(orjson.loads((await ask.answerer.answer(request)).body))

    assert answers[0] == answers[1]
    assert answers[0]["data"]


async def test_an_export_has_the_same_lines_in_both(homes):
    catalogue, _, plain, mixed = homes
    exports = []
    for home in (plain, mixed):
        async with asked(home, catalogue) as ask:
            answerer = ask.answerer
            exporter = Exporter(answerer.documents, answerer, answerer.disclosures, answerer.meter)
            export = await exporter.begin(Request(EXPORTED, {}, None, WARNER, "r-9", NOW))
            lines = []
            while not export.is_done:
                lines += map(orjson.loads, (await export.step(WARNER, NOW)).splitlines())
            exports.append([line["node"] for line in lines if "cursor" in line])

    assert exports[0] == exports[1]
    assert any(node["score"] for node in exports[0])


@pytest.fixture
def own(postgres_server, homes):
    """Return a copy of the mixed home's database, and its keys."""
    name = homes[3][0].partition("@/")[2].partition("?")[0]
    with fresh_database(postgres_server, template=name) as dsn:
        yield dsn, homes[3][1]


CHANGES = {
    "flipped": "set_bit(sealed_who, 8 * (length(sealed_who) - 1), "
    "1 - get_bit(sealed_who, 8 * (length(sealed_who) - 1)))",
    "flipped nonce": "set_bit(sealed_who, 20, 1 - get_bit(sealed_who, 20))",
    "truncated": "substring(sealed_who for length(sealed_who) - 1)",
    "only its head": "substring(sealed_who for 2)",
    "empty": "''::bytea",
    "relabelled": "set_byte(sealed_who, 1, 1)",
    "unknown suite": "set_byte(sealed_who, 1, 3)",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_a_value_that_was_changed_in_the_database_is_a_broken_seal(homes, own, change):
    catalogue, world, *_ = homes
    async with asked(own, catalogue) as ask:
        before = await ask.body(NAMED, OFFICER, n=world.numbers[0])
        assert before["data"]["person"]["population"]["name"]
        connection = await asyncpg.connect(own[0])
        try:
            await connection.execute(
                f"update population set sealed_who = {change}"  # noqa: S608 - from above
            )
        finally:
            await connection.close()

        with pytest.raises(SealBrokenError):
            await ask.body(NAMED, OFFICER, n=world.numbers[0])


async def test_a_value_of_the_home_in_the_other_suite_is_a_broken_seal(homes, own):
    """The same person, field and version; the value is that of the twin home."""
    catalogue, world, (plain, _), _ = homes
    there, here = await asyncpg.connect(plain), await asyncpg.connect(own[0])
    try:
        rows = await there.fetch("select version_id, sealed_who from population")
        await here.executemany("update population set sealed_who = $2 where version_id = $1", rows)
    finally:
        await there.close()
        await here.close()

    async with asked(own, catalogue) as ask:
        with pytest.raises(SealBrokenError, match="of another suite than its data key"):
            await ask.body(NAMED, OFFICER, n=world.numbers[0])


async def test_what_was_sealed_before_a_department_changed_its_suite_is_answered_as_before(
    homes, own, tmp_path
):
    catalogue, world, _, (_, keyring) = homes
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / file, (keyring._folder / file).read_bytes())
    async with asked((own[0], Keyring.open(tmp_path)), catalogue) as ask:
        before = await ask.body(SETTLED, OFFICER, n=world.numbers)
        custodian = Custodian(ask.database, Keyring.open(tmp_path), FakeLog(), "op-1")
        done = await custodian.rotate(INSURER, TODAY, nothing, anew=False, suite=Suite.SM)
        after = await ask.body(SETTLED, OFFICER, n=world.numbers)

    assert done.other > 0
    assert after["data"] == before["data"]
    people = [found["person"] for found in before["data"]["people"]]
    assert any(person and person["medicalSettlements"] for person in people)


@pytest.fixture
def installed(postgres_server, tmp_path):
    """Return the settings of a hub that was prepared with suite 2 for all but one department."""
    with fresh_database(postgres_server) as dsn:
        text = (
            f'database_url = "{dsn}"\nsealing_suite = "sm"\n\n[sealing_suites]\n{POLICE} = "aes"\n'
        )
        (tmp_path / "hub.toml").write_text(text, encoding="utf-8")
        settings = Settings(
            home=tmp_path, database_url=dsn, sealing_suite="sm", sealing_suites={POLICE: "aes"}
        )
        asyncio.run(prepare(settings, catalogue_of(settings)))
        yield settings


def nothing(done, total):
    """Hear how far it is."""


def hub_keys(settings, *words):
    return CliRunner().invoke(application("keys"), ["keys", *words, "--home", str(settings.home)])


def test_the_settings_say_in_which_suite_keys_are_first_made(installed):
    ring = Keyring.open(installed.key_folder)

    assert ring.primary(KeyKind.DEPARTMENT, POLICE).suite is Suite.AES
    assert ring.primary(KeyKind.DEPARTMENT, "civil-affairs").suite is Suite.SM
    assert {ring.primary(kind).suite for kind in (KeyKind.TAG, KeyKind.SUBJECT)} == {Suite.SM}
    assert {ring.primary(kind).suite for kind in (KeyKind.LOG, KeyKind.TOKEN)} == {Suite.AES}


def test_a_department_of_which_nothing_is_kept_has_no_suite(installed):
    settings = installed.model_copy(update={"sealing_suites": {"publik-security": "sm"}})

    with pytest.raises(SetupError, match=r"names publik-security, .*public-security"):
        asyncio.run(prepare(settings, catalogue_of(settings)))


def test_the_command_changes_a_departments_suite_and_tells_it(installed):
    done = hub_keys(installed, "rotate", "department", "--department", POLICE, "--suite", "sm",
                    "--by", "op-1")  # fmt: skip
    told = hub_keys(installed, "status")
    unknown = hub_keys(installed, "rotate", "department", "--suite", "des", "--by", "op-1")
    other = hub_keys(installed, "rotate", "token-signing", "--suite", "sm", "--by", "op-1")

    assert (done.exit_code, told.exit_code) == (0, 0), done.output
    assert f"{POLICE} has a new key, version 2 (sm)" in done.output
    assert f"department  {POLICE}  v1  decrypt-only, aes" in told.output
    assert f"department  {POLICE}  v2  primary, sm" in told.output
    assert (unknown.exit_code, other.exit_code) == (2, 2)
    assert "there is no suite des; it is aes or sm" in unknown.output
    assert "--suite is for a department's key or that of tags" in other.output


def test_the_command_seals_anew_what_was_of_the_former_suite(homes, own, tmp_path):
    catalogue, world, _, (_, keyring) = homes
    (tmp_path / "keys").mkdir(mode=0o700)
    for file in ("root.key", "keyring.json"):
        write_private(tmp_path / "keys" / file, (keyring._folder / file).read_bytes())
    (tmp_path / "hub.toml").write_text(f'database_url = "{own[0]}"\n', encoding="utf-8")
    settings = Settings(home=tmp_path, database_url=own[0])
    asyncio.run(prepare(settings, catalogue))

    def settled():
        async def ask():
            async with asked((own[0], Keyring.open(tmp_path / "keys")), catalogue) as asking_:
                return (await asking_.body(SETTLED, OFFICER, n=world.numbers))["data"]

        return asyncio.run(ask())

    def suites():
        return asyncio.run(sealed_suites(own[0], "medical_settlement", "sealed_money"))

    before, were = settled(), suites()
    done = hub_keys(settings, "rotate", "department", "--department", INSURER, "--suite", "sm",
                    "--by", "op-1")  # fmt: skip
    told = hub_keys(settings, "status")
    retired = hub_keys(settings, "retire", "--department", INSURER, "--version", "1",
                       "--by", "op-1")  # fmt: skip

    assert (done.exit_code, told.exit_code, retired.exit_code) == (0, 0, 0), done.output
    assert (were, suites()) == ({1}, {2})
    assert settled() == before
    assert "of another suite; they are made anew now" in done.output
    assert f"department  {INSURER}  v1  decrypt-only, aes, age unknown, 0 data keys" in told.output
    assert "of a former suite" not in told.output
