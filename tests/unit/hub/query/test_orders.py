"""A cursor names one place of one order and one filter; another one's is refused."""

import base64
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from hub.errors import InvalidDocumentError
from hub.query.orders import (
    ALERT_ORDERS,
    HOUSEHOLD_ORDERS,
    cursor_maker,
    digest_of,
    seat_of,
)
from schema.graph_lists import AlertOrder, HouseholdOrder

TIE = UUID(int=7)
KEYS = {
    "total-desc": 61,
    "total-asc": 0,
    "region": "420106001001",
    "scored-desc": datetime(2026, 9, 1, 8, 0, 0, 5, tzinfo=UTC),
    "due-asc": date(2026, 11, 2),
    "opened-desc": datetime(2026, 9, 1, tzinfo=UTC),
}
ORDERS = [*HOUSEHOLD_ORDERS.values(), *ALERT_ORDERS.values()]


def test_every_order_of_the_schema_is_known_and_the_usual_one_comes_first():
    assert [o.value for o in HouseholdOrder] == list(HOUSEHOLD_ORDERS)
    assert [o.value for o in AlertOrder] == list(ALERT_ORDERS)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.name)
def test_a_cursor_leads_back_to_its_place(order):
    key = KEYS.get(order.name)
    seat = seat_of(order, "d1", cursor_maker(order, "d1")(key, TIE))

    assert seat.tie == TIE
    assert seat.rest == UUID(int=0)
    if key is not None:
        assert seat.key == key


@pytest.mark.parametrize("order", [o for o in ORDERS if o.has_rest], ids=lambda order: order.name)
def test_behind_an_unknown_key_there_are_only_unknown_ones(order):
    seat = seat_of(order, "d1", cursor_maker(order, "d1")(None, TIE))
    key = KEYS[order.name]

    assert seat.rest == TIE
    assert seat.tie == UUID(int=(1 << 128) - 1)
    assert (seat.key < key) if order.is_descending else (seat.key > key)


def test_the_cursor_of_another_order_or_filter_is_refused_and_says_why():
    highest, lowest = HOUSEHOLD_ORDERS["total-desc"], HOUSEHOLD_ORDERS["total-asc"]
    cursor = cursor_maker(highest, "d1")(61, TIE)

    for order, digest in ((lowest, "d1"), (highest, "d2")):
        with pytest.raises(InvalidDocumentError, match="another order or filter"):
            seat_of(order, digest, cursor)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "total-desc|d1|61",
        "total-desc|d1|61|17",
        f"total-desc|d1|many|{TIE}",
        f"total-desc|d1|61|{TIE}|",
    ],
)
def test_what_is_no_cursor_is_refused(text):
    cursor = base64.urlsafe_b64encode(text.encode()).decode()
    for after in (cursor, text):
        with pytest.raises(InvalidDocumentError, match="not a cursor"):
            seat_of(HOUSEHOLD_ORDERS["total-desc"], "d1", after)


@pytest.mark.parametrize("text", [f"region|d1|42\0|{TIE}", f"scored-desc|d1|2026|{TIE}"])
def test_a_key_that_its_column_cannot_hold_is_refused(text):
    order = HOUSEHOLD_ORDERS[text.partition("|")[0]]

    with pytest.raises(InvalidDocumentError):
        seat_of(order, "d1", base64.urlsafe_b64encode(text.encode()).decode())


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00"])
def test_a_moment_beside_the_years_is_no_place(moment):
    order = HOUSEHOLD_ORDERS["scored-desc"]
    text = base64.urlsafe_b64encode(f"scored-desc|d1|{moment}|{TIE}".encode()).decode()

    with pytest.raises(InvalidDocumentError, match="not a cursor"):
        seat_of(order, "d1", text)


def test_a_huge_number_is_a_place_at_the_end():
    order = HOUSEHOLD_ORDERS["total-desc"]
    cursor = base64.urlsafe_b64encode(f"total-desc|d1|{10**30}|{TIE}".encode()).decode()

    assert seat_of(order, "d1", cursor).key == (1 << 31) - 1


def test_equal_filters_have_equal_digests_whatever_their_order():
    assert digest_of({"a": 1, "b": date(2026, 1, 1)}) == digest_of({"b": date(2026, 1, 1), "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})
