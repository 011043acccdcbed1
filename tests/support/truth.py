"""Compares what a hub holds of a made-up district with the district's truth file."""

from collections import Counter, defaultdict

import orjson

from hub.demo.score_check import expected_scores, stored_scores
from hub.demo.truth import Fault

_OWNERS = """
SELECT s.key_tag, l.person_id FROM source_record s
JOIN link l ON l.cell = s.cell AND l.identity_id = s.identity_id AND l.known_to = 'infinity'
WHERE s.known_to = 'infinity'
"""
_PLACELESS = {Fault.COLUMN_LOST, Fault.BROKEN_BYTES}
"""Faults that leave a record without a readable key: the truth file names its place."""


async def read(hub, statement, *arguments):
    async with hub.database.connection() as connection:
        return await connection.fetch(statement, *arguments)


async def compare_with_the_truth(hub, town, reports):
    """Fail unless people, links, scope and quarantine are as `town`'s truth file says.

    `reports` are of the first reading of every department.
    """
    await _every_number_is_one_person(hub, town)
    await _every_record_is_its_persons(hub, town)
    await _who_is_out_of_scope_left_no_trace(hub, town)
    await _what_waits_was_planted(hub, town)
    (summary,) = town.of("summary")
    quarantined = sum((report.quarantined for report in reports.values()), Counter())
    assert quarantined == Counter(summary["quarantined"])
    ((homes,),) = await read(hub, "SELECT count(*) FROM household")
    assert homes == summary["households_in_scope"]


async def compare_scores(hub, town):
    """Fail unless every household has day, total, band, coverage and triggers as expected."""
    async with hub.database.connection() as connection:
        stored = await stored_scores(connection, hub.facts, hub.keys)
    expected = expected_scores(town.places.truth, hub.tagger)
    assert {score.band for score in expected.values()} >= {"green", "yellow", "red"}
    numbers = {hub.tagger.household(h["household"]): h["household"] for h in town.of("household")}
    differing = {
        numbers[tag]: (stored.get(tag), expected.get(tag))
        for tag in stored.keys() | expected.keys()
        if stored.get(tag) != expected.get(tag)
    }
    assert differing == {}


def in_scope(town):
    return [person for person in town.of("person") if person["in_scope"]]


async def _every_number_is_one_person(hub, town):
    """Each valid number is in the graph once, and no two people are one."""
    rows = await read(hub, "SELECT tag, person_id FROM person_tag")
    owner = {row["tag"]: row["person_id"] for row in rows}
    assert len(owner) == len(rows)
    people = in_scope(town)
    numbers = [person["number"] for person in people]
    former = {p["number"]: p["former_number"] for p in people if p["former_number"]}
    assert len(set(numbers)) == len(numbers)

    found = {number: owner.pop(hub.tagger.person(number), None) for number in numbers}
    assert None not in found.values()
    assert len(set(found.values())) == len(numbers)
    for number, before in former.items():
        assert owner.pop(hub.tagger.person(before)) == found[number]
    assert owner == {}
    ((count,),) = await read(hub, "SELECT count(*) FROM person")
    assert count == len(numbers)


async def _every_record_is_its_persons(hub, town):
    """No record is another person's, and none is missing but those that cannot be had."""
    tags = await read(hub, "SELECT tag, person_id FROM person_tag")
    people = {row["tag"]: row["person_id"] for row in tags}
    owners = {row["key_tag"]: row["person_id"] for row in await read(hub, _OWNERS)}
    missing, mistaken = [], []
    for person in in_scope(town):
        person_id = people[hub.tagger.person(person["number"])]
        lost = {tuple(one) for one in person["lost"]}
        for dataset, keys in person["records"].items():
            for key in keys:
                owner = owners.get(hub.tagger.record(dataset, key))
                if owner is None and (dataset, key) not in lost:
                    missing.append((dataset, key))
                elif owner not in (None, person_id):
                    mistaken.append((dataset, key))
    assert (missing, mistaken) == ([], [])


async def _who_is_out_of_scope_left_no_trace(hub, town):
    tags = set()
    for table in ("source_record", "quarantine"):
        tags |= {row["key_tag"] for row in await read(hub, f"SELECT key_tag FROM {table}")}  # noqa: S608 - two names above
    people = {row["tag"] for row in await read(hub, "SELECT tag FROM person_tag")}
    for person in town.of("person"):
        if not person["in_scope"]:
            assert hub.tagger.person(person["number"]) not in people
            for dataset, keys in person["records"].items():
                assert not tags & {hub.tagger.record(dataset, key) for key in keys}


async def _what_waits_was_planted(hub, town):
    """Each planted fault waits once, at its place, for its reason; nothing else ever waited.

    That the exchange did not answer is reported by the place in its batch, which the truth
    file does not know: there the number of reports is compared.
    """
    planted, silent = defaultdict(list), Counter()
    for fault in town.of("fault"):
        if fault["expected"] == "accepted":
            continue
        if fault["fault"] == Fault.SOURCE_SILENT:
            silent[fault["dataset"]] += 1
            continue
        key = f"unreadable {fault['key']}" if fault["fault"] in _PLACELESS else fault["key"]
        planted[hub.tagger.record(fault["dataset"], key)].append(fault["expected"])
    held, unanswered = defaultdict(list), Counter()
    for row in await read(hub, "SELECT dataset, key_tag, reasons, resolved_at FROM quarantine"):
        assert row["resolved_at"] is None
        codes = [reason["code"] for reason in orjson.loads(row["reasons"])]
        if codes == [Fault.SOURCE_SILENT]:
            unanswered[row["dataset"]] += 1
        else:
            held[row["key_tag"]] += codes
    assert dict(held) == dict(planted)
    assert unanswered == silent
