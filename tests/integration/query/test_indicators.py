"""Auditors are told indicators, with the entries that they rest on; the look-up is on record."""

from datetime import UTC, datetime, timedelta

import asyncpg
import orjson
import pytest

from hub.errors import InvalidDocumentError, NotGrantedError
from tests.support.asking import AUDITOR, OFFICER

pytestmark = [pytest.mark.anyio, pytest.mark.database]
START = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
ASKED = """query ($rule: String, $severity: String, $since: DateTime, $open: Boolean! = false,
                 $state: String, $id: String, $first: Int! = 50, $after: String) {
  indicators(rule: $rule, severity: $severity, since: $since, open: $open, first: $first,
             after: $after, state: $state, id: $id) {
    edges { cursor node { __typename id rule says severity department actor client startedAt
      endedAt firstIndex lastIndex count threshold acknowledgedBy acknowledgedAt note } }
    pageInfo { hasNextPage endCursor }
  }
}"""
ADD = """insert into indicator values ($1, $2, $3, $4, $5, 'desk', $6, $7, $8, $9, $10, 5,
    array[$8::bigint, $9::bigint], 2, 19, 'reader')"""


def row(number, count=7, rule="many-denials", severity="medium", days=0, department="tax"):
    start = START + timedelta(days=days)
    return (
        f"{number:032x}", rule, severity, department, "c-7", start, start + timedelta(days=1),
        10 * number, 10 * number + 5, count,
    )  # fmt: skip


ROWS = [
    row(1),
    row(2, count=4),
    row(3, rule="consent-bound-without-consent", severity="high", days=1),
    row(4, department=""),
    row(5, days=2),
]


@pytest.fixture(autouse=True)
async def rows(district):
    connection = await asyncpg.connect(district[0])
    await connection.executemany(ADD, ROWS)
    await connection.execute(
        "insert into indicator_note select $1, n, 'auditor-3', $2, 'note ' || n "
        "from generate_series(1, 2) n on conflict do nothing",
        ROWS[0][0],
        START,
    )
    yield
    await connection.execute("delete from indicator")
    await connection.close()


async def found(ask, **wanted):
    body = await ask.body(ASKED, AUDITOR, **wanted)
    assert "errors" not in body
    return [edge["node"] for edge in body["data"]["indicators"]["edges"]]


def numbers(nodes):
    return [int(node["id"], 16) for node in nodes]


async def test_an_indicator_says_by_which_rule_whose_doing_and_between_which_entries(ask):
    (told,) = await found(ask, rule="consent-bound-without-consent")

    assert told == {
        "__typename": "AuditIndicator",
        "id": ROWS[2][0],
        "rule": "consent-bound-without-consent",
        "says": "asked for what a person must authorise, without an authorisation that covers it",
        "severity": "high",
        "department": "tax",
        "actor": "c-7",
        "client": "desk",
        "startedAt": "2026-11-27T16:00:00+00:00",
        "endedAt": "2026-11-28T16:00:00+00:00",
        "firstIndex": 30,
        "lastIndex": 35,
        "count": 7,
        "threshold": 5,
        "acknowledgedBy": None,
        "acknowledgedAt": None,
        "note": None,
    }


async def test_they_are_told_the_latest_first_and_none_below_its_threshold(ask):
    nodes = await found(ask)

    assert numbers(nodes) == [5, 4, 3, 1]
    assert nodes[1]["department"] is None
    assert (nodes[3]["acknowledgedBy"], nodes[3]["note"]) == ("auditor-3", "note 2")
    assert numbers(await found(ask, open=True)) == [5, 4, 3]
    assert numbers(await found(ask, severity="high")) == [3]
    assert numbers(await found(ask, since=(START + timedelta(days=2)).isoformat())) == [5]


async def test_pages_go_through_every_one_once(ask):
    seen, after = [], None
    while True:
        body = await ask.body(ASKED, AUDITOR, first=3, after=after)
        page = body["data"]["indicators"]
        seen += [int(edge["node"]["id"], 16) for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert seen == [5, 4, 3, 1]


async def test_the_look_up_is_on_record_with_what_was_asked(ask):
    await found(ask, severity="high", open=True)

    record = orjson.loads(ask.log.entries[-1].record)
    assert record["found"] == 1
    assert record["filter"] == {
        "department": None,
        "rule": None,
        "severity": "high",
        "since": None,
        "open": True,
        "id": None,
        "state": None,
    }


async def test_a_number_given_as_a_rule_is_not_on_record(ask):
    number = "690106197903150012"
    await found(ask, rule=number)

    assert number.encode() not in ask.log.entries[-1].record


LIFE = """query ($state: String, $id: String) { indicators(state: $state, id: $id) { edges { node {
    id saysZh state verdict usual usualDays usualOf entries steps ruleDecided ruleHarmless
  } } } }"""


async def test_a_finding_is_told_with_its_life_its_evidence_and_what_is_usual(ask, district):
    judged = row(6, days=-1)  # its note stays, and is about no finding of the other tests
    connection = await asyncpg.connect(district[0])
    await connection.execute(ADD, *judged)
    await connection.execute(
        "insert into indicator_note values ($1, 1, 'auditor-3', $2, 'a course', 'EXPLAIN', "
        "'explained', 'harmless', 'head-2')",
        judged[0],
        START,
    )
    await connection.close()

    body = await ask.body(LIFE, AUDITOR, state="explained")
    (told,) = (edge["node"] for edge in body["data"]["indicators"]["edges"])

    assert told == {
        "id": judged[0],
        "saysZh": "短时间内多次被拒绝",
        "state": "explained",
        "verdict": "harmless",
        "usual": 2,
        "usualDays": 19,
        "usualOf": "reader",
        "entries": ["60", "65"],
        "steps": ["2026-11-26T16:00:00+00:00 EXPLAIN explained auditor-3 (head-2) a course"],
        "ruleDecided": 1,
        "ruleHarmless": 1,
    }
    body = await ask.body(LIFE, AUDITOR, id=ROWS[4][0])
    (other,) = (edge["node"] for edge in body["data"]["indicators"]["edges"])
    assert (other["state"], other["verdict"], other["steps"]) == ("open", None, [])


async def test_nobody_without_the_grant_is_told_one(ask):
    with pytest.raises(NotGrantedError):
        await ask.body(ASKED, OFFICER)


@pytest.mark.parametrize(
    "wanted",
    [
        {"rule": "Not A Rule"},
        {"severity": "grave"},
        {"after": "x-y"},
        {"after": "5"},
        {"state": "done"},
        {"id": "xyz"},
    ],
)
async def test_a_name_that_can_be_none_is_refused_without_being_quoted(ask, wanted):
    with pytest.raises(InvalidDocumentError) as refused:
        await ask.body(ASKED, AUDITOR, **wanted)
    assert next(iter(wanted.values())) not in str(refused.value) or wanted == {"after": "5"}
