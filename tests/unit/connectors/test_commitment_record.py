"""A record is written with twenty fields and no faults, or not at all."""

from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.barred_words import BARRED
from connectors.outbound.commitment_record import (
    FIELD_BY_NAME,
    FIELDS,
    CommitmentRecord,
    FaultReason,
    InvalidRecordError,
    Performance,
    PromisorKind,
    Publicity,
    RecordFault,
    commitment_code,
    record_faults,
    wire,
)
from tests.support.commitments import BROKEN, BUREAU, INTERIM, KEPT


def faults(record, **change):
    return {(f.field, f.reason) for f in record_faults(replace(record, **change))}


def test_the_twenty_fields_are_those_of_the_template_in_its_order():
    assert [f.number for f in FIELDS] == list(range(1, 21))
    assert [f.name for f in FIELDS] == [f.name for f in fields(CommitmentRecord)]
    assert list(wire(INTERIM)) == [
        "承诺编码",
        "承诺人名称",
        "承诺人类别",
        "承诺人代码",
        "承诺类型",
        "承诺事由",
        "承诺内容",
        "违诺责任",
        "承诺作出日期",
        "承诺有效期",
        "承诺履行状态",
        "未履行的承诺内容",
        "违诺责任追究内容",
        "履行状态认定日期",
        "认定单位",
        "认定单位代码",
        "承诺受理单位",
        "承诺受理单位代码",
        "公开类型",
        "备注",
    ]


def test_a_record_is_written_in_the_platforms_words():
    written = wire(KEPT)

    assert written["承诺编码"] == "42020320260315000001"
    assert written["承诺人类别"] == "自然人"
    assert written["承诺类型"] == "证明事项型"
    assert written["承诺作出日期"] == "2026-03-15"
    assert written["承诺履行状态"] == "全部履行"
    assert written["违诺责任追究内容"] is None


def test_a_record_is_not_public_unless_somebody_says_so():
    assert INTERIM.publicity is Publicity.NOT_PUBLIC
    assert wire(INTERIM)["公开类型"] == "不可公开"


def test_nobody_is_taken_to_have_kept_a_commitment_before_it_is_determined():
    performance = next(f for f in fields(CommitmentRecord) if f.name == "performance")

    assert performance.default is performance.default_factory  # both missing: it must be stated
    assert wire(INTERIM)["承诺履行状态"] == "尚未认定"


@pytest.mark.parametrize("record", [INTERIM, KEPT, BROKEN])
def test_a_good_record_has_no_faults(record):
    assert record_faults(record) == ()


@pytest.mark.parametrize("name", [f.name for f in FIELDS if f.required and f.longest])
@pytest.mark.parametrize("empty", ["", " \u3000"])
def test_what_is_required_may_not_be_blank(name, empty):
    assert (name, FaultReason.REQUIRED) in faults(KEPT, **{name: empty})


@pytest.mark.parametrize("name", [f.name for f in FIELDS if (f.longest or 0) > 100])
def test_a_text_has_at_most_the_characters_of_the_template(name):
    longest = FIELD_BY_NAME[name].longest

    assert faults(BROKEN, **{name: "车" * longest}) == set()
    assert faults(BROKEN, **{name: "车" * (longest + 1)}) == {(name, FaultReason.TOO_LONG)}


@pytest.mark.parametrize("name", ["unperformed", "accountability"])
def test_a_breach_says_what_was_not_kept_and_what_was_done_and_nothing_else_does(name):
    assert faults(BROKEN, **{name: None}) == {(name, FaultReason.REQUIRED)}
    assert faults(BROKEN, performance=Performance.NONE, **{name: None}) == {
        (name, FaultReason.REQUIRED)
    }
    assert faults(KEPT, **{name: "某事"}) == {(name, FaultReason.MUST_BE_EMPTY)}
    assert faults(INTERIM, **{name: "某事"}) == {(name, FaultReason.MUST_BE_EMPTY)}


def test_an_interim_record_names_no_determination():
    stated = {"determined_on": date(2026, 4, 1), "determining_unit": "示范县民政局"}

    assert faults(INTERIM, **stated) == {(name, FaultReason.MUST_BE_EMPTY) for name in stated}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("690203197406120012", FaultReason.CHECK_CHARACTER),
        ("69010619590108004x", FaultReason.FORMAT),
        ("690203740612001", FaultReason.FORMAT),
        (BUREAU, FaultReason.FORMAT),
    ],
)
def test_a_person_is_named_by_a_whole_citizen_number(code, reason):
    assert faults(KEPT, promisor_code=code) == {("promisor_code", reason)}


@pytest.mark.parametrize("kind", [PromisorKind.LEGAL_PERSON, PromisorKind.INDIVIDUAL_BUSINESS])
def test_a_unit_is_named_by_its_unified_social_credit_code(kind):
    assert faults(KEPT, promisor_kind=kind, promisor_code=BUREAU) == set()
    assert faults(KEPT, promisor_kind=kind) == {("promisor_code", FaultReason.CHECK_CHARACTER)}


@pytest.mark.parametrize("name", ["determining_unit_code", "accepting_unit_code"])
def test_a_unit_that_decides_or_accepts_has_a_valid_code(name):
    assert faults(KEPT, **{name: "11320100MB1886843J"}) == {(name, FaultReason.CHECK_CHARACTER)}
    assert faults(KEPT, **{name: "11320100mb1886843h"}) == {(name, FaultReason.FORMAT)}


def test_the_code_has_the_day_on_which_the_commitment_was_made():
    assert faults(KEPT, code="42020320260316000001") == {("code", FaultReason.FORMAT)}
    assert faults(KEPT, code="4202032026031500001") == {("code", FaultReason.FORMAT)}
    assert commitment_code("420203105000", date(2026, 3, 15), 1) == KEPT.code
    for region, serial in (("42020", 1), ("420203", 0), ("420203", 1_000_000)):
        with pytest.raises(ValueError):
            commitment_code(region, date(2026, 3, 15), serial)


def test_nothing_ends_or_is_determined_before_it_was_made():
    assert faults(KEPT, valid_until=date(2026, 3, 14)) == {("valid_until", FaultReason.DATE_ORDER)}
    assert faults(KEPT, determined_on=date(2026, 3, 14)) == {
        ("determined_on", FaultReason.DATE_ORDER)
    }
    assert faults(KEPT, valid_until=date(2026, 3, 15)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "当事人确诊后未报告收入",
        "隐瞒糖尿病支出",
        "患 肺 癌期间",
        "诊断编码C34.9",
        "编码 e11 的支出",
        "HIV",
        "在住院期间隐瞒财产",
    ],
)
@pytest.mark.parametrize("name", ["unperformed", "accountability", "remark"])
def test_no_illness_is_told_of_in_what_staff_write(name, text):
    assert faults(BROKEN, **{name: text}) == {(name, FaultReason.HEALTH)}


@pytest.mark.parametrize(
    "text",
    [
        "停止医疗救助待遇,追回6000元",
        "停发疾病应急救助",
        "取消大病保险资助",
        "追回鄂A12345车辆款",
        "第B12345号",
    ],
)
def test_the_names_of_assistance_and_of_papers_are_no_illness(text):
    assert not BARRED.tells_of_health(text)


def test_a_record_with_faults_is_not_written_and_the_error_holds_no_value():
    bad = replace(BROKEN, promisor_code="690203197406120012", accountability="确诊糖尿病")

    with pytest.raises(InvalidRecordError) as refused:
        wire(bad)

    assert refused.value.faults == (
        RecordFault("accountability", FaultReason.HEALTH),
        RecordFault("promisor_code", FaultReason.CHECK_CHARACTER),
    )
    for value in ("690203197406120012", "糖尿病", "甲"):
        assert value not in str(refused.value) + repr(bad)


@given(st.text(max_size=60), st.text(max_size=30))
def test_whatever_is_typed_is_either_written_as_it_is_or_a_fault(content, remark):
    record = replace(KEPT, content=content, remark=remark)

    if record_faults(record):
        with pytest.raises(InvalidRecordError):
            wire(record)
    else:
        assert (wire(record)["承诺内容"], wire(record)["备注"]) == (content, remark)
