"""One record of sharing that does not hold together: told as such, and in nobody's way."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from typer.testing import CliRunner

from hub.access import default_policy_text
from hub.casework.sharing.request import rebased
from hub.commands.agreements import app
from hub.query.policies import publish_policy
from hub.sealing.keyring import KeyKind, Keyring
from schema.catalogue import Catalogue
from tests.support.postgres import fresh_database
from tests.support.sharing import NAME, REQUEST, publish_packaged, sharing_edge
from tests.support.world import NOW

pytestmark = pytest.mark.database
PACKAGED, OTHER = "PS-MI-2026-01", "PS-ED-2026-10"


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
def hub(own, catalogue, keyring, tmp_path):
    with sharing_edge(tmp_path, own, catalogue, keyring) as made:
        yield made


def take_the_name(dsn, catalogue):
    """Put a policy of the operator's in force that has the name of a request."""

    async def work():
        connection = await asyncpg.connect(dsn)
        document = await connection.fetchval("select document from policy_revision")
        text = default_policy_text().replace("PS-ED-2026-01", NAME)
        await publish_policy(connection, rebased(text, document), catalogue, NOW)
        await connection.close()

    asyncio.run(work())


def begun(hub, own, catalogue):
    """Let a request come into force, another wait, and the first one's name be taken."""
    hub.give("ed-officer", "requestSharing", **REQUEST)
    hub.give("ps-head", "approveSharing", step=1)
    hub.give("ps-deputy", "confirmSharing", step=2)
    asked = REQUEST | {"agreement": OTHER, "fields": ["Population.ethnicGroup"]}
    assert hub.give("ed-second", "requestSharing", **asked)["state"] == "filed"
    take_the_name(own, catalogue)


def test_a_name_that_was_taken_is_marked_and_all_others_are_listed(hub, own, catalogue):
    begun(hub, own, catalogue)
    told = hub.board("ed-officer", first=200)

    assert "another name" in told[NAME]["problem"]
    assert (told[NAME]["state"], told[NAME]["step"]) == ("in force", 3)
    assert [name for name, node in told.items() if node["problem"] is not None] == [NAME]
    assert told[OTHER]["state"] == "filed"
    assert len(told) > 20


def test_others_are_stopped_and_decided_meanwhile_and_so_is_the_marked_one(hub, own, catalogue):
    begun(hub, own, catalogue)
    stopped = hub.give("ps-head", "suspendSharing", agreement=PACKAGED, step=0, why="an incident")
    approved = hub.give("ps-head", "approveSharing", agreement=OTHER, step=1)
    wider = hub.give("ps-head", "openDispute", step=3, why="it is taken")
    marked = hub.give("ps-head", "suspendSharing", step=3, why="it is taken")
    resumed = hub.give("ps-head", "resumeSharing", step=4)

    assert (stopped["state"], approved["state"], wider) == ("suspended", "approved", "SHARING_STEP")
    assert (marked["state"], resumed) == ("suspended", "SHARING_STEP")
    told = hub.board("da-head", first=200)
    assert (told[PACKAGED]["state"], told[NAME]["state"]) == ("suspended", "suspended")


def test_the_command_line_lists_them_all_and_says_which_one_is_wrong(
    hub, own, catalogue, tmp_path, monkeypatch
):
    begun(hub, own, catalogue)
    home = tmp_path / "home"
    keys = Keyring.open_or_create(home / "keys")
    for kind in KeyKind:
        if kind is not KeyKind.DEPARTMENT:
            keys.ensure(kind)
    monkeypatch.setenv("HUB_DATABASE_URL", own)
    monkeypatch.setenv("HUB_HOME", str(home))
    listed = CliRunner().invoke(app, ["list"])
    shown = CliRunner().invoke(app, ["show", NAME])

    assert (listed.exit_code, shown.exit_code) == (0, 0), listed.output
    lines = listed.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if "PROBLEM" in line] == [NAME]
    assert len(lines) > 20
    assert shown.stdout.count(" by ") == 3
