"""A list gets the arguments of one request: where its page begins, and what it is chosen by."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub.errors import InvalidDocumentError
from hub.query.given import AFTER_DIGITS, first_given, region_given
from hub.query.lists import check_values, values_in
from hub.query.model import BoundRoot, Root, RootKind
from hub.query.orders import Seat, seat_of
from schema.codes import ALERT_STATUS

_UNKNOWN_TOTAL: Final = -1
_NOBODY: Final = UUID(int=0)


def list_bound(
    root: Root, given: Mapping[str, object], day: date, known_at: datetime | None, today: date
) -> BoundRoot:
    """Return the list with its page and its values.

    Raises:
        InvalidDocumentError: A value, or the cursor, cannot be one of this list.
        TooCostlyError: It is chosen by more values than are allowed.
    """
    check_values(values_in(given))
    assert root.read is not None  # noqa: S101 - every list reads its own arguments
    assert root.order is not None  # noqa: S101 - and has an order
    one = root.read(given)
    after, first = given.get("after"), first_given(given)
    seat = seat_of(root.order, one.digest, None if after is None else str(after))
    parameters: dict[str, object] = {
        "first": first,
        "after_key": seat.key,
        "after_id": seat.tie,
        "after_rest": seat.rest,
        **one.values,
    }
    if root.kind is RootKind.WARNINGS:
        parameters |= _of_warnings(given, seat, is_first=after is None)
    return BoundRoot(
        root,
        day,
        known_at,
        (),
        parameters,
        first,
        has_after=after is not None,
        asked=one,
        is_of_the_past=known_at is not None or day != today,
    )


def _of_warnings(given: Mapping[str, object], seat: Seat, *, is_first: bool) -> dict[str, object]:
    statuses = given.get("statuses")
    assert isinstance(statuses, list | None)  # noqa: S101 - the schema says so
    if statuses is not None and not all(status in ALERT_STATUS for status in statuses):
        raise InvalidDocumentError("`statuses` are codes of the list alert_status.")
    if "\0" in str(given.get("assignee")):
        raise InvalidDocumentError("`assignee` has a character that no value has.")
    is_rest, region = seat.rest != _NOBODY, region_given(given.get("region"))
    return {
        "bands": given.get("bands"),
        "statuses": statuses,
        "assignee": given.get("assignee"),
        "region": f"{region}%",
        "region_from": region,
        "region_to": region + AFTER_DIGITS,
        "after_total": None if is_first else _UNKNOWN_TOTAL if is_rest else seat.key,
        "after_id": seat.rest if is_rest else seat.tie,
    }
