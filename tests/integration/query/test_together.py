"""Whoever asks while others ask by the same plan gets, and is on record with, the same as alone."""

import asyncio
from dataclasses import replace
from random import Random

import orjson
import pytest

from hub.errors import AuditUnavailableError, HubError, SealBrokenError
from hub.query.answer import Request
from hub.query.plans import Prepared
from hub.query.together import Together
from tests.fakes.audit_log import Break
from tests.support.asking import ANALYST, INSURER, OFFICER, WARNER, asking
from tests.support.operations import Maker
from tests.support.putting import put_in_force
from tests.support.world import NOW

pytestmark = [pytest.mark.anyio, pytest.mark.database]
POINT = """query Point($n: String!) {
  person(nationalId: $n) {
    id
    population { name birthDate phone }
    medicalEnrolments { scheme }
    household { region score { total } members { relation person { id population { name } } } }
  }
}"""
DEEP = """query Deep($n: String!, $day: Date) {
  person(nationalId: $n, asOf: $day) {
    id
    medicalEnrolments { scheme validFrom }
    household { members { person {
      disabilityCertificates { category }
      household { members { person { id population { sex } } } }
    } } }
  }
}"""
NOBODYS = ("690101190001010007", "not a number", "")
"""What is no number, or that of nobody."""
SHAPES = 60
"""Generated selections of a person, each asked by several at once."""


def asked_for(document, caller, variables, request_id):
    return Request(document, variables, None, caller, request_id, NOW)


async def answered(ask, request):
    """Return what is told to who asks, without the receipt; or how it fails."""
    try:
        body = orjson.loads((await ask.answerer.answer(request)).body)
    except HubError as problem:
        return type(problem), str(problem)
    told = body["extensions"]
    return {**body, "extensions": {name: told[name] for name in ("cost", "knownAt")}}


async def all_at_once(ask, requests):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(answered(ask, each)) for each in requests]
    return [task.result() for task in tasks]


async def one_by_one(ask, requests):
    """Return what each gets where nobody goes together."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Prepared, "goes_together", property(lambda _: False))
        return [await answered(ask, each) for each in requests]


def on_record(ask):
    """Return the entry of each request: its record, and about whom it is, by field set."""
    return {
        (record := orjson.loads(entry.record))["request"]: (
            record,
            sorted((tag.hex(), fields) for tag, fields in entry.subjects),
        )
        for entry in ask.log.entries
    }


async def the_same(ask, requests):
    """Ask one by one and then all at once; see that neither who asks nor the log can tell.

    Return what was answered and how many statements it took at once.
    """
    ask.log.entries.clear()
    alone = await one_by_one(ask, requests)
    recorded = on_record(ask)
    ask.log.entries.clear()
    before = ask.database.statements
    together = await all_at_once(ask, requests)
    assert together == alone
    assert on_record(ask) == recorded
    assert len(recorded) == len(requests)
    return together, ask.database.statements - before


@pytest.fixture
def numbers(world):
    """Numbers of everybody, of nobody, and of some twice; those of a household side by side."""
    return [*world.numbers, *NOBODYS, *world.numbers[:5], world.numbers[0]]


async def test_who_goes_together_gets_what_each_gets_alone(ask, numbers):
    street = replace(WARNER, actor="u18", area=("420106001",))
    callers = [WARNER, INSURER, replace(WARNER, actor="u18"), street]
    requests = [
        asked_for(POINT, callers[n % 4], {"n": number}, f"r-{n}")
        for n, number in enumerate(numbers * 2)
    ]

    found, statements = await the_same(ask, requests)

    assert len({str(each) for each in found}) > 20
    people = [each["data"]["person"] for each in found if each["data"]["person"]]
    assert len(people) > len(requests) // 3
    assert statements < len(requests) // 3
    shown = {
        caller: [
            bool(e["data"]["person"])
            for e, r in zip(found, requests, strict=True)
            if r.caller == caller
        ]
        for caller in (WARNER, street)
    }
    assert sum(shown[street]) < sum(shown[WARNER])


async def test_each_day_and_each_step_further_is_told_apart(ask, numbers):
    days = (None, "2026-11-23", "2026-10-01", "2020-01-01")
    requests = [
        asked_for(DEEP, WARNER, {"n": number, "day": days[n // len(numbers)]}, f"r-{n}")
        for n, number in enumerate(numbers * 4)
    ]

    found, statements = await the_same(ask, requests)

    assert len({str(each) for each in found}) > 15
    assert statements < len(requests) // 3


async def test_where_a_case_is_named_each_goes_alone(ask, numbers, monkeypatch):
    monkeypatch.setattr(Together, "shown", None)
    requests = [asked_for(POINT, OFFICER, {"n": n}, f"r-{i}") for i, n in enumerate(numbers)]

    found, _ = await the_same(ask, requests)

    assert any(each["data"]["person"] for each in found)


def selections(schema, world, seed, count):
    """Give documents that ask for a person by a variable, of any selection that there is."""
    maker = Maker(schema, world, Random(seed))
    while count:
        maker.fragments, maker.aliases, maker.records = [], 0, 0
        body = maker.selection("Person", 1)
        text = "query Made($yes: Boolean!, $no: Boolean = false, $n: String!) "
        yes = "used: __typename @include(if: $yes) @skip(if: $no)"
        document = "\n".join(
            [f"{text}{{ {yes} r: person(nationalId: $n) {body} }}", *maker.fragments]
        )
        yield document, {"yes": maker.random.random() < 0.7}
        count -= 1


async def ask_selections(ask, world, numbers, seed, count):
    """Ask each of several selections by ten at once; return how many were shown, and were spared.

    Spared are those that took fewer than half as many statements as there were requests.
    """
    random, shown, spared = Random(seed), 0, 0
    for document, given in selections(ask.answerer.documents.schema, world, seed, count):
        caller = random.choice((WARNER, ANALYST, INSURER))
        chosen = random.choices(numbers, k=10)
        requests = [
            asked_for(document, caller, {**given, "n": n}, f"r-{i}") for i, n in enumerate(chosen)
        ]
        found, statements = await the_same(ask, requests)
        shown += sum(isinstance(each, dict) and bool(each["data"].get("r")) for each in found)
        spared += 0 < statements < len(requests) // 2
    return shown, spared


@pytest.mark.timeout(300)
async def test_whatever_is_selected_goes_together_as_it_goes_alone(ask, world, numbers):
    shown, spared = await ask_selections(ask, world, numbers, 11, SHAPES)

    assert shown > SHAPES
    assert spared > SHAPES // 3


@pytest.mark.prove
@pytest.mark.timeout(3600)
async def test_two_thousand_selections_go_together_as_they_go_alone(ask, world, numbers):
    told = [await ask_selections(ask, world, numbers, seed, 100) for seed in range(2_000, 2_020)]

    shown, spared = map(sum, zip(*told, strict=True))
    print(f"\n2,000 selections, each by ten at once and by each alone: {shown} people shown,")
    print(f"{spared} took fewer than five statements; every answer and every entry is the same.")
    assert shown > 2_000
    assert spared > 700


async def test_a_value_that_does_not_open_fails_the_one_it_is_shown_to(
    district, own_district, catalogue
):
    _, world, keyring = district
    row = world.tables["population"][0]
    ask = asking(own_district, keyring, catalogue)
    async with ask.database.connection() as connection:
        await connection.execute(
            "update population set sealed_phone = set_byte(sealed_phone, 20, "
            "get_byte(sealed_phone, 20) # 1) where identity_id = $1",
            row["identity_id"],
        )
    text = "query ($n: String!) { person(nationalId: $n) { population { phone } } }"
    numbers = world.numbers[:7]
    requests = [asked_for(text, WARNER, {"n": n}, f"r-{i}") for i, n in enumerate(numbers)]

    together = await all_at_once(ask, requests)

    assert together == await one_by_one(ask, requests)
    failed = [n for n, each in zip(numbers, together, strict=True) if isinstance(each, tuple)]
    assert failed == [row["values"]["national_id"]]
    assert together[numbers.index(failed[0])][0] is SealBrokenError
    await ask.database.close()


async def test_nothing_is_opened_of_rows_that_are_of_another_policys_time(
    district, own_district, catalogue
):
    _, world, keyring = district
    ask = asking(own_district, keyring, catalogue)
    requests = [
        asked_for(POINT, WARNER, {"n": n}, f"r-{i}") for i, n in enumerate(world.numbers[:6])
    ]
    before = await all_at_once(ask, requests)
    await put_in_force(own_district, catalogue)
    ask.opened.clear()

    changed = await all_at_once(ask, requests)

    opened = list(ask.opened)
    ask.opened.clear()
    assert changed == await all_at_once(ask, requests) != before
    assert sorted(opened) == sorted(ask.opened)
    await ask.database.close()


class Held:
    """A fetcher that fetches nothing until it may."""

    def __init__(self, fetcher):
        self.fetcher = fetcher
        self.is_asked, self.may = asyncio.Event(), asyncio.Event()

    async def fetch_for(self, *given):
        self.is_asked.set()
        await self.may.wait()
        return await self.fetcher.fetch_for(*given)


async def test_who_leaves_takes_nobody_along(ask, world, monkeypatch):
    requests = [asked_for(POINT, WARNER, {"n": n}, f"r-{n}") for n in world.numbers[:8]]
    alone = await one_by_one(ask, requests)
    ask.log.entries.clear()

    held = Held(ask.answerer.fetcher)
    monkeypatch.setattr(ask.answerer._together, "_fetcher", held)
    tasks = [asyncio.create_task(answered(ask, each)) for each in requests]
    await held.is_asked.wait()
    for task in tasks[::3]:
        task.cancel()
    held.may.set()
    await asyncio.wait(tasks)

    left = [task.result() for n, task in enumerate(tasks) if n % 3]
    assert left == [each for n, each in enumerate(alone) if n % 3]
    assert all(task.cancelled() for task in tasks[::3])
    assert set(on_record(ask)) == {f"r-{n}" for i, n in enumerate(world.numbers[:8]) if i % 3}
    await asyncio.sleep(0)
    assert ask.answerer._together.is_idle


@pytest.mark.parametrize("how", Break)
async def test_what_cannot_be_put_on_record_is_answered_to_none_of_them(ask, world, how):
    requests = [asked_for(POINT, WARNER, {"n": n}, f"r-{n}") for n in world.numbers[:6]]
    ask.log.breaks = how

    found = await all_at_once(ask, requests)

    assert {each[0] for each in found} == {AuditUnavailableError}
