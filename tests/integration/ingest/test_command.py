"""`hub ingest` tells of each department that it cannot read, and reads the others all the same."""

import json
import re
from urllib.parse import urlsplit

import pytest
from typer.testing import CliRunner

from hub.cli import application
from hub.sealing.files import write_private
from tests.support.district import ORDER

pytestmark = pytest.mark.database


class Desk:
    """An operator at a hub that was set up, and the file that says where departments are."""

    def __init__(self, home, town):
        self.home = home
        self.sources = {name: dict(where) for name, where in town.settings.items()}

    def hub(self, *arguments):
        return CliRunner().invoke(application(), [*arguments, "--home", str(self.home)])

    def ingest(self, *arguments):
        tables = (
            f"[{name}]\n"
            + "".join(f"{key} = {json.dumps(value)}\n" for key, value in where.items())
            for name, where in self.sources.items()
        )
        write_private(self.home / "departments.toml", "\n".join(tables).encode())
        return self.hub("ingest", *arguments)


@pytest.fixture
def desk(tmp_path, database, town, monkeypatch):
    monkeypatch.setenv("HUB_DATABASE_URL", database)
    made = Desk(tmp_path, town)
    assert made.hub("migrate").exit_code == 0
    assert made.hub("scope", str(town.places.monitoring_list)).exit_code == 0
    return made


def departments_read(result):
    return re.findall(r"^([a-z-]+): [0-9,]+ read", result.stdout, re.MULTILINE)


def test_everything_is_read_and_scored_once_at_the_end(desk):
    result = desk.ingest()

    assert result.exit_code == 0
    assert departments_read(result)[0] == "public-security"
    assert sorted(departments_read(result)) == sorted(ORDER)
    assert result.stdout.count("households scored") == 1


@pytest.mark.parametrize("away", ORDER)
def test_a_department_that_cannot_be_read_is_told_with_place_and_reason(desk, away, tmp_path):
    witness = "transport" if away == "agriculture" else "agriculture"
    desk.sources[away] |= gone(desk.sources[away], tmp_path)

    result = desk.ingest(away, witness)

    place = place_of(desk.sources[away])
    assert result.exit_code == 1
    assert re.search(f"hub: {away}: {place}.*: .", result.stderr)
    assert departments_read(result) == [witness]


def gone(settings, tmp_path):
    """The same source where nothing answers: a closed port, or a folder that is not there."""
    url = settings.get("url", "")
    if url.startswith("http"):
        return {"url": f"http://127.0.0.1:9{urlsplit(url).path}"}
    if url.startswith("sqlite"):
        return {"url": f"sqlite:///{tmp_path}/none/source.db"}
    if url:
        return {"url": "postgresql+asyncpg://hub@127.0.0.1:9/none"}
    return {"folder": str(tmp_path / "none")}


def place_of(settings):
    """What a source's place is called: a path or a question, a table's name, the drop folder."""
    url = settings.get("url", "")
    if url.startswith("http"):
        return "(/|positions|batch)"
    return "[A-Za-z_]{4}" if url else "drop folder"


def test_a_department_that_is_not_set_up_is_told_before_anything_is_read(desk):
    del desk.sources["medical-insurance"]

    result = desk.ingest("public-security", "medical-insurance")

    assert result.exit_code == 2
    assert "departments.toml has no [medical-insurance]" in result.stderr
    assert departments_read(result) == []
