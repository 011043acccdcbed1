"""Auditors search the log by facets, and are told how often each value occurs."""

from datetime import timedelta

import pytest

from audit.defined import Definitions
from audit.facet_index import Steps, index_facets
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query import access_facets
from tests.support.asking import OFFICER
from tests.support.auditing import COUNT, LATER, SEARCH, facets, nodes, page, told

pytestmark = [pytest.mark.anyio, pytest.mark.database]
SEARCHES = [
    ({"department": "medical-insurance"}, lambda n: n["department"] == "medical-insurance"),
    ({"kind": "denial"}, lambda n: n["kind"] == "denial"),
    (
        {"role": "officer", "purpose": "WARN"},
        lambda n: (n["role"], n["purpose"]) == ("officer", "WARN"),
    ),
    ({"actor": "u17", "kind": "answer"}, lambda n: (n["actor"], n["kind"]) == ("u17", "answer")),
    ({"client": "mi-clerk"}, lambda n: n["client"] == "mi-clerk"),
    ({"field": "Population.phone"}, lambda n: "Population.phone" in n["fields"]),
    ({"field": "Population"}, lambda n: any(f.startswith("Population.") for f in n["fields"])),
    (
        {"deniedField": "Population.phone"},
        lambda n: "Population.phone NOT_GRANTED" in n["denied"],
    ),
    (
        {"reason": "NOT_GRANTED"},
        lambda n: n["reason"] == "NOT_GRANTED" or any(" NOT_GRANTED" in d for d in n["denied"]),
    ),
    ({"outcome": "refused"}, lambda n: n["outcome"] == "refused"),
    ({"channel": "graphql", "case": "case-1"}, lambda n: n["case"] == "case-1"),
    ({"request": "r-1"}, lambda n: n["request"] == "r-1"),
    ({"purpose": "CREDIT", "department": "civil-affairs"}, lambda _: False),
]


@pytest.mark.parametrize("indexed", [False, True])
async def test_each_facet_selects_its_entries_and_no_others(busy_log, indexed):
    every = await nodes(busy_log)
    if indexed:
        async with busy_log.database.connection("none") as connection:
            while await index_facets(connection, Definitions(), Steps(4, 16)):
                pass
    first, newest = every[-1]["index"], every[0]["index"]
    for given, holds in SEARCHES:
        expected = [n["index"] for n in every if holds(n)]
        found = [n["index"] for n in await nodes(busy_log, **given)]

        assert [index for index in found if first <= index <= newest] == expected, given
        assert bool(expected) is (given.get("purpose") != "CREDIT")


async def test_policy_document_and_time_select(busy_log):
    insurers = (await nodes(busy_log, department="medical-insurance"))[0]
    for name in ("policy", "document"):
        found = await nodes(busy_log, **{name: insurers[name]}, department="medical-insurance")
        assert insurers["index"] in [n["index"] for n in found]
        assert await nodes(busy_log, **{name: "0" * 64}) == []

    async def since(moment):
        # What others wrote before into the log that this one is a copy of has clocks of its own.
        found = await nodes(busy_log, since=moment)
        return [n for n in found if n["index"] > insurers["index"]]

    (later,) = await since(LATER.isoformat())
    assert later["request"] == "r-2"
    just_after = (LATER + timedelta(milliseconds=1)).isoformat()
    assert await since(just_after) == []
    assert later["index"] not in [
        n["index"] for n in await nodes(busy_log, until=LATER.isoformat())
    ]
    assert later["index"] in [n["index"] for n in await nodes(busy_log, until=just_after)]


async def test_pages_of_a_search_go_on_where_the_last_one_ended(busy_log):
    whole = [n["index"] for n in await nodes(busy_log, kind="answer")]
    seen, after = [], None
    while True:
        found = await page(busy_log, kind="answer", first=2, after=after)
        seen += [edge["node"]["index"] for edge in found["edges"]]
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break

    assert seen == whole


async def test_facets_tell_how_often_each_value_occurs_with_its_name(busy_log):
    found = await nodes(busy_log, kind="answer")
    counts = await facets(busy_log, kind="answer")

    assert (counts["total"], counts["counted"], counts["isExact"]) == (len(found), len(found), True)
    by_name = {each["facet"]: each["values"] for each in counts["facets"]}
    departments = {each["value"]: each for each in by_name["department"]}
    insurers = sum(n["department"] == "medical-insurance" for n in found)
    assert departments["medical-insurance"]["count"] == insurers
    assert departments["civil-affairs"]["nameZh"] == "民政"
    (kind,) = by_name["kind"]
    assert (kind["value"], kind["name"], kind["count"]) == ("answer", "answer", len(found))
    fields = {each["value"]: each for each in by_name["field"]}
    assert fields["Population.name"]["count"] == sum(
        "Population.name" in n["fields"] for n in found
    )
    assert fields["Population.name"]["nameZh"] == "姓名"
    times = [each["count"] for each in by_name["field"]]
    assert times == sorted(times, reverse=True)
    assert "case" not in by_name


async def test_of_a_large_selection_the_newest_are_counted_and_it_says_so(busy_log, monkeypatch):
    total = (await facets(busy_log, kind="answer"))["total"]
    monkeypatch.setattr(access_facets, "COUNTED_ENTRIES", 2)
    counts = await facets(busy_log, kind="answer", facets=["kind", "purpose"])

    assert (counts["total"], counts["counted"], counts["isExact"]) == (total, 2, True)
    assert [each["facet"] for each in counts["facets"]] == ["kind", "purpose"]
    (kind,) = counts["facets"][0]["values"]
    assert (kind["count"], kind["isExact"]) == (2, False)

    monkeypatch.setattr(access_facets, "MOST", 2)
    assert not (await facets(busy_log, kind="answer"))["isExact"]


async def test_counting_is_on_record_with_what_was_asked_and_about_whom(busy_log, world):
    number = world.numbers[1]
    counts = await facets(busy_log, subject=number, purpose="WARN", values=1)
    assert counts["total"] >= 1

    record = (await nodes(busy_log, kind="lookup", subject=number))[0]
    assert record["fields"] == ["AccessFacets"]
    assert record["department"] == "audit-office"
    assert number not in str(record)


async def test_nobody_known_counts_nothing(busy_log):
    counts = await facets(busy_log, subject="690000199001010007")
    assert (counts["total"], counts["counted"], counts["isExact"]) == (0, 0, True)


REFUSED = [
    {"kind": "gossip"},
    {"department": "No Such"},
    {"field": "no field"},
    {"policy": "short"},
    {"actor": "a b"},
    {"case": "690101199001011234"},
    {"reason": "?"},
]


async def test_what_no_facet_can_have_is_refused_and_not_quoted(audited):
    for given in REFUSED:
        (value,) = given.values()
        for document in (SEARCH, COUNT):
            with pytest.raises(InvalidDocumentError) as refusal:
                await told(audited, document, **given)
            assert value not in str(refusal.value)


async def test_what_is_not_counted_is_refused(audited):
    for given in ({"values": 0}, {"values": 101}, {"facets": ["case"]}):
        with pytest.raises(InvalidDocumentError):
            await told(audited, COUNT, **given)


async def test_only_auditors_count(audited):
    with pytest.raises(NotGrantedError):
        await audited.body("{ accessFacets { total } }", OFFICER)
