"""Ids of a department's own that may be put on record: cases, clerks."""

import re
from typing import Final

OPAQUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
_PERSONAL: Final = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)")
"""Citizen numbers of 18 and 15 characters, mobile phone numbers; hyphens are taken out before."""


def has_number(text: str) -> bool:
    """Whether a number of a person stands in `text`: a citizen number or a mobile phone's."""
    return bool(_PERSONAL.search(text.replace("-", "")))


def is_opaque(text: str) -> bool:
    """Whether `text` is an id that can be put on record: short, and no number of a person."""
    return bool(OPAQUE.fullmatch(text)) and not has_number(text)
