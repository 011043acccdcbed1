"""Several steps in one document are taken one after the other, on what the last one left."""

import orjson
import pytest

from hub.access import Caller, default_policy_text
from hub.casework.alert_rooms import alert_rooms
from hub.casework.commands import Commands
from hub.query.answer import Request
from hub.query.cases import CaseCheck
from hub.query.disclosure import Disclosures
from hub.query.documents import Documents
from hub.query.policies import Policies, publish_policy
from schema.catalogue import Catalogue
from tests.support.cases import register_case
from tests.support.desk import alert_case
from tests.support.district import NOW
from tests.support.schemas import schema_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
HANDLER = Caller("civil-affairs", "street-handler", "CASE", "client-1", "clerk-1", "case-1")
WHOLE_WAY = """mutation (
  $a: AssignmentInput!, $v: VisitInput!, $n: NeedsInput!, $late: NeedsInput!
) {
  assignAlert(input: $a) { step }
  recordVisit(input: $v) { step status }
  late: assessNeeds(input: $late) { step }
  needs: assessNeeds(input: $n) { step services }
}"""


@pytest.fixture
async def case(store, keyring):
    async with alert_case(store, keyring) as made:
        yield made


async def test_each_step_is_taken_on_what_the_one_before_it_left(case):
    catalogue = Catalogue.discover()
    schema = schema_of(catalogue)
    async with case.hub.database.connection() as connection:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await register_case(connection)
    commands = Commands(
        schema,
        Documents(schema),
        Policies(case.hub.database, catalogue),
        Disclosures(case.journal, case.hub.tagger),
        case.journal,
        CaseCheck(case.hub.database),
        alert_rooms(case.desk),
    )
    alert = {"alertId": str(case.alert)}
    variables = {
        "a": {**alert, "step": 0, "assignee": "clerk-7"},
        "v": {
            **alert,
            "step": 1,
            "visitedOn": "2026-11-23",
            "result": "cause-confirmed",
            "cause": "illness",
        },
        "late": {**alert, "step": 1, "needs": ["study"]},
        "n": {**alert, "step": 2, "needs": ["money"]},
    }
    request = Request(WHOLE_WAY, variables, None, HANDLER, "r-1", NOW)

    first = orjson.loads((await commands.answer(request)).body)
    again = orjson.loads((await commands.answer(request)).body)

    assert list(first["data"]) == ["assignAlert", "recordVisit", "late", "needs"]
    assert first["data"]["recordVisit"] == {"step": 2, "status": "cause-confirmed"}
    assert first["data"]["late"] is None
    assert first["data"]["needs"]["step"] == 3
    (error,) = first["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["late"], "ALERT_CHANGED")
    receipts = first["extensions"]["receipts"]
    indexes = [receipts[key]["index"] for key in ("assignAlert", "recordVisit", "needs")]
    assert indexes == sorted(set(indexes))
    # Sent again, every step that was taken says so again, and nothing moves.
    assert again["data"] == first["data"]
    assert (await case.now())[:2] == ("needs-assessed", 3)
