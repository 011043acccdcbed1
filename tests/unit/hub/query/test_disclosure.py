"""What the log is told: counts as they are counted one by one, and what is remembered of before."""

from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audit.entry import pack_subjects
from audit.errors import LogStalledError
from hub.access import Caller
from hub.errors import AuditUnavailableError
from hub.query import disclosure
from hub.query.disclosure import Asked, Disclosures
from hub.query.fetch import Sealed
from hub.query.model import BoundRoot, Number, RootKind
from tests.fakes.audit_log import FakeLog

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)
ASKED = Asked(Caller("civil-affairs", "officer", "WARN", "c", "a"), "r-1", NOW, "0" * 64, None)
ROOT = SimpleNamespace(index=0, kind=RootKind.PEOPLE, level=0, is_register=False)
FIRST, SECOND = ("Person.id", "Person.name"), ("Person.id",)


class Epoch:
    def __init__(self, version):
        self.version = version
        self.made = 0

    def subject(self, log_alias):
        self.made += 1
        return bytes([self.version]) + log_alias.rjust(31, b"\0")


class Tagger:
    """Tags under an epoch that tests change."""

    def __init__(self):
        self.now = Epoch(1)

    def epoch(self):
        return self.now


def plan_of(*fields):
    subjects = tuple(enumerate(fields))
    return SimpleNamespace(answered=FIRST, subjects=subjects, consents=(), denied=[])


def sealed_of(*aliases, known_at=NOW):
    levels = tuple({"log_alias": each, "person_id": ()} for each in aliases)
    return Sealed("p", known_at, levels, {})


@pytest.fixture
def log():
    return FakeLog()


@pytest.fixture
def tagger():
    return Tagger()


@pytest.fixture
def disclosures(log, tagger):
    return Disclosures(log, tagger)


async def answered(disclosures, *aliases, plan=None, **sealed):
    plan = plan or plan_of(*([FIRST] * len(aliases)))
    return await disclosures.answered(ASKED, "p", plan, (), sealed_of(*aliases, **sealed))


tags = st.integers(0, 3).map(lambda n: bytes([n]))
numbers = st.lists(st.lists(tags, max_size=2, unique=True).map(tuple), max_size=3)
rows = st.dictionaries(tags, tags, max_size=4)


@example(numbers=[(b"t",)], people_by_tag={b"t": b"p"}, seen=[b"p"])
@example(numbers=[(b"t",)], people_by_tag={b"t": b"p"}, seen=[])
@example(numbers=[(b"t",)], people_by_tag={}, seen=[])
@example(numbers=[()], people_by_tag={}, seen=[])
@given(numbers=numbers, people_by_tag=rows, seen=st.lists(tags, unique=True))
def test_every_number_is_counted_once_as_what_became_of_it(numbers, people_by_tag, seen):
    bound = BoundRoot(ROOT, date(2026, 3, 1), None, tuple(map(Number, numbers)))
    search = {"tag": list(people_by_tag), "person_id": list(people_by_tag.values())}
    sealed = Sealed("p", NOW, ({"person_id": seen},), {0: search})

    expected = {"found": 0, "outside": 0, "unknown": 0, "invalid": 0}
    for number in numbers:
        known = [people_by_tag[tag] for tag in number if tag in people_by_tag]
        became = "found" if known and known[0] in seen else "outside" if known else "unknown"
        expected[became if number else "invalid"] += 1

    record = disclosure._root_record(bound, sealed)
    assert {name: record[name] for name in expected} == expected
    assert (record["name"], record["asOf"], record["knownAt"]) == ("people", "2026-03-01", None)


@pytest.mark.parametrize(
    ("assignee", "told"),
    [("clerk-7", "clerk-7"), ("690106197903150012", "..."), ("某人", "..."), (None, None)],
)
async def test_a_clerk_goes_on_record_only_as_far_as_it_is_a_name(disclosures, log, assignee, told):
    root = SimpleNamespace(index=0, kind=RootKind.WARNINGS, level=0, is_register=False)
    chosen = {"bands": None, "region": "%", "statuses": None, "assignee": assignee}
    bound = BoundRoot(root, date(2026, 3, 1), None, (), chosen)
    sealed = Sealed("p", NOW, ({"identity_id": (), "log_alias": ()},), {0: {}})

    await disclosures.answered(ASKED, "p", plan_of(FIRST), (bound,), sealed)

    (entry,) = log.entries
    (record,) = orjson.loads(entry.record)["roots"]
    assert record["assignee"] == told


async def test_subjects_are_told_by_field_set_each_pair_once_in_order(disclosures, log):
    plan = plan_of(FIRST, SECOND, FIRST, FIRST)

    await answered(disclosures, [b"a", b"b", b"a"], [b"a"], [b"b", b"c"], [], plan=plan)

    entry = log.entries[-1]
    told = [(log.fields_of(number), tag[-1:]) for tag, number in entry.subjects]
    assert told == [(FIRST, b"a"), (FIRST, b"b"), (SECOND, b"a"), (FIRST, b"c")]
    assert log.record()["subjects"] == 3
    assert log.fields_of(log.record()["fields"]) == FIRST
    assert "epochs" not in log.record()
    assert len(pack_subjects(entry.subjects)) == 4 * 36


async def test_nobody_is_told_of_levels_without_rows_and_their_sets_are_not_defined(
    disclosures, log
):
    await answered(disclosures, [], plan=plan_of(SECOND))

    assert log.record()["subjects"] == 0
    assert list(log.sets) == [FIRST]


async def test_a_set_is_asked_of_the_log_each_time(disclosures, log):
    await answered(disclosures, [b"a"])
    log.sets = {("something else",): 1}  # the log has read its definitions anew

    await answered(disclosures, [b"a"])

    assert log.fields_of(log.record()["fields"]) == FIRST
    assert {log.fields_of(number) for _, number in log.entries[-1].subjects} == {FIRST}


async def test_a_tag_is_made_once_and_anew_under_another_epoch(disclosures, log, tagger):
    first = tagger.now
    for _ in range(3):
        await answered(disclosures, [b"a"], [b"b", b"a"])
    assert first.made == 2

    tagger.now = Epoch(2)
    await answered(disclosures, [b"a"], [b"b", b"a"])

    assert {tag[0] for tag, _ in log.entries[-1].subjects} == {2}
    assert log.record()["epochs"] == [2]
    assert (first.made, tagger.now.made) == (2, 2)


async def test_an_answer_about_nobody_tells_no_epoch(disclosures, log, tagger):
    tagger.now = Epoch(2)

    await answered(disclosures, [])

    assert "epochs" not in log.record()


async def test_an_epoch_that_begins_while_a_set_is_defined_has_all_of_the_answer(tagger):
    class Slow(FakeLog):
        async def define(self, names):
            tagger.now = Epoch(2)
            return await super().define(names)

    log = Slow()
    await answered(Disclosures(log, tagger), [b"a"], [b"b"], plan=plan_of(FIRST, SECOND))

    assert {tag[0] for tag, _ in log.entries[-1].subjects} == {2}
    assert log.record()["epochs"] == [2]


async def test_no_more_tags_are_remembered_than_may_be(disclosures, tagger, monkeypatch):
    monkeypatch.setattr(disclosure, "_REMEMBERED", 2)

    await answered(disclosures, [b"a", b"b", b"c"])
    await answered(disclosures, [b"c", b"b"])
    assert tagger.now.made == 3

    await answered(disclosures, [b"a"])
    assert (tagger.now.made, len(disclosures._tags)) == (4, 2)


async def test_the_known_time_is_told_in_utc_and_never_that_of_another_answer(disclosures, log):
    later = NOW + timedelta(microseconds=1)
    for moment in (NOW, NOW, later, NOW.astimezone(timezone(timedelta(hours=8)))):
        await answered(disclosures, [], known_at=moment)

    told = [log.record(n)["known"] for n in range(4)]
    assert told == [moment.isoformat() for moment in (NOW, NOW, later, NOW)]


async def test_a_set_that_cannot_be_defined_stops_the_answer(tagger):
    class Stalled(FakeLog):
        async def define(self, names):
            raise LogStalledError("broken")

    log = Stalled()
    with pytest.raises(AuditUnavailableError):
        await answered(Disclosures(log, tagger), [b"a"])
    assert log.entries == []
