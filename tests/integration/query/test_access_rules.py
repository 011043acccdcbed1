"""The rules of access, told to whoever may see them, on record like any look-up."""

import asyncpg
import pytest

from hub.access import default_policy_text
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.policies import publish_policy
from tests.support.asking import AUDITOR, OFFICER
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
RULES = """query ($d: String, $p: String, $f: String, $first: Int! = 50, $after: String) {
  accessRules(department: $d, purpose: $p, field: $f, first: $first, after: $after) {
    edges { cursor node { __typename department role purpose field source state agreement
                          legalBasis startDate endDate regions conditions missing } }
    pageInfo { hasNextPage endCursor }
  }
}"""


async def rules_of(ask, **wanted):
    body = await ask.body(RULES, AUDITOR, **wanted)
    return [edge["node"] for edge in body["data"]["accessRules"]["edges"]]


async def test_a_rule_names_its_agreement_basis_dates_and_conditions(ask):
    (rule,) = await rules_of(ask, d="medical-insurance", p="PUSH", f="Population.name")

    assert rule["__typename"] == "AccessRule"
    assert rule["state"] == "open"
    assert rule["agreement"] == "PS-MI-2026-01"
    assert rule["source"] == "public-security"
    assert rule["legalBasis"]
    assert rule["startDate"] < rule["endDate"]
    assert rule["regions"]
    assert rule["missing"] == []


async def test_what_is_missing_is_told_where_nothing_grants_it(ask):
    (rule,) = await rules_of(ask, d="medical-insurance", p="PUSH", f="Population.phone")

    assert (rule["state"], rule["agreement"]) == ("missing", None)
    who = "medical-insurance (clerk) for PUSH"
    wanted = f"an agreement of public-security that names Population.phone for {who}"
    assert rule["missing"] == [wanted]


async def test_pages_go_through_every_rule_once(ask):
    seen, after = [], None
    while True:
        body = await ask.body(RULES, AUDITOR, d="civil-affairs", p="WARN", first=40, after=after)
        page = body["data"]["accessRules"]
        seen += [(e["node"]["role"], e["node"]["field"]) for e in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert len(seen) == len(set(seen)) > 40


async def test_nobody_without_the_grant_is_told_a_rule(ask):
    with pytest.raises(NotGrantedError):
        await ask.body(RULES, OFFICER)


@pytest.mark.parametrize("wanted", [{"f": "not a field"}, {"p": "CURIOSITY"}, {"d": "A B"}])
async def test_a_name_that_can_be_none_is_refused_without_being_quoted(ask, wanted):
    with pytest.raises(InvalidDocumentError) as refused:
        await ask.body(RULES, AUDITOR, **wanted)
    assert next(iter(wanted.values())) not in str(refused.value)


async def test_a_rule_of_a_policy_that_is_in_force_no_more_is_not_told(ask, district, catalogue):
    await rules_of(ask, d="audit-office")
    connection = await asyncpg.connect(district[0])
    gone = default_policy_text().replace('"AccessEntry.denied", ', "")
    await publish_policy(connection, gone, catalogue, NOW)
    try:
        told = {rule["field"] for rule in await rules_of(ask, d="audit-office")}
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()

    assert "AccessEntry.denied" not in told
    assert "AccessEntry.index" in told


async def test_the_look_up_is_on_record_with_what_was_asked(ask):
    await rules_of(ask, d="medical-insurance", p="PUSH", f="Population.name")

    record = ask.log.entries[-1].record
    assert b'"field":"Population.name"' in bytes(record)
    assert b'"found":1' in bytes(record)
