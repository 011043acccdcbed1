"""Apollo's own composition joins the hub's description with another graph's, and finds no fault."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import graphql_sync

from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema

FOLDER = Path(__file__).parent / "composition"
FETCHING_S = 240


@pytest.fixture(scope="module")
def node():
    """Node's program, with Apollo's composition fetched once, pinned by hash."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("Node is not here")
    if not (FOLDER / "node_modules" / "@apollo" / "composition").is_dir():
        flags = ("--no-audit", "--no-fund", "--ignore-scripts")
        try:
            subprocess.run(
                [npm, "ci", *flags], cwd=FOLDER, check=True, capture_output=True, timeout=FETCHING_S
            )
        except (subprocess.SubprocessError, OSError) as problem:
            pytest.skip(f"Apollo's composition cannot be fetched: {type(problem).__name__}")
    return program


@pytest.mark.extra
@pytest.mark.timeout(300)
def test_the_hub_composes_with_a_graph_that_knows_people_and_families_by_id(node, tmp_path):
    schema = core_schema(build_schema(Catalogue.discover()))
    described = graphql_sync(schema, "{ _service { sdl } }").data["_service"]["sdl"]
    hub = tmp_path / "hub.graphql"
    hub.write_text(described, encoding="utf-8")

    composed = subprocess.run(
        [node, "compose.mjs", str(hub), "appointments.graphql"],
        cwd=FOLDER,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert composed.stderr == ""
    for name in ("Person", "Household"):
        (head,) = re.findall(
            rf"^type {name} implements Node.*?^\{{", composed.stdout, re.MULTILINE | re.DOTALL
        )
        assert 'graph: HUB, key: "id"' in head
        assert 'graph: APPOINTMENTS, key: "id"' in head
    assert "_entities" not in composed.stdout
