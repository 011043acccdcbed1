"""What is answered, to whom, and what is on record of it."""

from datetime import date, datetime, timedelta

import asyncpg
import pytest

from audit.entry import EntryKind
from hub.access import Caller, default_policy_text, load_policy
from hub.errors import (
    AuditUnavailableError,
    InvalidDocumentError,
    NotGrantedError,
    SealBrokenError,
    TooCostlyError,
)
from hub.query import bind, documents, plan
from hub.query.fetch import Fetcher
from hub.query.policies import publish_policy
from tests.fakes.audit_log import Break
from tests.support.asking import ANALYST, AUDITOR, INSURER, OFFICER, WARNER, asking
from tests.support.world import NOW, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]

POINT = """query Point($n: String!) {
  person(nationalId: $n) {
    population { name birthDate nationalId phone provider }
    disabilityCertificates { category severe }
    medicalEnrolments { scheme }
  }
}"""
PAGE = """query Page($after: String) {
  warnings(first: 2, after: $after) {
    edges { cursor node { recordId total household { region members { person { id } } } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
UNKNOWN = number_of(998, date(1990, 1, 1))


def outsider(world):
    """Return the number of somebody whose only household is outside every region."""
    outside = {
        row["household_id"]
        for row in world.tables["household_place"]
        if not row["region"].startswith("420106")
    }
    homes: dict = {}
    for row in world.tables["membership"]:
        homes.setdefault(row["person_id"], set()).add(row["household_id"])
    return next(n for n, p in world.person_by_number.items() if homes[p] <= outside)


async def test_two_departments_get_different_answers_to_one_document(ask, world):
    number = world.numbers[4]

    officer = await ask.body(POINT, OFFICER, n=number)
    insurer = await ask.body(POINT, INSURER, n=number)

    assert "errors" not in officer
    assert officer["data"]["person"]["population"]["phone"].startswith("12900")
    assert insurer["data"]["person"]["population"]["name"].startswith("试")
    assert insurer["data"]["person"]["population"]["phone"] is None
    assert insurer["data"]["person"]["disabilityCertificates"] is None
    assert {e["extensions"]["field"] for e in insurer["errors"]} == {
        "Population.phone",
        "Person.disabilityCertificates",
    }


async def test_what_is_not_granted_is_neither_fetched_nor_opened(ask, world):
    await ask.body(POINT, INSURER, n=world.numbers[4])

    (prepared,) = ask.answerer.plans._known.values()
    assert "sealed_phone" not in prepared.statement.text
    assert "disability" not in prepared.statement.text
    assert set(ask.opened) == {("population", "who"), ("population", "national_id")}


async def test_the_analyst_gets_the_year_and_not_the_date(ask, world):
    body = await ask.body(
        "query ($n: String!) { person(nationalId: $n) { population { birthYear birthDate } } }",
        ANALYST,
        n=world.numbers[4],
    )

    assert isinstance(body["data"]["person"]["population"]["birthYear"], int)
    assert body["data"]["person"]["population"]["birthDate"] is None
    assert set(ask.opened) == {("population", "birth_year")}


async def test_the_unknown_and_the_invisible_look_the_same_and_the_log_tells_them_apart(ask, world):
    unknown = await ask.body(POINT, n=UNKNOWN)
    outside = await ask.body(POINT, n=outsider(world))

    assert unknown["data"] == outside["data"] == {"person": None}
    assert unknown.get("errors") == outside.get("errors")
    first, second = ask.log.record(-2)["roots"][0], ask.log.record(-1)["roots"][0]
    assert (first["unknown"], first["outside"]) == (1, 0)
    assert (second["unknown"], second["outside"]) == (0, 1)


@pytest.mark.parametrize("people", [None, 2])
async def test_the_known_time_is_told_as_it_is_on_record(ask, world, people):
    if people is None:
        body = await ask.body(POINT, n=world.numbers[4])
    else:
        text = "query ($n: [String!]!) { people(nationalIds: $n) { status } }"
        body = await ask.body(text, n=world.numbers[:people])

    assert body["extensions"]["knownAt"] == ask.log.record(-1)["known"]
    assert datetime.fromisoformat(body["extensions"]["knownAt"]).utcoffset() == timedelta(0)


async def test_people_come_in_the_order_asked_each_with_what_became_of_it(ask, world):
    asked = [world.numbers[3], UNKNOWN, "no number", world.numbers[0], world.numbers[3]]
    body = await ask.body(
        """query ($n: [String!]!) { people(nationalIds: $n)
             { index status person { population { nationalId } } } }""",
        n=asked,
    )

    people = body["data"]["people"]
    assert [p["index"] for p in people] == [0, 1, 2, 3, 4]
    assert [p["status"] for p in people] == ["FOUND", "NOT_FOUND", "INVALID", "FOUND", "FOUND"]
    shown = [p["person"] and p["person"]["population"]["nationalId"] for p in people]
    assert shown == [asked[0], None, None, asked[3], asked[4]]
    root = ask.log.record()["roots"][0]
    assert (root["found"], root["unknown"], root["invalid"]) == (3, 1, 1)


async def test_an_answer_is_as_of_a_day_and_as_known_at_a_moment(ask, world):
    document = """query ($n: String!, $d: Date, $k: DateTime) {
      person(nationalId: $n, asOf: $d, knownAt: $k) { population { name phone } } }"""

    corrected = await ask.body(document, n=world.numbers[0])
    before = await ask.body(document, n=world.numbers[0], k="2026-09-15T00:00:00Z")
    earlier = await ask.body(document, n=world.numbers[1], d="2026-05-01")
    unborn = await ask.body(document, n=world.numbers[1], d="2019-05-01")

    assert corrected["data"]["person"]["population"]["name"] != "旧名"
    assert before["data"]["person"]["population"]["name"] == "旧名"
    assert earlier["data"]["person"]["population"]["phone"] == "12900999999"
    assert unborn["data"]["person"] is None


async def test_only_households_of_the_callers_regions_are_on_the_worklist(ask, world):
    seen, after = [], None
    while True:
        body = await ask.body(PAGE, WARNER, after=after)
        page = body["data"]["warnings"]
        seen += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    region = {r["household_id"]: r["region"] for r in world.tables["household_place"]}
    mine = {
        str(row["record_id"])
        for row in world.tables["alert"]
        if region[row["identity_id"]].startswith("420106") and row["values"]["status"] != "closed"
    }
    assert len(seen) == len(mine)
    assert {node["recordId"] for node in seen} == mine
    assert [n["total"] for n in seen] == sorted((n["total"] for n in seen), reverse=True)


async def test_a_denied_field_that_orders_refuses_the_whole_operation(ask):
    with pytest.raises(NotGrantedError, match="chosen and ordered"):
        await ask.body("{ warnings { edges { node { band } } } }", INSURER)

    assert ask.log.entries[-1].kind is EntryKind.DENIAL
    assert ask.log.record()["denied"][0].startswith("Alert.total")


async def test_an_operation_of_which_nothing_is_granted_is_refused_before_a_row_is_read(
    ask, world, monkeypatch
):
    async def never(*_given):
        raise AssertionError

    monkeypatch.setattr(Fetcher, "fetch", never)

    with pytest.raises(NotGrantedError):
        await ask.body(
            "query ($n: String!) { person(nationalId: $n) { population { phone } } }",
            INSURER,
            n=world.numbers[0],
        )

    assert ask.log.record()["outcome"] == "refused"


async def test_a_case_must_be_named_where_the_purpose_demands_it(ask, world):
    caseless = Caller("civil-affairs", "officer", "CASE", "ca-officer")

    with pytest.raises(NotGrantedError, match="case"):
        await ask.body(POINT, caseless, n=world.numbers[0])


@pytest.mark.parametrize("breaks", list(Break))
async def test_no_answer_leaves_unless_it_is_on_record(ask, world, breaks):
    ask.log.breaks = breaks

    with pytest.raises(AuditUnavailableError):
        await ask.answer(POINT, n=world.numbers[0])


async def test_a_refusal_that_cannot_be_recorded_is_still_a_refusal(ask):
    ask.log.breaks = Break.BEFORE

    with pytest.raises(InvalidDocumentError):
        await ask.answer("{ nobody }")


async def test_a_failure_that_nobody_foresaw_is_on_record(ask, world, monkeypatch):
    def broken(*_given):
        raise ZeroDivisionError

    monkeypatch.setattr("hub.query.answer.bind", broken)

    with pytest.raises(ZeroDivisionError):
        await ask.answer(POINT, n=world.numbers[0])
    record = ask.log.record()
    assert (record["outcome"], record["reason"]) == ("failed", "INTERNAL")


async def test_the_record_names_fields_and_subjects_and_no_value(ask, world):
    await ask.body(POINT, n=world.numbers[4])
    await ask.body(PAGE, WARNER)

    first, second = ask.log.entries
    (about,) = first.subjects
    assert ask.log.fields_of(about.field_set) == (
        "DisabilityCertificate.category",
        "DisabilityCertificate.severe",
        "MedicalEnrolment.scheme",
        "Person.__typename",
        "Population.birthDate",
        "Population.name",
        "Population.nationalId",
        "Population.phone",
        "Population.provider",
    )
    assert len(second.subjects) > 2
    written = first.record + second.record
    for value in (*world.numbers, "试", "12900", str(world.person_by_number[world.numbers[4]])):
        assert value.encode() not in written


async def test_an_operation_is_one_statement_however_deep(ask, world):
    await ask.answerer.policies.current()
    await ask.body(PAGE, WARNER)
    ask.database.statements = 0

    await ask.body(PAGE, WARNER)

    assert ask.database.statements == 1


async def test_the_second_time_nothing_is_parsed_planned_or_decided(ask, world, monkeypatch):
    await ask.body(POINT, n=world.numbers[0])

    def never(*_given, **_named):
        raise AssertionError

    monkeypatch.setattr(documents, "parse", never)
    monkeypatch.setattr(documents, "validate", never)
    monkeypatch.setattr(plan._Planning, "plan", never)
    monkeypatch.setattr("hub.access.model._decisions", never)
    body = await ask.body(POINT, n=world.numbers[1])

    assert body["data"]["person"]


async def test_one_document_is_planned_for_each_branch_it_takes(ask, world):
    document = """query ($n: String!, $h: Boolean!) {
      person(nationalId: $n) { id household @include(if: $h) { region } } }"""

    without = await ask.body(document, n=world.numbers[0], h=False)
    including = await ask.body(document, n=world.numbers[0], h=True)

    assert list(without["data"]["person"]) == ["id"]
    assert list(including["data"]["person"]) == ["id", "household"]


async def test_too_much_is_refused_with_what_to_do(district, catalogue, world):
    dsn, _, keyring = district
    small = asking(dsn, keyring, catalogue, max_cost=5)
    try:
        with pytest.raises(TooCostlyError, match="5 are allowed"):
            await small.body(PAGE, WARNER)
        numbers = ", ".join(['""'] * (bind.MAX_NUMBERS + 1))
        with pytest.raises(TooCostlyError):
            await small.body(f"{{ people(nationalIds: [{numbers}]) {{ index }} }}")
    finally:
        await small.database.close()


async def test_introspection_reads_no_row_and_is_on_record(ask):
    body = await ask.body('{ __schema { queryType { name } } t: __type(name: "Person") { kind } }')

    assert body["data"] == {"__schema": {"queryType": {"name": "Query"}}, "t": {"kind": "OBJECT"}}
    assert list(ask.log.entries[-1].subjects) == []


async def test_a_changed_value_stops_the_whole_answer(ask, world, district):
    connection = await asyncpg.connect(district[0])
    row = world.tables["population"][5]
    identity = row["identity_id"]
    number = row["values"]["national_id"]
    spoil = (
        "update population set sealed_phone = set_byte(sealed_phone, 20, "
        "get_byte(sealed_phone, 20) # 1) where identity_id = $1"
    )
    await connection.execute(spoil, identity)
    try:
        with pytest.raises(SealBrokenError):
            await ask.body(POINT, WARNER, n=number)
        assert ask.log.record()["outcome"] == "failed"
    finally:
        await connection.execute(spoil, identity)
        await connection.close()


async def test_a_right_that_was_taken_away_is_gone_with_the_next_snapshot(
    ask, world, district, catalogue
):
    number = world.numbers[4]
    assert (await ask.body(POINT, WARNER, n=number))["data"]["person"]["population"]["phone"]
    connection = await asyncpg.connect(district[0])
    narrower = default_policy_text().replace('"Population.phone", ', "")
    await publish_policy(connection, narrower, catalogue, NOW)
    try:
        body = await ask.body(POINT, WARNER, n=number)
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()

    assert body["data"]["person"]["population"]["phone"] is None
    assert ask.log.record()["policy"] == load_policy(narrower, catalogue).digest


async def test_a_right_that_was_just_given_works_where_nothing_was_granted_before(
    ask, world, district, catalogue
):
    document = "query ($n: String!) { person(nationalId: $n) { population { phone } } }"
    with pytest.raises(NotGrantedError):
        await ask.body(document, INSURER, n=world.numbers[4])
    connection = await asyncpg.connect(district[0])
    head, insurer, tail = default_policy_text().rpartition('agreement = "PS-MI-2026-01"')
    wider = head + insurer + tail.replace("fields = [", 'fields = ["Population.phone", ', 1)
    await publish_policy(connection, wider, catalogue, NOW)
    try:
        body = await ask.body(document, INSURER, n=world.numbers[4])
    finally:
        await publish_policy(connection, default_policy_text(), catalogue, NOW)
        await connection.close()

    assert body["data"]["person"]["population"]["phone"]


async def test_the_access_log_is_asked_alone_and_by_auditors_only(ask):
    document = "{ accessLog { edges { node { index } } } }"

    with pytest.raises(NotGrantedError):
        await ask.body(document, OFFICER)
    with pytest.raises(InvalidDocumentError, match="alone"):
        await ask.body("{ a: accessLog { __typename } b: accessLog { __typename } }", AUDITOR)
