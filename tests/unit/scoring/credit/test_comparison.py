"""Every cut of "basically consistent" has a case on both sides of it."""

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from scoring.credit import Declared, Found, Item, Verified, compare, packaged_rules

FILE = Path(__file__).parents[3] / "golden" / "credit" / "comparison.toml"
CASES = [
    pytest.param(case, id=case["sentence"])
    for case in tomllib.loads(FILE.read_text("utf-8"))["case"]
]
ON = date(2026, 11, 23)
RULES = packaged_rules(ON)
DECLARED = Declared(frozenset("ab"), 0, 200_000, 0, 0, 0, 0)
NONE = Found(0, complete=True)
FOUND = Verified(frozenset("ab"), Found(200_000, complete=True), NONE, NONE, NONE, NONE)
KEYS = {
    "sentence", "declared", "found", "members", "silent_register", "region", "on", "items", "grade",
    "supporters",
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_golden_sentence_is_true(case):
    assert case.keys() <= KEYS
    declared = replace(DECLARED, **case.get("declared", {}))
    found = {k: Found(n, complete=whole) for k, (n, whole) in case.get("found", {}).items()}
    supporters = tuple(Found(n, complete=whole) for n, whole in case.get("supporters", []))
    members = None if case.get("silent_register") else frozenset(case.get("members", "ab"))

    compared = compare(
        declared,
        replace(FOUND, members=members, supporters=supporters, **found),
        RULES,
        case.get("region", "420106001001"),
        case.get("on", ON),
    )

    verdicts = {one.item: one.verdict for one in compared.items}
    assert verdicts.keys() >= set(Item) - {Item.SUPPORTERS}
    assert case.get("items", {}).items() <= verdicts.items()
    assert "grade" not in case or compared.grade == case["grade"]


def test_every_item_has_a_case_of_each_verdict():
    told = {(item, verdict) for case in CASES for item, verdict in _items(case)}

    assert told >= {(item, "different") for item in Item}
    assert told >= {(item, "consistent") for item in Item}


def _items(case):
    return case.values[0].get("items", {}).items()


def test_members_may_differ_where_the_rules_do_not_ask_for_identity():
    members = msgspec.structs.replace(RULES.consistency.members, identical=False)
    consistency = msgspec.structs.replace(RULES.consistency, members=members)
    rules = msgspec.structs.replace(RULES, consistency=consistency)

    compared = compare(
        DECLARED, replace(FOUND, members=frozenset("abc")), rules, "420106001001", ON
    )

    assert compared.grade == "consistent"
