"""Identifiers: opaque ones of our own, and the numbers that the law gives to people.

A citizen number (GB 11643) is parsed into a value or into the fault that it has;
the 15-digit form and the 18-digit form of one person become the same value. An
unknown region is no fault: abolished codes live on in old numbers.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

Cell = NewType("Cell", str)
"""The managing county, six digits: everything about a household lives in one cell."""
PersonId = NewType("PersonId", UUID)
HouseholdId = NewType("HouseholdId", UUID)
IdentityId = NewType("IdentityId", UUID)
"""One department's view of a person; it never changes."""
DepartmentId = NewType("DepartmentId", str)

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_LONG: Final = re.compile(r"[0-9]{17}[0-9X]")
_SHORT: Final = re.compile(r"[0-9]{15}")


class NumberFault(StrEnum):
    """Why a text is not a citizen number."""

    MISSING = "number-missing"
    FORMAT = "number-format"
    CHECK_DIGIT = "number-check-digit"
    BIRTH_DATE = "number-birth-date"


class Sex(StrEnum):
    """GB/T 2261.1, as far as a citizen number tells it."""

    MALE = "1"
    FEMALE = "2"


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A valid citizen number in its 18-character form."""

    text: str
    birth_date: date

    @property
    def region(self) -> str:
        """The six-digit region where the number was issued."""
        return self.text[:6]

    @property
    def sex(self) -> Sex:
        """Odd sequence numbers are men's, even ones women's."""
        return Sex.MALE if int(self.text[16]) % 2 else Sex.FEMALE


def check_character(first17: str) -> str:
    """Return the check character of a citizen number's first seventeen digits.

    Spec: GB 11643, weights 2^(17-i) mod 11.
    """
    return _CHECKS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def parse_citizen_number(text: str | None) -> CitizenNumber | NumberFault:
    """Return the number that `text` writes, or what is wrong with it.

    Blanks around it are dropped, full-width characters become half-width, a
    lower-case x counts as X, and a 15-digit number gains its century (19) and check
    character.
    """
    if text is None or not text.strip():
        return NumberFault.MISSING
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if _SHORT.fullmatch(folded):
        first17 = folded[:6] + "19" + folded[6:]
        folded = first17 + check_character(first17)
    elif not _LONG.fullmatch(folded):
        return NumberFault.FORMAT
    elif check_character(folded[:17]) != folded[17]:
        return NumberFault.CHECK_DIGIT
    try:
        born = date(int(folded[6:10]), int(folded[10:12]), int(folded[12:14]))
    except ValueError:
        return NumberFault.BIRTH_DATE
    return CitizenNumber(folded, born)
