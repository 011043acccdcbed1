"""A person checks that their list is whole: the log commits to everybody's, and hides none."""

import asyncio
from datetime import timedelta
from functools import partial

import orjson
import pytest

from audit import list_maker
from audit.checkpoint import NoteSigner
from audit.cli import main
from audit.entry import EntryKind
from audit.list_maker import commit_lists
from audit.log import Log
from audit.postgres import PostgresStorage
from audit.verify import verify_database
from hub.access import default_policy_text
from hub.background import record_lists
from hub.errors import AuditUnavailableError
from hub.http.usage import _told
from hub.query.policies import publish_policy
from tests.fakes.audit_log import Break, FakeLog
from tests.support.asking import AUDITOR, OFFICER, PORTAL, asking
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
LIST = """query ($n: [String!]!) { people(nationalIds: $n) { person { population {
  name sex birthDate } } } }"""
LOOKUP = "query ($n: String) { accessLog(subject: $n, first: 50) { edges { node { index } } } }"
USAGES = """query ($a: String!, $first: Int = 200, $offset: Int = 0) {
  usages(assertion: $a, first: $first, offset: $offset) {
    edges { node { index at kind department receiver receiverZh system purpose action actionZh
      fields fieldsZh legalBasis isOwn isHousehold proof } } } }"""
SIGNER = NoteSigner("hub.test/log", b"\7" * 32)


@pytest.fixture
async def scene(district, catalogue, own_district):
    async with Log(PostgresStorage(own_district), SIGNER, lambda: NOW) as log:
        made = asking(own_district, district[2], catalogue, log=log)
        async with made.database.connection() as connection:
            await publish_policy(connection, default_policy_text(), catalogue, NOW)
        yield made
        await made.database.close()


async def commit(scene, journal=None, now=NOW):
    async with scene.database.connection() as connection:
        return await commit_lists(connection, partial(record_lists, journal or scene.log), now)


async def told(scene, number, **given):
    return _told(await scene.body(USAGES, PORTAL, a=number, **given))


@pytest.fixture
def verdict(tmp_path, capsys):
    def verdict(answer, *more):
        file = tmp_path / "answer.json"
        file.write_bytes(orjson.dumps(answer))
        status = main(["verify-list", str(file), "--vkey", SIGNER.vkey, "--json", *more])
        return status, orjson.loads(capsys.readouterr().out)

    return verdict


async def test_a_list_is_whole_and_what_is_tampered_with_is_named(
    scene, world, verdict, own_district
):
    number, empty = world.numbers[2], world.numbers[9]
    earlier = len((await told(scene, number))["usages"]) + 1  # this look is one too
    for _ in range(3):
        await scene.body(LIST, OFFICER, n=world.numbers[:6])
    await scene.body(LOOKUP, AUDITOR, n=number)
    before = await told(scene, number)
    entry = await commit(scene)
    await scene.body(LIST, OFFICER, n=world.numbers[:6])
    answer = await told(scene, number)
    nothing = await told(scene, empty)

    assert verdict(before)[0] == 2
    status, out = verdict(answer)
    assert (status, out["verdict"]) == (0, "whole")
    # Three lists, an auditor's look that is shown later, one look of the person's own.
    hidden = out["not_shown_yet"]
    assert (out["committed_by"], out["listed"]) == (entry, earlier + 4 + hidden)
    assert hidden >= 1
    assert len(answer["usages"]) == earlier + 5  # one after the list, and without the auditor's
    status, out = verdict(nothing)
    assert (status, out["listed"]) == (0, 0)
    assert nothing["lists"]["subjects"][0]["marks"] == []

    def changed(change):
        copy = orjson.loads(orjson.dumps(answer))
        change(copy)
        return verdict(copy)

    listed = answer["usages"][-1]["index"]
    other = await told(scene, world.numbers[3])
    cases = {
        "a row left out of the answer": (
            lambda a: (a["usages"].pop(), a.update(totalUsages=a["totalUsages"] - 1)),
            f"entry {listed}",
        ),
        "an entry left out of the list": (
            lambda a: a["lists"]["subjects"][0]["marks"].pop(0), "tag 1",
        ),
        "a wrong count": (lambda a: a["lists"]["subjects"][0].update(count=999), "tag 1"),
        "another entry's number": (
            lambda a: a["lists"]["subjects"][0]["marks"][0].update(index=0), "tag 1",
        ),
        "another person's list": (
            lambda a: a["lists"].update(subjects=other["lists"]["subjects"]), f"entry {listed}",
        ),
        "no list of one's tag": (lambda a: a["lists"].update(subjects=[]), f"entry {listed}"),
        "another entry of the log": (
            lambda a: a["lists"].update(
                entry=a["lists"]["entry"].replace(f"index {entry}", f"index {entry - 1}")
            ),
            f"entry {entry - 1}",
        ),
    }  # fmt: skip
    for what, (change, place) in cases.items():
        status, out = changed(change)
        assert status == 1, what
        assert place in {problem["place"] for problem in out["problems"]}, what
    second = await commit(scene, now=NOW + timedelta(minutes=30))
    later = await told(scene, number)
    night = orjson.loads(orjson.dumps(later))
    night["lists"]["subjects"] = answer["lists"]["subjects"]
    assert (verdict(later)[0], verdict(later)[1]["committed_by"]) == (0, second)
    assert verdict(night)[0] == 1, "the list of another night"
    verified = await asyncio.to_thread(verify_database, own_district, SIGNER.vkey)
    assert not verified.problems


async def test_an_entry_that_the_list_was_made_without_is_missing_in_it(
    scene, world, verdict, monkeypatch
):
    number = world.numbers[2]
    hidden = (await scene.body(LIST, OFFICER, n=[number]))["extensions"]["receipt"]["index"]
    await scene.body(LIST, OFFICER, n=[number])
    leaf = list_maker.leaf_of

    def without(salt, secret, tag, entries):
        return leaf(salt, secret, tag, [index for index in entries if index != hidden])

    monkeypatch.setattr(list_maker, "leaf_of", without)
    await commit(scene)
    answer = await told(scene, number)

    # The hub cannot open a leaf that lacks one of the entries that it shows...
    assert verdict(answer)[0] == 1
    # ... nor does it help to keep the row back: the count of the leaf is one less than was shown.
    subject = answer["lists"]["subjects"][0]
    subject["marks"] = subject["marks"][1:]
    assert verdict(answer)[0] == 1


async def test_one_page_of_several_is_not_called_whole(scene, world, verdict):
    for _ in range(3):
        await scene.body(LIST, OFFICER, n=world.numbers[:2])
    await commit(scene)

    page = await told(scene, world.numbers[1], first=2)
    second = await told(scene, world.numbers[1], first=2, offset=2)

    assert verdict(page)[0] == 2
    assert "one page" in verdict(page)[1]["reason"]
    assert second["lists"] is None


class Killed(Exception):  # noqa: N818 - what happens to the process
    """The process ends here."""


async def test_a_run_that_is_killed_goes_on_and_commits_once(scene, world, verdict, own_district):
    await scene.body(LIST, OFFICER, n=world.numbers[:6])

    def kill(done, size):
        if done == 100:
            raise Killed

    async with scene.database.connection() as connection:
        append = partial(record_lists, scene.log)
        with pytest.raises(Killed):
            await commit_lists(connection, append, NOW, kill)
        begun = await connection.fetchrow("select * from audit.list")
        kept = await connection.fetch(
            "select bucket, xmin::text from audit.list_bucket order by bucket"
        )
    await scene.body(LIST, OFFICER, n=world.numbers[:6])
    entry = await commit(scene)
    async with scene.database.connection() as connection:
        after = await connection.fetchrow("select * from audit.list")
        again = await connection.fetch(
            "select bucket, xmin::text from audit.list_bucket order by bucket"
        )
    answer = await told(scene, world.numbers[2])

    assert len(kept) == 100
    assert again[:100] == kept  # what was done is not done again
    assert (after["stop"], after["secret"]) == (begun["stop"], begun["secret"])
    assert after["entry"] == entry
    assert verdict(answer)[0] == 0


@pytest.mark.parametrize("broken", list(Break))
async def test_a_list_whose_entry_is_not_on_record_is_not_told(scene, world, broken):
    await scene.body(LIST, OFFICER, n=world.numbers[:6])
    failing = FakeLog()
    failing.breaks = broken
    with pytest.raises(AuditUnavailableError):
        await commit(scene, failing)
    answer = await told(scene, world.numbers[2])
    entry = await commit(scene)
    later = await told(scene, world.numbers[2])

    assert answer["lists"] is None
    assert f"index {entry}\n" in later["lists"]["entry"]


async def test_only_two_lists_are_kept_and_all_stay_on_the_log(scene, world):
    made = []
    for day in range(3):
        await scene.body(LIST, OFFICER, n=world.numbers[:2])
        made.append(await commit(scene, now=NOW + timedelta(days=day)))
    async with scene.database.connection() as connection:
        kept = [r[0] for r in await connection.fetch("select entry from audit.list order by stop")]
        buckets = await connection.fetchval("select count(distinct stop) from audit.list_bucket")
        kinds = await connection.fetch(
            "select seq from audit.record where kind = $1 order by 1", 14
        )

    assert kept == made[1:]
    assert buckets == 2
    assert [row[0] for row in kinds] == made


async def test_a_list_from_before_a_pruning_is_not_told(scene, world):
    await scene.body(LIST, OFFICER, n=world.numbers[:2])
    await commit(scene)
    async with scene.database.connection() as connection:
        await connection.execute("update audit.list set start = start + 256")
    answer = await told(scene, world.numbers[1])

    assert answer["lists"] is None
    assert EntryKind.LISTS == "lists"
