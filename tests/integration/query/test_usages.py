"""A person sees who read their data and why, with proofs, and nothing of anybody else."""

from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from audit.checkpoint import NoteSigner, NoteVerifiers
from audit.cli import main
from audit.entry import Entry, EntryKind, SubjectAccess
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.search import index_behind
from audit.usage_check import check_usages
from hub.access import Caller, default_policy_text
from hub.errors import AuditUnavailableError, NotGrantedError
from hub.http.usage import _told
from hub.query.citizens import CitizenNotAssertedError
from hub.query.model import RootKind
from hub.query.policies import publish_policy
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR, INSURER, OFFICER, PORTAL, asking
from tests.support.world import NOW, number_of

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POINT = "query ($n: String!) { person(nationalId: $n) { population { name sex birthDate } } }"
LIST = """query ($n: [String!]!) { people(nationalIds: $n) { person { population {
  name sex birthDate } } } }"""
LOOKUP = "query ($n: String) { accessLog(subject: $n, first: 50) { edges { node { index } } } }"
USAGES = """query ($a: String!, $first: Int = 50, $after: String, $since: DateTime,
                   $until: DateTime, $offset: Int = 0) {
  usages(assertion: $a, first: $first, after: $after, since: $since, until: $until,
         offset: $offset) {
    edges { cursor node { index at kind department receiver receiverZh system purpose action
      actionZh fields fieldsZh legalBasis isOwn isHousehold proof } }
    pageInfo { hasNextPage endCursor } } }"""
_USAGES = RootKind.USAGES
_LATER = (NOW + timedelta(days=1)).isoformat()
SIGNER = NoteSigner("hub.test/log", b"\7" * 32)


@pytest.fixture
async def scene(district, catalogue, own_district):
    async with Log(PostgresStorage(own_district), SIGNER, lambda: NOW) as log:
        made = asking(own_district, district[2], catalogue, log=log)
        async with made.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), catalogue, NOW)
        yield made
        await made.database.close()


def rows(body):
    return [edge["node"] for edge in body["data"]["usages"]["edges"]]


async def test_a_person_is_told_who_read_what_about_them_and_why(scene, world):
    number = world.numbers[4]
    asked = await scene.body(POINT, OFFICER, n=number)
    await scene.body(POINT, INSURER, n=world.numbers[0])

    body = await scene.body(USAGES, PORTAL, a=number)
    (row,) = rows(body)

    assert row["index"] == asked["extensions"]["receipt"]["index"]
    assert (row["department"], row["system"]) == ("civil-affairs", "ca-officer")
    assert row["receiverZh"] == "民政"
    assert (row["purpose"], row["actionZh"], row["action"]) == (
        "CASE",
        "走访与帮扶",
        "visit and services",
    )
    assert row["fieldsZh"] == ["个人标识", "人口基本信息"]
    assert "Population" not in "".join(row["fields"])
    assert "社会救助" in row["legalBasis"]
    assert (row["isOwn"], row["isHousehold"]) == (False, False)
    told = body["extensions"]["usage"]
    assert (told["total"], told["shown"], told["delayed"]) == (1, 1, 0)


async def test_a_list_of_many_tells_each_of_themselves_and_nothing_of_the_others(scene, world):
    await scene.body(LIST, OFFICER, n=world.numbers[:6])
    first = rows(await scene.body(USAGES, PORTAL, a=world.numbers[2]))
    other = rows(await scene.body(USAGES, PORTAL, a=world.numbers[3]))

    (mine, its) = first[0], other[0]
    assert mine["index"] == its["index"]
    assert set(mine) == set(its)
    one, two = orjson.loads(mine.pop("proof")), orjson.loads(its.pop("proof"))
    assert mine == its  # no name, no number, nothing that tells one person from another
    assert two["subject"] not in orjson.dumps(one).decode()
    assert one["record"] == two["record"]


async def test_the_look_is_on_record_and_stands_in_the_next_list_as_ones_own(scene, world):
    number = world.numbers[4]
    first = await scene.body(USAGES, PORTAL, a=number)
    (row,) = rows(await scene.body(USAGES, PORTAL, a=number))

    assert rows(first) == []
    assert row["index"] == first["extensions"]["receipt"]["index"]
    assert (row["isOwn"], row["kind"], row["department"]) == (True, "lookup", "portal")


async def test_an_inquiry_is_counted_and_shown_later(scene, world, district, catalogue):
    number = world.numbers[4]
    await scene.body(LOOKUP, AUDITOR, n=number)
    early = await scene.body(USAGES, PORTAL, a=number)
    now = NOW + timedelta(days=90, seconds=-1)
    scene.answerer.registers[_USAGES].clock = lambda: now
    before = await scene.body(USAGES, PORTAL, a=number)
    scene.answerer.registers[_USAGES].clock = lambda: now + timedelta(seconds=1)
    late = await scene.body(USAGES, PORTAL, a=number)

    assert [early["extensions"]["usage"][n] for n in ("total", "shown", "delayed")] == [1, 0, 1]
    assert before["extensions"]["usage"]["delayed"] == 1
    assert "audit-office" not in {row["department"] for row in rows(before)}
    assert late["extensions"]["usage"]["delayed"] == 0
    assert rows(late)[-1]["department"] == "audit-office"


async def test_pages_and_periods_miss_nothing(scene, world):
    number = world.numbers[4]
    made = [
        (await scene.body(POINT, OFFICER, n=number))["extensions"]["receipt"]["index"]
        for _ in range(5)
    ]
    seen, after = [], None
    while True:
        body = await scene.body(USAGES, PORTAL, a=number, first=2, after=after, until=_LATER)
        seen += [row["index"] for row in rows(body) if not row["isOwn"]]
        after = body["data"]["usages"]["pageInfo"]["endCursor"]
        if not body["data"]["usages"]["pageInfo"]["hasNextPage"]:
            break
    skipped = rows(await scene.body(USAGES, PORTAL, a=number, first=200, offset=1))

    assert seen == made[::-1]
    assert len(skipped) == len(rows(await scene.body(USAGES, PORTAL, a=number, first=200))) - 2
    assert rows(await scene.body(USAGES, PORTAL, a=number, since=_LATER)) == []


async def test_what_is_indexed_and_what_is_not_yet_are_found_alike(scene, world):
    number = world.numbers[4]
    for _ in range(3):
        await scene.body(LIST, OFFICER, n=world.numbers[:6])
    async with scene.database.connection() as connection:
        while await index_behind(connection, 2):
            pass
    await scene.body(POINT, OFFICER, n=number)

    body = await scene.body(USAGES, PORTAL, a=number)

    assert body["extensions"]["usage"]["total"] == 4


async def test_each_row_is_proven_and_a_changed_one_is_found_by_its_place(
    scene, world, tmp_path, capsys
):
    number = world.numbers[2]
    await scene.body(LIST, OFFICER, n=world.numbers[:6])
    await scene.body(POINT, OFFICER, n=number)
    answer = _told(await scene.body(USAGES, PORTAL, a=number))
    file = tmp_path / "answer.json"
    verifier = NoteVerifiers.from_vkeys([SIGNER.vkey])

    def verdict(changed):
        file.write_bytes(orjson.dumps(changed))
        return main(["verify-usage", str(file), "--vkey", SIGNER.vkey]), capsys.readouterr().out

    status, out = verdict(answer)
    assert (status, "WHOLE" in out) == (0, True)
    assert len(answer["usages"]) == 2
    changes = {
        "subject": "00" * 36,
        "record": "00" * 32,
        "count": answer["usages"][1]["proof"]["count"] + 1,
        "kind": 4,
        "salt": "00" * 16,
        "leafSalt": "zz",
        "path": answer["usages"][1]["proof"]["path"][1:],
        "place": 0,
    }
    for key, value in changes.items():
        changed = orjson.loads(orjson.dumps(answer))
        row = changed["usages"][1]
        assert row["proof"][key] != value
        row["proof"][key] = value
        status, out = verdict(changed)
        assert status == 1, key
        assert f"entry {row['index']}" in out, key
    elsewhere = orjson.loads(orjson.dumps(answer))
    elsewhere["usages"][0]["index"] += 1
    assert check_usages(elsewhere, verifier).status == 1
    twice = orjson.loads(orjson.dumps(answer))
    twice["usages"].append(twice["usages"][0])
    assert "stands twice" in verdict(twice)[1]
    other = NoteSigner("hub.test/log", b"\x08" * 32)
    assert check_usages(answer, NoteVerifiers.from_vkeys([other.vkey])).status == 1
    assert "has no proof" in verdict({**answer, "usages": [{"index": 1}]})[1]


async def test_nobody_known_is_told_of_nothing_and_it_is_on_record(scene):
    body = await scene.body(USAGES, PORTAL, a=number_of(998, date(1990, 1, 1)))

    assert rows(body) == []
    assert body["extensions"]["receipt"]["index"] >= 0


async def test_only_the_portal_for_that_purpose_is_told(scene, world):
    for caller in (
        OFFICER,
        AUDITOR,
        Caller("portal", "portal", "AUDIT", "portal-1"),
        Caller("civil-affairs", "portal", "TRANSPARENCY", "portal-1"),
    ):
        with pytest.raises(NotGrantedError):
            await scene.body(USAGES, caller, a=world.numbers[4])


async def test_an_assertion_that_does_not_hold_discloses_nothing_and_is_on_record(
    district, catalogue, world
):
    class Strict:
        async def number(self, assertion, caller):
            raise CitizenNotAssertedError("The assertion of the citizen is refused: it is old.")

    log = FakeLog()
    made = asking(district[0], district[2], catalogue, log=log, citizens=Strict())
    with pytest.raises(CitizenNotAssertedError):
        await made.body(USAGES, PORTAL, a=world.numbers[4])
    await made.database.close()

    (entry,) = (e for e in log.entries if e.kind is EntryKind.DENIAL)
    assert orjson.loads(entry.record)["reason"] == "CITIZEN_NOT_ASSERTED"
    assert world.numbers[4].encode() not in entry.record


@pytest.mark.parametrize("broken", list(Break))
async def test_without_a_record_of_the_look_nothing_is_told(district, catalogue, world, broken):
    log = FakeLog()
    made = asking(district[0], district[2], catalogue, log=log)
    log.breaks = broken
    with pytest.raises(AuditUnavailableError):
        await made.body(USAGES, PORTAL, a=world.numbers[4])
    await made.database.close()


async def test_an_entry_about_a_household_is_told_on_the_days_of_belonging_only(
    scene, world, district
):
    number = world.numbers[0]
    async with scene.database.connection() as connection:
        tags = list(scene.answerer.tags.people(number))
        found = await connection.fetchrow(
            "select h.log_alias, m.valid_from from person_tag t join membership m "
            "using (cell, person_id) join household h using (cell, household_id) "
            "where t.tag = any($1) and m.known_to = 'infinity'",
            tags,
        )
    tag = scene.answerer.disclosures.tagger.subject(found["log_alias"])
    fields = await scene.log.define(["Score.total"])
    for day in (found["valid_from"] - timedelta(days=2), found["valid_from"] + timedelta(days=1)):
        at = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        content = {
            "at": int(at.timestamp() * 1000), "department": "civil-affairs", "purpose": "WARN",
            "role": "officer",
        }  # fmt: skip
        await scene.log.append(
            Entry.stating(EntryKind.ANSWER, content, [SubjectAccess(tag, fields)])
        )

    (row,) = rows(await scene.body(USAGES, PORTAL, a=number))

    assert row["isHousehold"] is True
    assert row["at"].startswith((found["valid_from"] + timedelta(days=1)).isoformat())
    assert row["action"] == "early warning"


_HOMES = """
    select h.log_alias, m.valid_from from person_tag t join membership m using (cell, person_id)
    join household h using (cell, household_id)
    where t.tag = any($1::bytea[]) and m.known_to = 'infinity' order by m.valid_from
"""


async def test_an_entry_about_two_households_tells_of_the_one_they_belonged_to_then(scene, world):
    number, tagger = world.numbers[0], scene.answerer.disclosures.tagger
    async with scene.database.connection() as connection:
        homes = await connection.fetch(_HOMES, list(scene.answerer.tags.people(number)))
    before, after = (tagger.subject(home["log_alias"]) for home in homes)
    fields = await scene.log.define(["Score.total"]), await scene.log.define(["Visit.visitedOn"])
    about = [SubjectAccess(before, fields[0]), SubjectAccess(after, fields[1])]
    moved = datetime.combine(homes[1]["valid_from"], datetime.min.time(), UTC)
    for at in (moved - timedelta(days=2), moved + timedelta(days=2)):
        content = {"at": int(at.timestamp() * 1000), "department": "civil-affairs"}
        await scene.log.append(Entry.stating(EntryKind.ANSWER, content, about))

    told = rows(await scene.body(USAGES, PORTAL, a=number))

    assert [row["fields"] for row in told] == [
        ["visit to a warned family"],
        ["early-warning score"],
    ]
    assert [orjson.loads(row["proof"])["subject"][:64] for row in told] == [
        after.hex(),
        before.hex(),
    ]
