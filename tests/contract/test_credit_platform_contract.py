"""What the hub sends, what the platform checks, and the OpenAPI document say the same."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.outbound.commitment_record import (
    FIELDS,
    CommitmentType,
    Performance,
    PromisorKind,
    Publicity,
    record_faults,
    wire,
)
from connectors.outbound.national_credit_platform import (
    Operation,
    PlatformStatus,
    WithdrawalReason,
    record_message,
    withdrawal_message,
)
from hub.demo.systems import credit_platform
from hub.demo.systems.contract import Contract, FormFault
from tests.support.commitments import BROKEN, INTERIM, KEPT

CONTRACT = Contract.read(credit_platform.DOCUMENT)
DOCUMENT = CONTRACT._document
SCHEMAS = DOCUMENT["components"]["schemas"]
RECORD = SCHEMAS["CommitmentRecord"]
PLACE = {
    "message_id": UUID("0190a0b0-0000-7000-8000-000000000001"),
    "sequence": 7,
    "at": datetime(2026, 11, 23, 8, tzinfo=UTC),
}


def built(name, text):
    return CONTRACT.faults(name, json.loads(text))


def test_the_twenty_fields_are_the_documents_in_its_order_and_at_its_lengths():
    assert [f.zh for f in FIELDS] == RECORD["required"] == list(RECORD["properties"])
    for field in FIELDS:
        stated = RECORD["properties"][field.zh]
        is_code = stated.get("$ref", "").endswith("/CommitmentCode")
        stated = SCHEMAS["CommitmentCode"] if is_code else stated
        assert stated.get("maxLength") == field.longest, field.name
        assert ("null" in stated.get("type", ())) is not field.required, field.name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("承诺人类别", PromisorKind),
        ("承诺类型", CommitmentType),
        ("承诺履行状态", Performance),
        ("公开类型", Publicity),
    ],
)
def test_our_lists_are_those_of_the_document(name, words):
    assert list(words) == RECORD["properties"][name]["enum"]


def test_our_words_for_messages_are_those_of_the_document():
    data = SCHEMAS["CommitmentData"]["properties"]
    reasons = SCHEMAS["Withdrawal"]["properties"]["reason"]["enum"]
    statuses = SCHEMAS["Acknowledgement"]["properties"]["status"]["enum"]

    assert list(Operation) == data["operation"]["enum"]
    assert sorted(WithdrawalReason) == sorted(reasons)
    assert list(PlatformStatus) == statuses


def test_the_assumptions_are_declared_in_the_document():
    stated = {each["id"]: each["says"] for each in DOCUMENT["x-assumptions"]}

    assert "OUR ASSUMPTION" in DOCUMENT["info"]["description"]
    assert "not obtained" in stated["official-upload-specification"]
    assert Performance.NOT_DETERMINED in stated["interim-performance"]


@pytest.mark.parametrize("record", [INTERIM, KEPT, BROKEN])
@pytest.mark.parametrize("operation", [Operation.RECORD, Operation.CORRECT])
def test_every_message_with_a_record_has_the_documents_form(record, operation):
    text = record_message(record, operation=operation, **PLACE)

    assert built("CommitmentMessage", text) == []
    assert CONTRACT.faults("CommitmentRecord", json.loads(text)["data"]["record"]) == []


@pytest.mark.parametrize("reason", WithdrawalReason)
def test_every_withdrawal_has_the_documents_form_and_holds_no_record(reason):
    text = withdrawal_message(KEPT.code, reason, date(2026, 11, 20), **PLACE)

    assert built("CommitmentMessage", text) == []
    assert json.loads(text)["data"]["record"] is None


def test_a_withdrawal_is_not_built_as_a_record():
    with pytest.raises(ValueError):
        record_message(KEPT, operation=Operation.WITHDRAW, **PLACE)


def test_a_message_whose_type_and_operation_differ_is_out_of_form():
    message = json.loads(record_message(KEPT, **PLACE))
    message["type"] = "cn.gov.civil-affairs.commitment.withdraw"

    assert CONTRACT.faults("CommitmentMessage", message) != []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("承诺编码", "4202032026031500000", "format"),
        ("承诺人名称", None, "required"),
        ("承诺人名称", "", "required"),
        ("承诺人名称", "甲" * 201, "too-long"),
        ("承诺人代码", "690203197406120012", "format"),
        ("承诺人类别", "家庭", "not-in-list"),
        ("承诺作出日期", "20260315", "format"),
        ("承诺有效期", "2026-02-30", "format"),
        ("承诺履行状态", "履行中", "not-in-list"),
        ("未履行的承诺内容", "某事", "must-be-empty"),
        ("认定单位代码", "11320100MB1886843J", "format"),
        ("备注", 5, "format"),
    ],
)
def test_the_document_finds_each_fault_of_a_record(name, value, reason):
    assert FormFault(name, reason) in CONTRACT.faults(
        "CommitmentRecord", {**wire(KEPT), name: value}
    )


def test_the_document_asks_for_what_a_breach_has_to_say():
    bare = {**wire(BROKEN), "未履行的承诺内容": None, "违诺责任追究内容": None}
    interim = {**wire(INTERIM), "认定单位": "示范县民政局"}
    missing = {name: value for name, value in wire(KEPT).items() if name != "备注"}

    assert CONTRACT.faults("CommitmentRecord", bare) == [
        FormFault("未履行的承诺内容", "required"),
        FormFault("违诺责任追究内容", "required"),
    ]
    assert CONTRACT.faults("CommitmentRecord", interim) == [FormFault("认定单位", "must-be-empty")]
    assert CONTRACT.faults("CommitmentRecord", missing) == [FormFault("备注", "required")]


@given(st.data())
def test_a_record_that_we_find_good_is_good_by_the_document(data):
    texts = {
        f.name: data.draw(st.text(max_size=f.longest + 2) if f.required else st.none() | st.text())
        for f in FIELDS
        if f.longest and f.longest > 100 and f.name not in {"unperformed", "accountability"}
    }
    record = replace(data.draw(st.sampled_from([INTERIM, KEPT, BROKEN])), **texts)

    if not record_faults(record):
        assert CONTRACT.faults("CommitmentRecord", wire(record)) == []


def test_the_platform_answers_with_the_documents_statuses_and_no_others():
    text = Path(credit_platform.__file__).read_text(encoding="utf-8")
    answered = set(re.findall(r"_problem\((\d{3})", text)) | {"202", "500"}

    assert answered == set(DOCUMENT["paths"]["/commitments"]["post"]["responses"])


def test_what_the_document_does_not_promise_is_not_answered():
    assert CONTRACT.promises("/commitments", "POST", 413, {"status": 413, "detail": "x"})
    assert not CONTRACT.promises("/commitments", "POST", 413, {"status": 413})
    assert not CONTRACT.promises("/commitments", "POST", 418, {"status": 418, "detail": "x"})


def test_every_reference_leads_somewhere():
    references = set(re.findall(r"'\$ref': '(#[^']+)'", str(DOCUMENT)))

    assert references
    for reference in references:
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
