"""The orders that lists are offered in, and the cursors that name a place in one of them.

A cursor holds the order, a digest of what was chosen, the place's own key and its opaque id: all of
it the caller was granted, or the operation was refused. A cursor of another order or filter is
refused; times are not part of it, so that a list can be gone on with at a pinned known time.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from hub.errors import InvalidDocumentError
from schema.catalogue import Kind

_FIRST_ID: Final = UUID(int=0)
_LAST_ID: Final = UUID(int=(1 << 128) - 1)
_PARTS: Final = 4
_DIGEST: Final = 10
"""Characters of the digest that a cursor carries: enough to tell filters apart, no secret."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a list: by a column, then by opaque id; what is unknown comes last."""

    name: str
    path: str | None
    """The field whose values it tells; None: it tells nothing but the ids."""
    source: str | None
    """The table of the column: a dataset, `household_place`, or None where there is no column."""
    column: str
    kind: Kind
    is_descending: bool = False
    has_rest: bool = True
    """Whether the value may be unknown."""


def _by(*orders: Order) -> Mapping[str, Order]:
    return {order.name: order for order in orders}


HOUSEHOLD_ORDERS: Final = _by(
    Order("id", None, None, "", Kind.TEXT, has_rest=False),
    Order("total-desc", "Score.total", "score", "total", Kind.INTEGER, is_descending=True),
    Order("total-asc", "Score.total", "score", "total", Kind.INTEGER),
    Order("region", "Household.region", "household_place", "region", Kind.TEXT, has_rest=False),
    Order(
        "scored-desc",
        "Score.knownFrom",
        "score",
        "known_from",
        Kind.MOMENT,
        is_descending=True,
    ),
)
ALERT_ORDERS: Final = _by(
    Order("total-desc", "Alert.total", "alert", "total", Kind.INTEGER, is_descending=True),
    Order("total-asc", "Alert.total", "alert", "total", Kind.INTEGER),
    Order("due-asc", "Alert.dueOn", "alert", "due_on", Kind.DATE),
    Order(
        "opened-desc", "Alert.openedAt", "alert", "opened_at", Kind.MOMENT,
        is_descending=True,
    ),
)  # fmt: skip

_LEAST: Final[Mapping[Kind, object]] = {
    Kind.TEXT: "",
    Kind.INTEGER: -(1 << 31),
    Kind.DATE: date.min,
    Kind.MOMENT: datetime.min.replace(tzinfo=UTC),
}
_GREATEST: Final[Mapping[Kind, object]] = {
    Kind.TEXT: "\U0010ffff",
    Kind.INTEGER: (1 << 31) - 1,
    Kind.DATE: date.max,
    Kind.MOMENT: datetime.max.replace(tzinfo=UTC),
}
_READ: Final[Mapping[Kind, Callable[[str], object]]] = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.DATE: date.fromisoformat,
    Kind.MOMENT: datetime.fromisoformat,
}


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a page begins: behind `key` and `tie`; of the unknown ones behind `rest`."""

    key: object
    tie: UUID
    rest: UUID


def digest_of(chosen: object) -> str:
    """Return what a cursor remembers of a filter."""
    text = orjson.dumps(chosen, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(text).hexdigest()[:_DIGEST]


def cursor_maker(order: Order, digest: str) -> Callable[[Any, Any], str]:
    """Return what makes the cursor of a row from its key, None if unknown, and its id."""
    head = f"{order.name}|{digest}|"
    encode = base64.urlsafe_b64encode

    def cursor(key: Any, tie: Any) -> str:
        text = "" if key is None else _written(key)
        return encode(f"{head}{text}|{tie}".encode()).decode()

    return cursor


def _written(key: object) -> str:
    if isinstance(key, datetime):
        return key.astimezone(UTC).isoformat()
    return key.isoformat() if isinstance(key, date) else str(key)


def seat_of(order: Order, digest: str, after: str | None) -> Seat:
    """Return where the page behind the cursor `after` begins; None is the first page.

    Raises:
        InvalidDocumentError: It is no cursor of this list, or one of another order or filter.
    """
    least, greatest = _LEAST[order.kind], _GREATEST[order.kind]
    if after is None:
        return Seat(greatest if order.is_descending else least, _FIRST_ID, _FIRST_ID)
    name, made_for, key, tie = _parts(after)
    if name != order.name or made_for != digest:
        raise InvalidDocumentError(
            "`after` is a cursor of another order or filter; go on with those that it came from."
        )
    try:
        if order.source is None:
            return Seat(least, UUID(tie), _FIRST_ID)
        if key:
            return Seat(_bounded(order.kind, _READ[order.kind](key)), UUID(tie), _FIRST_ID)
        past = least if order.is_descending else greatest
        return Seat(past, _LAST_ID, UUID(tie))
    except (ValueError, OverflowError):  # the latter of a moment beside the years 1 to 9999
        raise _foreign() from None


def _bounded(kind: Kind, key: object) -> object:
    """Return a key that the column's type can hold.

    Raises:
        ValueError: It is none.
    """
    if isinstance(key, int):
        return max(-(1 << 31), min(key, (1 << 31) - 1))
    if isinstance(key, datetime):
        return key.astimezone(UTC) if key.tzinfo else key.replace(tzinfo=UTC)
    if kind is Kind.TEXT and "\0" in str(key):
        raise ValueError
    return key


def _parts(after: str) -> list[str]:
    try:
        parts = base64.b64decode(after, altchars=b"-_", validate=True).decode().split("|")
    except (ValueError, binascii.Error):
        raise _foreign() from None
    if len(parts) != _PARTS:
        raise _foreign()
    return parts


def _foreign() -> InvalidDocumentError:
    return InvalidDocumentError("`after` is not a cursor of this connection.")
