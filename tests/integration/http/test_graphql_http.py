"""graphql-http's audits of GraphQL over HTTP, all of them, against the whole edge on loopback."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hub.sealing.keyring import Keyring
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.asking import asking
from tests.support.edge import SetClock
from tests.support.served import Whole, serving
from tests.support.world import NOW, made_world

pytestmark = [pytest.mark.database, pytest.mark.extra, pytest.mark.timeout(300)]
FOLDER = Path(__file__).parent / "graphql_http"


def installed():
    """Return whether the audits are there, fetched by npm if they are not yet."""
    if (FOLDER / "node_modules" / "graphql-http").is_dir():
        return True
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=FOLDER,
        capture_output=True,
        timeout=180,
        check=False,
    )
    return done.returncode == 0


@pytest.fixture(scope="module")
def node():
    """The Node that runs the audits; without it, or without the package, they skip and say so."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("no Node on this machine (apt-get install nodejs npm)")
    if not installed():
        pytest.skip("npm cannot fetch graphql-http")
    return found


@pytest.fixture
def whole(hub_database, tmp_path):
    """The edge over a small made-up district."""
    keyring, catalogue = Keyring.open_or_create(tmp_path / "sealing"), Catalogue.discover()
    asyncio.run(made_world(catalogue).write(hub_database, keyring))
    made = asking(hub_database, keyring, catalogue, log=FakeLog())
    return Whole(tmp_path, made.answerer, clock=SetClock(NOW)), made.database


async def audited(node, whole, database):
    async with serving(whole) as address:
        process = await asyncio.create_subprocess_exec(
            node, "audits.mjs", f"{address}/graphql", whole.token,
            cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        told, problems = await process.communicate()
    await database.close()
    assert process.returncode == 0, problems.decode()
    return json.loads(told)


def test_every_audit_of_graphql_over_http_is_passed(node, whole):
    outcomes = asyncio.run(audited(node, *whole))

    assert [each for each in outcomes if each["status"] != "ok"] == []
    assert len(outcomes) == 61
