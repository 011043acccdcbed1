"""A whole answerer over a database, with every part real but the log, which is in memory."""

from dataclasses import dataclass

import orjson

from audit.indicator_rules import packaged_rules
from hub.access import Caller
from hub.casework.sharing.clocks import packaged_clock
from hub.casework.sharing.register import Agreements
from hub.query.access_entry import AccessEntryDetail
from hub.query.access_facets import AccessFacets
from hub.query.access_profile import AccessProfile
from hub.query.access_rules import AccessRules
from hub.query.access_timeline import AccessTimeline
from hub.query.accesslog import AccessLog
from hub.query.answer import Answer, Answerer, Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.fetch import Fetcher
from hub.query.indicators import Indicators
from hub.query.logbook import Logbook
from hub.query.model import RootKind
from hub.query.plan import Planner
from hub.query.plans import Plans
from hub.query.policies import Policies
from hub.query.quota import UNMETERED
from hub.query.replays import Replays
from hub.query.reveal import Revealer, openers_of
from hub.query.sql import Composer
from hub.query.usages import Usages
from hub.query.words import Words
from hub.sealing.datakeys import DataKeys
from hub.sealing.keyring import Keyring
from hub.sealing.seals import column_opener
from hub.sealing.tags import Tagger
from hub.store.database import Database
from hub.store.pipeline import Pipelines
from hub.store.wall import Wall
from schema.catalogue import Catalogue
from tests.fakes.audit_log import FakeLog
from tests.support.schemas import schema_of
from tests.support.world import NOW

OFFICER = Caller("civil-affairs", "officer", "CASE", "ca-officer", "u17", "case-1")
WARNER = Caller("civil-affairs", "officer", "WARN", "ca-officer", "u17")
ANALYST = Caller("civil-affairs", "analyst", "WARN", "ca-analyst")
INSURER = Caller("medical-insurance", "clerk", "PUSH", "mi-clerk")
AUDITOR = Caller("audit-office", "auditor", "AUDIT", "ao-auditor", "a1")


PORTAL = Caller("portal", "portal", "TRANSPARENCY", "portal-1")


class NamedCitizens:
    """Takes the citizen's number itself for an assertion."""

    async def number(self, assertion, caller):
        return assertion


_OF_ROLES = ("set role", "select session_user")


class CountingDatabase(Database):
    """Counts the statements that are run on its connections, but for what sets their role."""

    statements = 0

    async def _connect(self):
        connection = await super()._connect()
        connection.add_query_logger(self._count)
        return connection

    def _count(self, record) -> None:
        if not record.query.startswith(_OF_ROLES):
            self.statements += 1


@dataclass
class Asking:
    """Asks one answerer, and keeps what tests look at."""

    answerer: Answerer
    log: FakeLog
    database: CountingDatabase
    opened: list[tuple[str, str]]
    """(dataset, group) of every value that was opened."""

    async def body(self, document: str, caller: Caller = OFFICER, **variables) -> dict:
        return orjson.loads((await self.answer(document, caller, **variables)).body)

    async def answer(self, document: str, caller: Caller = OFFICER, **variables) -> Answer:
        request = Request(document, variables, None, caller, "r-1", NOW)
        return await self.answerer.answer(request)


def asking(
    dsn: str,
    keyring: Keyring,
    catalogue: Catalogue,
    *,
    log=None,
    max_cost=200_000,
    meter=UNMETERED,
    citizens=None,
    clock=lambda: NOW,
) -> Asking:
    """Return an answerer over the database at `dsn`."""
    schema = schema_of(catalogue)
    database, tagger = CountingDatabase(dsn), Tagger(keyring)
    opened: list[tuple[str, str]] = []

    def recording(owner, dataset, group):
        open_column = column_opener(owner, dataset, group)

        def open_and_tell(keys, *given):
            opened.extend([(dataset, group)] * len(keys))
            return open_column(keys, *given)

        return open_and_tell

    log = log or FakeLog()
    plans = Plans(
        Planner(catalogue, schema),
        Composer(catalogue),
        openers=lambda plan: openers_of(plan, recording),
    )
    policies = Policies(database, catalogue)
    book, words = Logbook(database, tagger), Words(catalogue)
    registers = {
        RootKind.ACCESS_LOG: AccessLog(book),
        RootKind.ACCESS_FACETS: AccessFacets(book, words),
        RootKind.ACCESS_ENTRY: AccessEntryDetail(book, words, lambda: getattr(log, "vkeys", ())),
        RootKind.ACCESS_TIMELINE: AccessTimeline(book, words),
        RootKind.ACCESS_PROFILE: AccessProfile(book, words),
        RootKind.ACCESS_RULES: AccessRules(database, policies, catalogue),
        RootKind.SHARING_AGREEMENTS: Agreements(database, catalogue, packaged_clock()),
        RootKind.USAGES: Usages(database, tagger, policies, catalogue, clock),
        RootKind.REPLAYS: Replays(database, lambda: NOW),
        RootKind.INDICATORS: Indicators(database, {r.id: r for r in packaged_rules()}),
    }
    answerer = Answerer(
        Documents(schema),
        plans,
        policies,
        Fetcher(Pipelines(database), Wall(database, catalogue)),
        Revealer(DataKeys(keyring)),
        Disclosures(log, tagger),
        registers,
        tagger,
        CaseCheck(database),
        max_cost,
        meter,
        citizens or NamedCitizens(),
    )
    return Asking(answerer, log, database, opened)
