"""An export is whole and of one moment, or it says that it is not."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from hub.access import Caller
from hub.errors import (
    InvalidDocumentError,
    NotGrantedError,
    StoreUnavailableError,
    TooCostlyError,
)
from hub.query.answer import Request
from hub.query.disclosure import Disclosures
from hub.query.export import Exporter
from hub.query.quota import Quota, QuotaExceededError, Quotas
from tests.fakes.audit_log import FakeLog
from tests.fakes.front_door import FakeFrontDoor, denial
from tests.fakes.quota_ledger import FakeLedger

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
CALLER = Caller("civil-affairs", "officer", "WARN", "c")
HOUSEHOLDS = """query ($after: String, $known: DateTime, $day: Date) {
  households(after: $after, knownAt: $known, asOf: $day) { edges { cursor node { id } } } }"""
PEOPLE = "query ($n: [String!]!) { people(nationalIds: $n) { person { id } } }"


@pytest.fixture
def log():
    return FakeLog()


@pytest.fixture
def begin(documents, log, meter):
    def begun(door, text=HOUSEHOLDS, **variables):
        request = Request(text, variables, None, CALLER, "r-1", AT)
        return Exporter(documents, door, Disclosures(log, None), meter).begin(request)

    return begun


@pytest.fixture
def ledger():
    return FakeLedger()


@pytest.fixture
def meter(ledger):
    return Quotas(ledger, Quota(100, 60), {}, lambda: 1_000.0)


async def lines_of(export) -> list[dict]:
    lines = []
    while not export.is_done:
        chunk = await export.step(CALLER, AT)
        assert chunk.endswith(b"\n")
        lines += map(orjson.loads, chunk.splitlines())
    return lines


async def test_every_row_is_a_line_and_every_chunk_ends_with_its_receipt(begin):
    door = FakeFrontDoor(rows=403)
    lines = await lines_of(await begin(door))

    rows = [line for line in lines if "node" in line]
    assert [row["cursor"] for row in rows] == [str(n) for n in range(403)]
    assert [n for n, line in enumerate(lines) if "receipt" in line] == [200, 401, 405]
    assert [line["receipt"]["index"] for line in lines if "receipt" in line] == [0, 1, 2]
    assert lines[-1] == {
        "done": True,
        "count": 403,
        "knownAt": "2026-10-01T00:00:00+00:00",
        "asOf": "2026-11-23",
    }


async def test_all_chunks_are_of_the_day_and_the_known_time_of_the_first(begin):
    door = FakeFrontDoor(rows=401)
    export = await begin(door)
    await export.step(CALLER, AT)
    door.known_at = "2026-12-01T00:00:00+00:00"
    await export.step(CALLER, AT + timedelta(days=3))
    await export.step(CALLER, AT + timedelta(days=3))

    first, *others = [request.variables for request in door.asked]
    assert first["hub_known_at"] is None
    assert {v["hub_known_at"] for v in others} == {"2026-10-01T00:00:00+00:00"}
    assert {request.variables["hub_as_of"] for request in door.asked} == {"2026-11-23"}
    assert [request.at for request in door.asked][1] == AT + timedelta(days=3)
    assert {request.channel for request in door.asked} == {"export"}


@pytest.mark.parametrize(
    ("asked", "pinned"),
    [
        ("2026-09-01T08:00:00+08:00", "2026-09-01T00:00:00+00:00"),
        ("2027-01-01T00:00:00Z", "2026-10-01T00:00:00+00:00"),
    ],
)
async def test_a_known_time_that_was_asked_for_holds_unless_it_is_still_to_come(
    begin, asked, pinned
):
    lines = await lines_of(await begin(FakeFrontDoor(rows=201), known=asked, day="2026-05-01"))

    assert lines[-1]["knownAt"] == pinned
    assert lines[-1]["asOf"] == "2026-05-01"


async def test_it_goes_on_from_the_last_line_seen(begin):
    lines = await lines_of(await begin(FakeFrontDoor(rows=10), after="6"))

    assert [line["cursor"] for line in lines if "cursor" in line] == ["7", "8", "9"]
    assert lines[-1]["count"] == 3


async def test_an_empty_list_is_a_receipt_and_an_end(begin):
    lines = await lines_of(await begin(FakeFrontDoor(rows=0)))

    assert [next(iter(line)) for line in lines] == ["receipt", "done"]


async def test_people_keep_their_places_in_the_whole_list(begin):
    numbers = [f"n{n}" for n in range(450)]
    door = FakeFrontDoor()
    lines = await lines_of(await begin(door, PEOPLE, n=numbers))

    rows = [line for line in lines if "index" in line]
    assert [row["index"] for row in rows] == list(range(450))
    assert [row["person"]["id"] for row in rows] == numbers
    assert len(door.asked) == 3
    assert (await lines_of(await begin(FakeFrontDoor(), PEOPLE, n=[])))[-1]["count"] == 0


async def test_refused_selections_are_told_once_before_the_first_row(begin):
    door = FakeFrontDoor(rows=401, denied={0: [denial("Household.region")]})
    lines = await lines_of(await begin(door))

    told = [n for n, line in enumerate(lines) if "errors" in line]
    assert told == [0]
    assert lines[0]["errors"] == [
        {
            "message": "Household.region is not granted.",
            "path": ["households", "edges", "node", "region"],
            "code": "NOT_GRANTED",
            "reason": "NOT_GRANTED",
            "field": "Household.region",
        }
    ]


async def test_it_stops_where_what_is_granted_changes(begin):
    door = FakeFrontDoor(rows=401, denied={1: [denial("Household.region")]})
    export = await begin(door)
    await export.step(CALLER, AT)

    with pytest.raises(NotGrantedError, match="when the export began") as refusal:
        await export.step(CALLER, AT)
    assert refusal.value.fields == ("Household.region",)
    assert not export.is_done


async def test_a_chunk_is_made_smaller_until_its_cost_is_allowed(begin):
    door = FakeFrontDoor(rows=60, allowed=49)
    lines = await lines_of(await begin(door))

    assert [request.variables["hub_first"] for request in door.asked] == [10] * 6
    assert lines[-1]["count"] == 60


async def test_people_come_in_smaller_chunks_by_the_same_places(begin):
    numbers = [f"n{n}" for n in range(25)]
    lines = await lines_of(await begin(FakeFrontDoor(allowed=10), PEOPLE, n=numbers))

    rows = [line for line in lines if "index" in line]
    assert [(row["index"], row["person"]["id"]) for row in rows] == list(enumerate(numbers))
    assert sum("receipt" in line for line in lines) == 3


async def test_what_costs_too_much_for_one_row_is_refused(begin):
    door = FakeFrontDoor(allowed=0)

    with pytest.raises(TooCostlyError):
        await (await begin(door)).step(CALLER, AT)
    assert [request.variables["hub_first"] for request in door.asked] == [1]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ __typename }", {}),
        ("{ nothing }", {}),
        ("mutation { __typename }", {}),
        (HOUSEHOLDS, {"known": "2026-01-01"}),
        (HOUSEHOLDS, {"known": "2026-01-01T00:00:00"}),
        (PEOPLE, {}),
    ],
)
async def test_what_cannot_be_exported_is_refused_on_record(begin, log, text, variables):
    with pytest.raises(InvalidDocumentError):
        await begin(FakeFrontDoor(), text, **variables)

    assert (log.record()["outcome"], log.record()["channel"]) == ("refused", "export")


async def test_a_spent_quota_is_refused_on_record_before_anything_is_parsed(begin, log, ledger):
    ledger.leased["department:civil-affairs"] = 100

    with pytest.raises(QuotaExceededError):
        await begin(FakeFrontDoor(), "{ this does not even parse")

    assert (log.record()["outcome"], log.record()["reason"]) == ("refused", "QUOTA_EXCEEDED")
    assert log.record()["channel"] == "export"


async def test_where_nobody_knows_the_quota_no_export_begins_and_that_is_on_record(
    begin, log, ledger
):
    ledger.problem = StoreUnavailableError("The database does not accept connections.")

    with pytest.raises(StoreUnavailableError):
        await begin(FakeFrontDoor())

    assert log.record()["outcome"] == "failed"
