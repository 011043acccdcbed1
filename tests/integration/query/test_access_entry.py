"""Auditors see one entry whole, with what proves it, and what was read of one person day by day."""

from datetime import timedelta
from hashlib import sha256

import orjson
import pytest

from audit.checkpoint import NoteVerifiers
from audit.merkle import hash_leaf, verify_inclusion
from audit.tlog_proof import Opening
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query import access_timeline
from hub.query.answer import Request
from tests.support.asking import INSURER, OFFICER
from tests.support.auditing import LIVED_IN, POINT, nodes, told
from tests.support.world import NOW, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
ENTRY = """query ($index: Int!) { accessEntry(index: $index) {
  index at kind kindName kindNameZh department departmentName departmentNameZh role actor client
  purpose purposeName purposeNameZh case operation document channel outcome reason policy request
  knownAt encryption subjectCount
  datasets { type name nameZh source fields { path name nameZh classification } }
  denied { path name nameZh reason } subjects { place fields } told { key value }
  proof { record kindByte salt subjectsRoot subjectCount commitment treeSize path checkpoint vkeys }
} }"""
TIMELINE = """query ($subject: String!, $since: DateTime, $until: DateTime) {
  accessTimeline(subject: $subject, since: $since, until: $until) {
    total isExact firstAt lastAt
    days { day count denials departments { value nameZh count } purposes { value count isExact } }
    departments { value name count } purposes { value name count } readers { value count }
    fields { value nameZh count } kinds { value count }
  } }"""


PROFILE = """query ($department: String!, $day: Date, $days: Int = 7) {
  accessProfile(department: $department, day: $day, days: $days) {
    department nameZh since until total before denials denialsBefore isExact
    days { day count denials usual } hours { hour count before } weekdays { hour count before }
    purposes { value nameZh count before } readers { value count } reasons { value count before }
    kinds { value count } fields { value count } channels { value count }
  } }"""


async def entry(asked, index):
    return (await told(asked, ENTRY, index=index))["accessEntry"]


async def timeline(asked, subject, **given):
    return (await told(asked, TIMELINE, subject=subject, **given))["accessTimeline"]


async def test_an_entry_is_told_in_words(busy_log):
    (listed, *_) = await nodes(busy_log, department="medical-insurance", kind="answer")
    found = await entry(busy_log, listed["index"])

    assert (found["departmentNameZh"], found["kindName"]) == ("医疗保障", "answer")
    assert found["purposeNameZh"] == "认定结果推送"
    (dataset,) = [each for each in found["datasets"] if each["type"] == "Population"]
    assert (dataset["source"], dataset["nameZh"]) == ("public-security", "人口基本信息")
    by_path = {each["path"]: each for each in dataset["fields"]}
    assert by_path["Population.name"] == {
        "path": "Population.name", "name": "name", "nameZh": "姓名", "classification": "G",
    }  # fmt: skip
    (denied,) = found["denied"]
    assert (denied["path"], denied["reason"]) == ("Population.phone", "NOT_GRANTED")
    (subject,) = found["subjects"]
    assert (subject["place"], set(subject["fields"]) >= set(by_path)) == (0, True)
    assert {"key": "roots.0.found", "value": "1"} in found["told"]
    shared = set(listed) & set(found) - {"denied"}
    assert {name: found[name] for name in shared} == {name: listed[name] for name in shared}


async def test_what_proves_an_entry_is_enough_to_prove_it_and_opens_no_subject(busy_log):
    (listed, *_) = await nodes(busy_log, kind="answer")
    proof = (await entry(busy_log, listed["index"]))["proof"]

    opening = Opening(
        proof["commitment"], proof["record"], proof["salt"], proof["subjectsRoot"],
        proof["subjectCount"],
    )  # fmt: skip
    assert opening.opens()
    checkpoint = NoteVerifiers.from_vkeys(proof["vkeys"]).open(proof["checkpoint"])
    assert checkpoint.size == proof["treeSize"]
    path = [bytes.fromhex(each) for each in proof["path"]]
    leaf = hash_leaf(opening.promise())
    assert verify_inclusion(leaf, listed["index"], checkpoint.size, path, checkpoint.root)
    assert orjson.loads(proof["record"])["request"] == listed["request"]
    async with busy_log.database.connection("none") as connection:
        row = await connection.fetchrow(
            "select secret, subjects from audit.record where seq = $1", listed["index"]
        )
    whole = str(proof)
    assert row["secret"].hex() not in whole
    assert row["subjects"][:32].hex() not in whole
    assert proof["kindByte"] == bytes.fromhex(proof["commitment"])[1]
    assert sha256(proof["record"].encode()).hexdigest() not in whole


async def test_an_entry_that_is_not_there_is_null_and_the_look_up_on_record(busy_log):
    assert await entry(busy_log, 1_000_000) is None
    (record, *_) = await nodes(busy_log, kind="lookup")
    assert record["fields"] == ["AccessEntryDetail"]
    with pytest.raises(InvalidDocumentError):
        await entry(busy_log, -1)


async def test_others_than_auditors_see_no_entry_and_no_timeline(audited, world):
    for document in (
        "{ accessEntry(index: 0) { index } }",
        f'{{ accessTimeline(subject: "{world.numbers[0]}") {{ total }} }}',
    ):
        with pytest.raises(NotGrantedError):
            await audited.body(document, OFFICER)


async def test_a_timeline_counts_what_was_read_of_a_person_by_day(audited, world):
    number = world.numbers[5]
    before = await timeline(audited, number)
    for at in (NOW, NOW, NOW + timedelta(days=2)):
        request = Request(POINT, {"n": number}, None, INSURER, "r-1", at)
        await audited.answerer.answer(request)
    await audited.body(LIVED_IN, OFFICER, n=number)
    await audited.body(POINT, OFFICER, n=world.numbers[0])

    found = await timeline(audited, number, since=(NOW - timedelta(days=1)).isoformat())
    listed = await nodes(audited, subject=number)
    listed = [n for n in listed if n["request"] == "r-1" and n["kind"] == "answer"]

    days = {day["day"]: day for day in found["days"]}
    assert list(days) == sorted(days, reverse=True)
    later = days[max(days)]
    assert (later["count"], later["denials"]) == (1, 1)
    assert later["departments"] == [
        {"value": "medical-insurance", "nameZh": "医疗保障", "count": 1}
    ]
    assert found["lastAt"] == (NOW + timedelta(days=2)).isoformat()
    insurers = {d["value"]: d["count"] for d in found["departments"]}["medical-insurance"]
    assert insurers >= 3
    assert {p["value"] for p in found["purposes"]} >= {"PUSH", "CASE"}
    assert found["total"] >= before["total"] + 4
    assert found["isExact"]
    fields = {f["value"]: f["count"] for f in found["fields"]}
    assert fields["Population.name"] == sum("Population.name" in n["fields"] for n in listed)


async def test_a_timeline_is_on_record_about_the_person_and_of_nobody_is_empty(audited, world):
    number = world.numbers[6]
    first = await timeline(audited, number)
    second = await timeline(audited, number)
    assert second["total"] == first["total"] + 1

    nobody = await timeline(audited, number_of(998, (NOW - timedelta(days=9_999)).date()))
    assert (nobody["total"], nobody["days"], nobody["firstAt"]) == (0, [], None)


async def test_of_many_entries_the_newest_are_counted_and_it_says_so(audited, world, monkeypatch):
    number = world.numbers[7]
    for _ in range(3):
        await audited.body(LIVED_IN, OFFICER, n=number)
    monkeypatch.setattr(access_timeline, "COUNTED_ENTRIES", 2)
    found = await timeline(audited, number)

    assert found["total"] >= 3
    assert sum(day["count"] for day in found["days"]) == 2
    assert not any(p["isExact"] for day in found["days"] for p in day["purposes"])


async def test_a_number_given_as_a_department_is_not_on_record(audited):
    number = "690106197903150012"
    await told(audited, PROFILE, department=number)

    (record, *_) = await nodes(audited, kind="lookup")
    whole = await entry(audited, record["index"])
    assert (record["fields"], whole["proof"]["record"].count(number)) == (["AccessProfile"], 0)


async def test_a_profile_shows_a_department_beside_its_days_before(audited, world):
    given = {
        "department": "medical-insurance",
        "day": (NOW + timedelta(days=30)).date().isoformat(),
    }
    for days in (30, 30, 28, 22):
        at = NOW + timedelta(days=days)
        request = Request(POINT, {"n": world.numbers[8]}, None, INSURER, "r-1", at)
        await audited.answerer.answer(request)
    found = (await told(audited, PROFILE, **given))["accessProfile"]

    assert (found["nameZh"], found["total"], found["before"]) == ("医疗保障", 3, 1)
    assert (found["denials"], found["denialsBefore"]) == (3, 1)
    assert [day["count"] for day in found["days"]] == [0, 0, 0, 0, 1, 0, 2]
    assert found["days"][-1]["day"] == found["until"] == given["day"]
    usual = {day["day"]: day["usual"] for day in found["days"]}
    assert usual[(NOW + timedelta(days=29)).date().isoformat()] == 1
    assert sum(usual.values()) == 1
    assert sum(hour["count"] for hour in found["hours"]) == 3
    assert sum(hour["before"] for hour in found["weekdays"]) == 1
    (purpose,) = found["purposes"]
    assert (purpose["value"], purpose["count"], purpose["before"]) == ("PUSH", 3, 1)
    assert {r["value"]: r["count"] for r in found["reasons"]} == {"NOT_GRANTED": 3}

    (record, *_) = await nodes(audited, kind="lookup")
    assert record["fields"] == ["AccessProfile"]
    for wrong in ({"days": 0}, {"days": 93}, {"department": "No Such"}):
        with pytest.raises(InvalidDocumentError):
            await told(audited, PROFILE, **{**given, **wrong})
