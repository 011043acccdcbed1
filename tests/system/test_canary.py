"""`hub doctor --canary`: a clean home is clean, and a copy in clear is found, wherever it lies."""

import asyncio
import base64
import json

import asyncpg
import pytest

from hub.app import opened
from hub.commands.canary import SearchPlaces, searched
from hub.custody import canary
from hub.custody.canary import Canary
from hub.settings import load_settings
from hub.store.embedded import EmbeddedServer
from hub.store.sealed_places import sealed_tables
from tests.support.installation import hub_command

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
FOREIGN = ("district", "banks", "receivers")
"""Systems of departments, banks and receivers hold people in clear; they are not the hub's."""


def doctor(home, *more):
    left_out = [word for name in FOREIGN for word in ("--leave-out", home / name)]
    return hub_command("doctor", "--canary", "--home", home, *left_out, *more)


def numbers_in(line):
    words = line.replace(":", " ").split()
    return [int(word.replace(",", "")) for word in words if word[0].isdigit()]


async def sampled(home):
    """Return values that the search may know, of each label."""
    async with opened(load_settings(home=home)) as core:
        canary = Canary(core.database, core.catalogue, core.data_keys, core.log)
        found = {}
        for value in await canary.sample(sealed_tables(core.catalogue)):
            found.setdefault(value.label, []).append(value.text)
        return found


async def found_in(home, places, **settings):
    """Search with every row known; return the findings."""
    async with opened(load_settings(home=home, **settings)) as core:
        return await searched(core, places)


async def run(home, statement, *given):
    with EmbeddedServer.attach_sync(home) as server:
        connection = await asyncpg.connect(server.dsn())
        try:
            await connection.execute(statement, *given)
        finally:
            await connection.close()


def test_a_clean_home_is_clean_and_each_copy_in_clear_is_found_and_named(
    demo_home, tmp_path, monkeypatch
):
    home = demo_home
    clean = doctor(home)

    assert clean.returncode == 0, clean.stdout
    (line,) = [line for line in clean.stdout.splitlines() if "nothing in clear" in line]
    assert line.startswith("ok")
    values, tables, files, _ = numbers_in(line)
    assert (values > 300, tables > 40, files > 500) == (True, True, True), line

    monkeypatch.setattr(canary, "ROWS", 100_000)
    monkeypatch.setattr(canary, "MOST", 10_000_000)
    known = asyncio.run(sampled(home))
    people, bills = (
        known["population of public-security"],
        known["medical_settlement of medical-insurance"],
    )
    texts = [people[0], people[1], people[2], people[3], bills[0]]
    spool, log = home / "spool.tmp", tmp_path / "hub.log"
    spool.write_bytes(b"\0" * 50 + texts[0].encode("utf-16-le"))
    log.write_text(json.dumps({"event": "request", "said": texts[4]}) + "\n", "utf-8")
    core_file = home / "core.4711"
    core_file.write_bytes(base64.b64encode(b"x" + texts[3].encode() + b"y"))
    asyncio.run(
        run(
            home,
            "insert into quarantine (quarantine_id, department, dataset, key_tag, content_tag, "
            "location, reasons, arrived_at, resolved_at, tag_version) values "
            "(gen_random_uuid(), 'control', "
            "'control', '', $3, $1, jsonb_build_array($2::text), now(), now(), "
            "(select max(tag_version) from source_record))",
            texts[1],
            texts[2],
            texts[3].encode(),
        )
    )
    places = SearchPlaces(also=(log,), leave_out=tuple(home / name for name in FOREIGN))
    try:
        with EmbeddedServer.attach_sync(home) as server:
            own = asyncio.run(found_in(home, places))
            foreign = asyncio.run(found_in(home, places, database_url=server.dsn()))
    finally:
        asyncio.run(run(home, "delete from quarantine where department = 'control'"))
        spool.unlink()
        core_file.unlink()

    said = [f"{finding.mark} {finding.found}" for finding in own]
    assert all(line.startswith("BAD") for line in said)
    for place, label in (
        ("table quarantine holds", "population of public-security"),
        ("write-ahead log", "population of public-security"),
        (str(spool), "population of public-security"),
        (str(core_file), "population of public-security"),
        (str(log), "medical_settlement of medical-insurance"),
    ):
        assert any(place in line and label in line for line in said), place
    planted = ("quarantine", "write-ahead log", "database file", *map(str, (spool, core_file, log)))
    assert all(any(place in line for place in planted) for line in said), said
    everything = repr(own) + repr(foreign)
    assert not any(text in everything for text in texts)
    assert any("table quarantine holds" in finding.found for finding in foreign)
    assert any(f.mark == "note" and "out of sight" in f.found for f in foreign)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("690106199001010014", True),
        ("12900999999", True),
        ("示例人", True),
        ("S1234567-9", True),
        ("2026-11-27", False),
        ("20261127", False),
        ("2026-09-20 09:02:03", False),
        ("420106001001", False),
        ("420106", False),
        ("123456.78", False),
        ("李某", False),
        ("390", False),
    ],
)
def test_days_regions_amounts_and_codes_are_no_values_to_search_for(text, is_one):
    assert canary.is_telling(text) is is_one
