"""Checks of single arguments that several roots take; no message quotes what was given."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from hub.errors import InvalidDocumentError
from schema.graph import MAX_PAGE

AFTER_DIGITS: Final = ":"
"""The character after 9: regions below one lie between it and it with this behind it."""
_REGION: Final = re.compile(r"[0-9]{1,12}")


def moment_given(given: object, name: str) -> datetime | None:
    """Return a moment in UTC, or None where none was given.

    Raises:
        InvalidDocumentError: It has no offset, or lies outside the years that can be told.
    """
    if not isinstance(given, datetime):
        return None
    if given.tzinfo is None:
        raise InvalidDocumentError(f"`{name}` needs an offset from UTC, such as Z or +08:00.")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise InvalidDocumentError(f"`{name}` lies outside the years 1 to 9999 in UTC.") from None


def first_given(given: Mapping[str, object]) -> int:
    """Return how many are asked for at a time.

    Raises:
        InvalidDocumentError: Fewer than one, or more than a page holds.
    """
    first = given["first"]
    if not isinstance(first, int) or not 1 <= first <= MAX_PAGE:
        raise InvalidDocumentError(f"`first` is 1 to {MAX_PAGE}.")
    return first


def region_given(given: object, name: str = "region") -> str:
    """Return the digits that a region begins with; none were given: the empty text.

    Raises:
        InvalidDocumentError: It is not 1 to 12 digits.
    """
    region = str(given or "")
    if region and not _REGION.fullmatch(region):
        raise InvalidDocumentError(f"`{name}` is the first 1 to 12 digits of a region code.")
    return region
