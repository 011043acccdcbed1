"""Findings over GraphQL: explained, confirmed, closed and opened again by an auditor, on record."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from hub.access import Caller, default_policy_text
from hub.casework.commands import Commands
from hub.casework.finding_errors import InvalidFindingStepError, OwnFindingError
from hub.casework.finding_rooms import finding_rooms
from hub.casework.indicator_desk import IndicatorDesk
from hub.errors import AuditUnavailableError, NotGrantedError
from hub.query.answer import Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies, publish_policy
from schema.catalogue import Catalogue
from tests.fakes.audit_log import Break
from tests.support.desk import alert_case
from tests.support.district import NOW
from tests.support.schemas import schema_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
AUDITOR = Caller("audit-office", "auditor", "AUDIT", "console", "auditor-3")
FINDING = "f" * 32
ADD = """insert into indicator (id, rule, severity, department, actor, client, started_at,
    ended_at, first_index, last_index, count, threshold, entries)
    values ($1, 'many-denials', 'low', $2, 'auditor-9', 'desk', $3, $3, 0, 2, 3, 3, '{0,1,2}')"""
EXPLAIN = """mutation ($in: FindingExplanationInput!) {
  explainFinding(input: $in) { id state verdict number } }"""
OTHERS = """mutation ($in: FindingJudgementInput!) {
  confirmFinding(input: $in) { state verdict }
  closeFinding(input: $in) { state verdict }
  reopenFinding(input: $in) { state verdict number } }"""


@pytest.fixture
async def give(store, keyring):
    """Gives commands as the hub does, about one finding."""
    catalogue = Catalogue.discover()
    schema = schema_of(catalogue)
    async with alert_case(store, keyring) as made:
        database = made.hub.database
        async with database.connection() as connection:
            await publish_policy(connection, default_policy_text(), catalogue, NOW)
            await connection.execute(
                ADD, FINDING, "audit-office", datetime(2026, 11, 1, tzinfo=UTC)
            )
        desk = IndicatorDesk(database, made.journal, lambda: NOW)
        commands = Commands(
            schema,
            Documents(schema),
            Policies(database, catalogue),
            Disclosures(made.journal, made.hub.tagger),
            made.journal,
            CaseCheck(database),
            finding_rooms(desk),
        )

        async def given(document, caller=AUDITOR, **said):
            variables = {"in": {"id": FINDING, "words": "seen", **said}}
            request = Request(document, variables, None, caller, "r-1", NOW)
            return orjson.loads((await commands.answer(request)).body)["data"]

        given.journal = made.journal
        yield given


async def test_an_auditor_takes_every_step_of_a_life_and_each_is_on_record(give):
    explained = await give(EXPLAIN, words="a course was held", wordsOf="head-2")
    others = await give(OTHERS)

    assert explained["explainFinding"] == {
        "id": FINDING, "state": "explained", "verdict": "harmless", "number": 1,
    }  # fmt: skip
    assert others == {
        "confirmFinding": {"state": "confirmed", "verdict": "misuse"},
        "closeFinding": {"state": "closed", "verdict": "misuse"},
        "reopenFinding": {"state": "open", "verdict": None, "number": 4},
    }
    records = [orjson.loads(entry.record) for entry in give.journal.entries]
    steps = [r["step"] for r in records if "indicator" in r]
    assert steps == ["EXPLAIN", "CONFIRM", "CLOSE", "REOPEN"]


async def test_nobody_judges_himself_nor_without_saying_who(give):
    with pytest.raises(OwnFindingError):
        await give(EXPLAIN, replace(AUDITOR, actor="auditor-9"))
    with pytest.raises(InvalidFindingStepError):
        await give(EXPLAIN, replace(AUDITOR, actor=None))


async def test_only_an_auditor_does_and_not_while_the_log_takes_nothing(give):
    with pytest.raises(NotGrantedError):
        await give(EXPLAIN, Caller("civil-affairs", "street-handler", "WARN", "c-1", "clerk-1"))
    give.journal.breaks = Break.BEFORE
    with pytest.raises(AuditUnavailableError):
        await give(EXPLAIN)
    give.journal.breaks = None
    assert (await give(EXPLAIN))["explainFinding"]["number"] == 1
