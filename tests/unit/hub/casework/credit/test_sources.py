"""What the records of one person come to."""

from datetime import date

import pytest

from hub.casework.credit.sources import STORED
from schema.catalogue import Catalogue
from scoring.credit import Item

DAY = date(2026, 11, 23)
TOLD = {asked.dataset: asked.told for asked in STORED}


def spell(**other):
    return {
        "unit": "u",
        "scheme": "employee-pension",
        "status": "active",
        "month_from": date(2025, 1, 1),
        "month_to": None,
        "base_cents": 100,
        **other,
    }


@pytest.mark.parametrize(
    ("rows", "cents"),
    [
        ([], 0),
        ([spell(), spell(scheme="unemployment")], 100),
        ([spell(), spell(unit="v", base_cents=50)], 150),
        ([spell(scheme="resident-pension")], 0),
        ([spell(status="ended")], 0),
        ([spell(month_to=date(2026, 11, 1))], 100),
        ([spell(month_to=date(2026, 10, 1))], 0),
        ([spell(month_from=date(2026, 12, 1))], 0),
        ([spell(base_cents=None)], 0),
    ],
)
def test_wages_are_one_base_a_unit_of_spells_that_hold_this_month(rows, cents):
    assert TOLD["social_insurance"](rows, DAY) == cents


@pytest.mark.parametrize(
    ("first", "last", "cents"),
    [
        (date(2026, 11, 23), None, 7),
        (date(2026, 11, 24), None, 0),
        (None, date(2026, 11, 23), 7),
        (None, date(2026, 11, 22), 0),
    ],
)
@pytest.mark.parametrize("dataset", ["pension", "unemployment_benefit"])
def test_a_benefit_counts_from_its_first_day_to_its_last(dataset, first, last, cents):
    rows = [{"start_date": first, "end_date": last, "monthly_cents": 7}]

    assert TOLD[dataset](rows, DAY) == cents


@pytest.mark.parametrize(
    ("dataset", "counted", "not_counted"),
    [
        ("vehicle", {"normal"}, {"transferred", "scrapped", "cancelled"}),
        ("real_estate", {"current", "sealed-off"}, {"historical"}),
        ("business_registration", {"open"}, {"revoked", "cancelled"}),
    ],
)
def test_only_what_is_still_registered_counts(dataset, counted, not_counted):
    rows = [{"status": status} for status in (*counted, *not_counted)]
    codes = Catalogue.discover().by_name[dataset].field_named("status").codes

    assert TOLD[dataset](rows, DAY) == len(counted)
    assert {code.value for code in codes.codes} == counted | not_counted


def test_every_item_but_members_and_banks_has_a_stored_source_that_is_declared():
    catalogue = Catalogue.discover()

    assert {asked.item for asked in STORED} == {
        Item.INCOME, Item.VEHICLES, Item.PROPERTIES, Item.BUSINESSES,
    }  # fmt: skip
    for asked in STORED:
        dataset = catalogue.by_name[asked.dataset]
        assert dataset.department == asked.source
        assert all(dataset.field_named(name) for name in asked.fields)
