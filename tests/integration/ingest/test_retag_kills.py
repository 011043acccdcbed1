"""The tag key's rotation, killed anywhere: nobody is unfound, and it is gone on with."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest

from hub.sealing.keyring import Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from tests.support.district import hub_on, made_keyring
from tests.support.ingest_desk import Desk
from tests.support.records import AT, enrolment, resident
from tests.support.world import number_of

pytestmark = [pytest.mark.database]
PEOPLE = 12
NUMBERS = [number_of(n, date(1970, 1, 1) + timedelta(days=n)) for n in range(1, PEOPLE + 1)]
WORK = """
import asyncio, sys
from pathlib import Path
import hub.ingest.retag as retag
from connectors.department import discover
from hub.clock import utc_now
from hub.custody.rotation import KeyInUseError
from hub.custody.tags import TagCustodian
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.tags import Tagger
from hub.store.database import Database
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
retag.BATCH = 5
async def at_once(seconds):
    pass
async def work():
    database, keyring = Database(sys.argv[1], size=2), Keyring.open(Path(sys.argv[2]))
    mappings = {n: m for d in discover().values() for n, m in d.mappings.items()}
    offices = sorted({d.department for d in Catalogue.discover().stored})
    custodian = TagCustodian(database, keyring, FakeLog(), utc_now, "op-1", at_once)
    parts = (database, DataKeys(keyring), Tagger(keyring), mappings, offices, utc_now)
    print("ready", flush=True)
    once = len(sys.argv) > 3
    while True:
        key, _ = await custodian.renew(None, anew=False)
        await retag.Retagger(*parts).move(lambda *_: None)
        if key.version > 1 and len(keyring.versions(KeyKind.TAG)) > 1:
            await custodian.retire(key.version - 1)
        if once:
            return
asyncio.run(work())
"""


async def peopled(store, keyring):
    async with hub_on(store, keyring) as hub:
        desk = Desk(hub)
        await desk.scope(homes=["H1"])
        await desk.give(*(resident(f"R{n}", number) for n, number in enumerate(NUMBERS)))
        later = AT + timedelta(days=1)
        await desk.give(resident("R0", NUMBERS[0], at=later, 联系电话="12900000002"))
        born = {"CSRQ": "1970-01-01"}
        await desk.give(*(enrolment(f"E{n}", number, **born) for n, number in enumerate(NUMBERS)))


async def found(store, folder):
    """Return whom each number leads to for a process that begins now; check the rest."""
    database, tagger = Database(store, size=2), Tagger(Keyring.open(folder))
    try:
        async with database.connection() as connection:
            who = []
            for number in NUMBERS:
                rows = await connection.fetch(
                    "select person_id from person_tag where tag = any($1)", tagger.people(number)
                )
                (row,) = rows
                who.append(row["person_id"])
            records = await connection.fetch("select key_tag, tag_version from source_record")
            for row in records:
                tag = tagger.under(row["tag_version"])
                known = {tag.record("population", f"R{n}") for n in range(PEOPLE)}
                known |= {tag.record("medical_enrolment", f"E{n}") for n in range(PEOPLE)}
                assert row["key_tag"] in known
            homes = await connection.fetch(
                "select number_tag, tag_version from household union all "
                "select tag, tag_version from scope where kind = 'household'"
            )
            for row in homes:
                assert row["number_tag"] == tagger.under(row["tag_version"]).household("H1")
            strange = await connection.fetchval(
                "select count(*) from identity i where not exists (select from link l "
                "join person_tag t using (cell, person_id) where l.identity_id = i.identity_id "
                "and t.tag = i.person_tag and t.key_version = i.tag_version)"
            )
            assert strange == 0
    finally:
        await database.close()
    return who, len(records), {row["tag_version"] for row in records}


def worked(store, folder, after_s):
    """Rotate, move and retire again and again in a process of its own; kill it after so long."""
    once = [] if after_s is not None else ["once"]
    command = [sys.executable, "-c", WORK, store, str(folder), *once]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        if after_s is None:
            assert process.wait(60) == 0
        else:
            time.sleep(after_s)
            assert process.poll() is None, "it ended by itself"
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


def campaign(store, folder, kills):
    """Kill it so many times at chance moments; return how often it was found half done."""
    chance, halves = random.Random(7), 0
    asyncio.run(peopled(store, made_keyring(folder)))
    first = asyncio.run(found(store, folder))
    for _ in range(kills):
        worked(store, folder, chance.random() * 0.5)
        who, records, versions = asyncio.run(found(store, folder))
        assert (who, records) == first[:2]
        halves += len(versions) > 1
    worked(store, folder, None)
    who, records, versions = asyncio.run(found(store, folder))
    assert (who, records, len(versions)) == (*first[:2], 1)
    return halves


@pytest.mark.timeout(240)
def test_killed_at_five_moments_nobody_is_unfound(store, tmp_path):
    campaign(store, tmp_path / "keys", 5)


@pytest.mark.prove
@pytest.mark.timeout(1_800)
def test_killed_at_fifty_moments_nobody_is_unfound(store, tmp_path):
    assert campaign(store, tmp_path / "keys", 50) > 5
