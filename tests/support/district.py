"""A hub's parts on a database of its own, and a made-up district for it to read."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit.checkpoint import NoteSigner
from audit.log import Log
from audit.postgres import PostgresStorage
from connectors.department import discover
from hub.access.policy import default_policy_text, load_policy
from hub.demo.district import Places, build
from hub.demo.registry import DEPARTMENTS, SOURCES
from hub.demo.writing import Running
from hub.ingest.grants import catalogue_check
from hub.ingest.pipeline import Ingest
from hub.ingest.report import IngestReport
from hub.ingest.rescore import Rescorer
from hub.ingest.scope import ScopeReport, load_scope
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import KeyKind, Keyring
from hub.sealing.suites import Suite
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.facts import Facts
from schema.catalogue import Catalogue
from scoring.alerts import AlertParameters
from scoring.parameters.working_days import packaged_calendar
from scoring.profile import packaged_profile

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ORDER = DEPARTMENTS
OF_SM = frozenset({"civil-affairs", "public-security"})
"""Departments whose keys are of suite 2."""
_HUB_KINDS = (KeyKind.TAG, KeyKind.IDENTIFIER, KeyKind.SUBJECT, KeyKind.LOG, KeyKind.OUTBOUND)


def clock() -> datetime:
    """Return the day on which every district of the tests is read."""
    return NOW


@dataclass
class District:
    """A made-up district whose systems are running."""

    places: Places
    settings: dict[str, dict[str, str]]
    truth: list[dict[str, object]]

    def of(self, kind: str) -> list[dict[str, object]]:
        return [line for line in self.truth if line["kind"] == kind]


@contextmanager
def district(home: Path, households: int, seed: int = 7) -> Iterator[District]:
    """Build a district below `home` and run its departments' systems."""
    build(home, seed=seed, today=NOW.date(), households=households)
    places = Places(home)
    with ExitStack() as stack:
        settings = {
            source.department: dict(source.start(Running(places.folder(source), home, stack)))
            for source in SOURCES
        }
        lines = places.truth.read_text(encoding="utf-8").splitlines()
        yield District(places, settings, [json.loads(line) for line in lines])


def made_keyring(folder: Path) -> Keyring:
    """Return a keyring with every key that the tests need: two departments' are of suite 2.

    They are those with most to seal, and what the others seal is opened beside it. Tags are of it
    too, and the log's subject tags are not.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    keyring = Keyring.open_or_create(folder)
    for kind in _HUB_KINDS:
        keyring.ensure(kind, suite=Suite.SM if kind is KeyKind.TAG else Suite.AES)
    for department in ("civil-affairs", *ORDER):
        suite = Suite.SM if department in OF_SM else Suite.AES
        keyring.ensure(KeyKind.DEPARTMENT, department, suite=suite)
    return keyring


@dataclass
class HubParts:
    """The parts of a hub, as its composition root would join them."""

    dsn: str
    catalogue: Catalogue
    keyring: Keyring
    keys: DataKeys
    tagger: Tagger
    database: Database
    log: Log
    facts: Facts
    rescorer: Rescorer
    ingest: Ingest

    async def load_scope(self, district: District) -> ScopeReport:
        path = district.places.monitoring_list
        return await load_scope(self.database, self.log, self.tagger, path)

    async def read(
        self, district: District, department: str, *, then_score: bool = True
    ) -> IngestReport:
        found = discover()[department]
        connector = found.connect(district.settings[department])
        return await self.ingest.run(found, connector, then_score=then_score)

    async def read_all(self, district: District) -> dict[str, IngestReport]:
        return {name: await self.read(district, name) for name in ORDER}

    async def read_once(self, district: District) -> dict[str, IngestReport]:
        """Read everything as `hub ingest` does: scores come once, when all is read."""
        reports = {name: await self.read(district, name, then_score=False) for name in ORDER}
        await self.ingest.score_waiting()
        return reports


@asynccontextmanager
async def hub_on(dsn: str, keyring: Keyring, *, journal=None) -> AsyncIterator[HubParts]:
    """Give the parts of a hub on a migrated database; `journal` replaces its log."""
    catalogue, keys, tagger = Catalogue.discover(), DataKeys(keyring), Tagger(keyring)
    database, facts = Database(dsn), Facts(catalogue)
    policy = load_policy(default_policy_text(), catalogue)
    profile = packaged_profile(NOW.date(), catalogue_check(catalogue, policy, NOW.date()))
    parameters = AlertParameters(profile.document, packaged_calendar())
    async with Log(PostgresStorage(dsn), NoteSigner("hub.test/log", bytes(32)), clock) as log:
        used = journal or log
        rescorer = Rescorer(facts, keys, tagger, used, profile, parameters, clock)
        ingest = Ingest(database, used, facts, keys, tagger, rescorer, clock)
        try:
            yield HubParts(
                dsn, catalogue, keyring, keys, tagger, database, log, facts, rescorer, ingest
            )
        finally:
            await database.close()
