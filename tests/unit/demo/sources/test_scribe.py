"""The scribe writes what a department knows, and the truth knows of every fault it plants."""

import json
from dataclasses import dataclass, replace
from datetime import date
from random import Random

import pytest

from hub.demo.people import Household, Person, Plot, Stay
from hub.demo.sources.scribe import Pen, Scribe, Translation, day, some, yuan
from hub.demo.truth import Fault, PersonTruth, TruthFile
from hub.demo.writing import Workshop
from schema.ids import CitizenNumber, NumberFault, parse_citizen_number

TODAY = date(2026, 11, 23)
SINCE = date(2026, 3, 1)
NUMBER = "69010619590108004X"
HOUSE = "H1"
PERSON = Person(
    "R000000001",
    NUMBER,
    "虚赵五",
    male=False,
    birth_date=date(1959, 1, 8),
    ethnic_group="01",
    phone="",
    stays=(Stay(SINCE, HOUSE, "01", "420106", ""),),
)
OPEN = Household(HOUSE, "420106", "", (PERSON,), listed="roll")
CLOSED = {
    "out of scope": replace(OPEN, listed=None),
    "the known family": replace(OPEN, label="zhou"),
    "struggling": replace(OPEN, plot=Plot.HEAVY_BILL),
}


@dataclass(frozen=True)
class Aid:
    key: str
    cents: int = 12_345


def words_of(aid, person, pen):
    return {
        "编号": aid.key,
        "身份证号": person.number,
        "金额": yuan(aid.cents),
        "操作": "新增",
        "更新": pen.moment(SINCE),
    }


class Kept:
    """A sink in memory."""

    def __init__(self):
        self.rows = []
        self.is_closed = False

    def write(self, dataset, words):
        self.rows += [(dataset, dict(words))]

    def close(self):
        self.is_closed = True


class Desk:
    """A scribe, its sink and the truth it tells."""

    def __init__(self, path, *, house=OPEN, department="testing", rate=0.0, count=1, **more):
        self.path, self.sink, self.file = path, Kept(), TruthFile(path)
        aids = [Aid(f"A{n}") for n in range(count)]
        first = Translation("aid", lambda _: aids, words_of, "身份证号", **more)
        second = Translation("help", lambda _: some(Aid("B")), words_of, "身份证号")
        shop = Workshop(path.parent, 7, TODAY, self.file)
        self.scribe = Scribe(shop, department, (first, second), self.sink, rate=rate)
        self.truth = PersonTruth(PERSON, house, "", self.file)

    def written(self):
        """Write one life, and return the rows of the first dataset."""
        with self.file:
            self.scribe.add(None, self.truth)
        return [words for dataset, words in self.sink.rows if dataset == "aid"]

    def faults(self):
        lines = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
        return {
            line["key"]: line
            for line in lines
            if line["kind"] == "fault" and line["dataset"] == "aid"
        }


@pytest.fixture
def truth_path(tmp_path):
    return tmp_path / "truth.jsonl"


def test_every_record_of_every_dataset_is_written_and_known_to_be_the_persons(truth_path):
    desk = Desk(truth_path, count=3)

    desk.written()

    assert [(dataset, words["编号"]) for dataset, words in desk.sink.rows] == [
        ("aid", "A0"),
        ("aid", "A1"),
        ("aid", "A2"),
        ("help", "B"),
    ]
    assert desk.truth.records == {"aid": ["A0", "A1", "A2"], "help": ["B"]}
    assert desk.file.totals.records == {"aid": 3, "help": 1}


def test_without_faults_a_number_is_disguised_at_most_and_every_disguise_is_told(truth_path):
    desk = Desk(truth_path, count=2_000)

    rows = desk.written()

    numbers = {row["编号"]: row["身份证号"] for row in rows}
    whole = parse_citizen_number(NUMBER)
    assert isinstance(whole, CitizenNumber)
    assert {parse_citizen_number(number) for number in numbers.values()} == {whole}
    assert {key for key, number in numbers.items() if number != NUMBER} == desk.faults().keys()
    assert {fault["fault"] for fault in desk.faults().values()} == {
        Fault.FIFTEEN_DIGITS,
        Fault.FULL_WIDTH,
        Fault.LOWER_CASE_X,
    }
    assert desk.truth.lost == set()


def test_every_kind_of_fault_is_planted_told_and_counted_as_lost(truth_path):
    spoilt = ((Fault.UNKNOWN_CODE, "金额", "?"),)
    desk = Desk(truth_path, rate=1.0, count=300, spoilt=spoilt, gone=("操作", "删除"))

    rows = desk.written()

    faults = desk.faults()
    seen = set()
    for row in rows:
        fault = Fault(faults[row["编号"]]["fault"])
        seen.add(fault)
        assert (parse_citizen_number(row["身份证号"] or "") is NumberFault.CHECK_DIGIT) == (
            fault is Fault.WRONG_CHECK_DIGIT
        )
        assert (row["身份证号"] is None) == (fault is Fault.NUMBER_MISSING)
        assert (row["金额"] == "?") == (fault is Fault.UNKNOWN_CODE)
        assert (row["操作"] == "删除") == (fault is Fault.TAKEN_BACK)
    assert seen == {
        Fault.WRONG_CHECK_DIGIT,
        Fault.NUMBER_MISSING,
        Fault.UNKNOWN_CODE,
        Fault.TAKEN_BACK,
    }
    assert {key for dataset, key in desk.truth.lost if dataset == "aid"} == faults.keys()
    assert len(faults) == len(rows) == 300


def test_about_the_agreed_share_of_records_is_spoilt(truth_path):
    desk = Desk(truth_path, rate=0.1, count=2_000)

    desk.written()

    assert 120 < sum(dataset == "aid" for dataset, _ in desk.truth.lost) < 280


@pytest.mark.parametrize("house", CLOSED.values(), ids=CLOSED)
def test_records_that_must_be_right_are_never_spoilt(truth_path, house):
    desk = Desk(truth_path, house=house, rate=1.0, count=300)

    rows = desk.written()

    numbers = {parse_citizen_number(row["身份证号"]) for row in rows}
    assert numbers == {parse_citizen_number(NUMBER)}
    assert desk.truth.lost == set()


@pytest.mark.parametrize("house", [CLOSED["out of scope"], CLOSED["the known family"]])
def test_numbers_of_the_known_family_and_of_people_out_of_scope_are_written_whole(
    truth_path, house
):
    desk = Desk(truth_path, house=house, count=2_000)

    assert {row["身份证号"] for row in desk.written()} == {NUMBER}
    assert desk.faults() == {}


def test_the_same_seed_writes_the_same_and_each_department_has_a_hand_of_its_own(tmp_path):
    written = [
        Desk(tmp_path / name, department=department, rate=0.1, count=100).written()
        for name, department in (("a", "testing"), ("b", "testing"), ("c", "another"))
    ]

    assert written[0] == written[1]
    assert written[0] != written[2]


def test_closing_the_scribe_closes_its_sink(truth_path):
    desk = Desk(truth_path)
    desk.written()
    assert not desk.sink.is_closed

    desk.scribe.close()

    assert desk.sink.is_closed


def test_a_record_was_changed_after_it_began_and_before_today():
    pen = Pen(Random(1), TODAY)

    days = {pen.changed(SINCE) for _ in range(500)}

    assert (min(days) - SINCE).days == 1
    assert (max(days) - SINCE).days == 20
    assert {pen.changed(TODAY) for _ in range(50)} == {date(2026, 11, 22)}
    assert pen.moment(SINCE)[11:13] in {"00", "01", "02", "03", "04", "05"}


@pytest.mark.parametrize(
    ("cents", "word"),
    [(0, "0.00"), (5, "0.05"), (123_456, "1234.56"), (-5, "-0.05"), (-123_400, "-1234.00")],
)
def test_an_amount_is_written_in_yuan_to_the_cent(cents, word):
    assert yuan(cents) == word


def test_a_day_that_is_not_known_is_not_written():
    assert day(None) is None
    assert day(SINCE) == "2026-03-01"
    assert day(SINCE, "%Y%m%d") == "20260301"
    assert some(None) == ()
