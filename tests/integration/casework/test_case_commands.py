"""Cases over GraphQL: opened, given away and closed by who works on them; alerts become part."""

from dataclasses import replace

import orjson
import pytest

from hub.access import Caller, default_policy_text
from hub.casework.alert_rooms import alert_rooms
from hub.casework.case_errors import InvalidCaseError
from hub.casework.case_rooms import case_rooms
from hub.casework.commands import Commands
from hub.errors import AuditUnavailableError, CaseRefusedError, NotGrantedError
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
from tests.support.world import TODAY

pytestmark = [pytest.mark.anyio, pytest.mark.database]
CLERK = Caller("civil-affairs", "street-handler", "CASE", "client-1", "clerk-1")
OPEN = """mutation ($in: CaseOpeningInput!) {
  openCase(input: $in) { number purposes officers roles openedOn closedOn subjects } }"""
ASSIGN = """mutation ($in: CaseAssignmentInput!) {
  assignCase(input: $in) { officers roles subjects } }"""
CLOSE = "mutation ($in: CaseClosingInput!) { closeCase(input: $in) { number closedOn } }"
THEN = """mutation ($c: CaseClosingInput!, $a: AssignmentInput!) {
  closeCase(input: $c) { closedOn }
  assignAlert(input: $a) { step } }"""
VISIT = "mutation ($in: AssignmentInput!) { assignAlert(input: $in) { step } }"


@pytest.fixture
async def give(store, keyring):
    """Gives commands as the hub does: a desk of alerts and one of cases, one alert."""
    catalogue = Catalogue.discover()
    schema = schema_of(catalogue)
    async with alert_case(store, keyring) as made:
        async with made.hub.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), catalogue, NOW)
        commands = Commands(
            schema,
            Documents(schema),
            Policies(made.hub.database, catalogue),
            Disclosures(made.journal, made.hub.tagger),
            made.journal,
            CaseCheck(made.hub.database),
            {**alert_rooms(made.desk), **case_rooms(made.desk.cases)},
        )

        async def given(document, caller=CLERK, **variables):
            request = Request(document, variables, None, caller, "r-1", NOW)
            return orjson.loads((await commands.answer(request)).body)["data"]

        given.case = made
        yield given


def of(case, actor="clerk-1", **other):
    return replace(CLERK, case=case, actor=actor, **other)


async def test_who_works_on_cases_opens_gives_away_and_closes_them_over_graphql(give):
    home = str(give.case.household)
    stated = {"number": "G-1", "householdIds": [home]}
    opened = (await give(OPEN, of("G-1"), **{"in": stated}))["openCase"]
    again = (await give(OPEN, of("G-1"), **{"in": stated}))["openCase"]
    assigned = {"number": "G-1", "officers": ["clerk-2"]}
    given = (await give(ASSIGN, of("G-1"), **{"in": assigned}))["assignCase"]
    closed = (await give(CLOSE, of("G-1", "clerk-2"), **{"in": {"number": "G-1"}}))["closeCase"]

    assert opened == again == {
        "number": "G-1", "purposes": ["CASE"], "officers": ["clerk-1"], "roles": [],
        "openedOn": TODAY.isoformat(), "closedOn": None, "subjects": 1,
    }  # fmt: skip
    assert given == {"officers": ["clerk-2"], "roles": [], "subjects": 1}
    assert closed == {"number": "G-1", "closedOn": TODAY.isoformat()}
    told = [give.case.journal.record(n) for n in range(len(give.case.journal.entries))]
    done = [r for r in told if str(r.get("command", "")).startswith("case-")]
    assert [r["outcome"] for r in done] == ["announced", "repeated", "announced", "announced"]
    assert {r["case"] for r in done} == {"G-1"}


@pytest.mark.parametrize(
    ("caller", "error", "reason"),
    [
        (of("G-2"), InvalidCaseError, None),
        (of("G-1", "clerk-9"), CaseRefusedError, "CASE_NOT_IN_CASELOAD"),
        (of("G-1", role="street-handler", purpose="VERIFY"), CaseRefusedError,
         "CASE_OTHER_PURPOSE"),
        (of(None), NotGrantedError, None),
        (of("G-1", purpose="WARN"), NotGrantedError, None),
    ],
)  # fmt: skip
async def test_a_case_is_given_away_by_who_works_on_it_alone(give, caller, error, reason):
    await give(OPEN, of("G-1"), **{"in": {"number": "G-1"}})

    with pytest.raises(error) as refused:
        await give(ASSIGN, caller, **{"in": {"number": "G-1", "officers": ["clerk-9"]}})

    assert getattr(refused.value, "reason", None) == reason
    assert give.case.journal.record()["outcome"] == "refused"


async def test_other_commands_are_carried_out_in_an_open_case_alone(give):
    alert = {"alertId": str(give.case.alert), "step": 0, "assignee": "clerk-7"}
    with pytest.raises(CaseRefusedError):
        await give(VISIT, of("G-1"), **{"in": alert})
    assert give.case.journal.record()["reason"] == "CASE_UNKNOWN"
    await give(OPEN, of("G-1"), **{"in": {"number": "G-1"}})

    told = await give(THEN, of("G-1"), c={"number": "G-1"}, a=alert)

    assert told["closeCase"] is not None
    assert told["assignAlert"] is None
    assert (await give.case.now())[0] == "screened"


async def test_an_alert_that_is_assigned_is_of_the_case_and_of_its_visitors_caseload(give):
    await give(OPEN, of("G-1"), **{"in": {"number": "G-1"}})
    alert = {"alertId": str(give.case.alert), "step": 0}
    await give(VISIT, of("G-1"), **{"in": {**alert, "assignee": "clerk-7"}})
    cases = await give.case.read("SELECT officers FROM case_now")
    about = await give.case.read("SELECT kind, subject_id FROM case_subject")
    await give(VISIT, of("G-1"), **{"in": {**alert, "step": 1, "assignee": "clerk-8"}})

    assert cases == [(["clerk-1", "clerk-7"],)]
    assert about == [("household", give.case.household)]
    assert await give.case.read("SELECT officers FROM case_now") == [(["clerk-1", "clerk-8"],)]
    assert await give.case.read("SELECT count(*) FROM case_subject") == [(1,)]


@pytest.mark.parametrize("breaks", Break)
async def test_an_alert_and_its_case_are_moved_together_or_not_at_all(give, breaks):
    await give(OPEN, of("G-1"), **{"in": {"number": "G-1"}})
    give.case.journal.breaks = breaks
    alert = {"alertId": str(give.case.alert), "step": 0, "assignee": "clerk-7"}

    with pytest.raises(AuditUnavailableError):
        await give(VISIT, of("G-1"), **{"in": alert})

    assert await give.case.read("SELECT officers FROM case_now") == [(["clerk-1"],)]
    assert (await give.case.now())[0] == "screened"
