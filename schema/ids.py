"""Identifiers: opaque ones of our own, and the numbers that the law gives to people and units.

A citizen number (GB 11643) is parsed into a value or into the fault that it has;
the 15-digit form and the 18-digit form of one person become the same value. An
unknown region is no fault: abolished codes live on in old numbers. A unified social
credit code (GB 32100) is parsed in the same way.
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

_CHECKS: Final = "10X98765432"
_LONG: Final = re.compile(r"[0-9]{17}[0-9X]")
_SHORT: Final = re.compile(r"[0-9]{15}")
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100: no I, O, S, V and Z."""
_CREDIT_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_CREDIT_FORM: Final = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS: Final = "0X987654321"


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

    Read as a number to the base 13, which is 2 modulo 11, the digits have the weights that they are
    to have, and Python does the sum.

    Spec: GB 11643, weights 2^(17-i) mod 11.
    """
    return _CHECKS[2 * int(first17, 13) % 11]


def parse_citizen_number(text: str | None) -> CitizenNumber | NumberFault:
    """Return the number that `text` writes, or what is wrong with it.

    Blanks around it are dropped, full-width characters become half-width, a
    lower-case x counts as X, and a 15-digit number gains its century (19) and check
    character.
    """
    read = _read(text)
    return read if isinstance(read, NumberFault) else CitizenNumber(*read)


def citizen_number_text(text: str) -> str | None:
    """Return the 18-character form of the number that `text` writes, None where it writes none.

    What `parse_citizen_number` gives as `text`, for whoever reads thousands and needs no more.
    """
    read = _read(text)
    return None if isinstance(read, NumberFault) else read[0]


def _read(text: str | None) -> tuple[str, date] | NumberFault:
    folded = text or ""
    is_long = _LONG.fullmatch(folded)
    if not is_long:  # else it is written as it is to be, as nearly all are
        if not folded.strip():
            return NumberFault.MISSING
        folded = unicodedata.normalize("NFKC", folded).strip().upper()
        is_long = _LONG.fullmatch(folded)
    if is_long:
        if check_character(folded[:17]) != folded[17]:
            return NumberFault.CHECK_DIGIT
    elif _SHORT.fullmatch(folded):
        first17 = folded[:6] + "19" + folded[6:]
        folded = first17 + check_character(first17)
    else:
        return NumberFault.FORMAT
    try:
        return folded, date.fromisoformat(folded[6:14])
    except ValueError:
        return NumberFault.BIRTH_DATE


class CreditCodeFault(StrEnum):
    """Why a text is not a unified social credit code."""

    MISSING = "credit-code-missing"
    FORMAT = "credit-code-format"
    CHECK_CHARACTER = "credit-code-check-character"
    ORGANISATION = "credit-code-organisation"
    """The organisation code inside it has another check character."""


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A valid unified social credit code."""

    text: str

    @property
    def region(self) -> str:
        """The six-digit region of the registering authority."""
        return self.text[2:8]

    @property
    def organisation(self) -> str:
        """The organisation code (GB 11714), its check character included."""
        return self.text[8:17]


def credit_check_character(first17: str) -> str:
    """Return the check character of a unified social credit code's first seventeen.

    Spec: GB 32100-2015, weights 3^i mod 31.
    """
    values = map(_CREDIT_ALPHABET.index, first17)
    total = sum(v * w for v, w in zip(values, _CREDIT_WEIGHTS, strict=True))
    return _CREDIT_ALPHABET[-total % 31]


def organisation_check_character(first8: str) -> str:
    """Return the check character of an organisation code's first eight; letters are 10 to 35.

    Spec: GB 11714-1997: 11 less the weighted sum mod 11, where 10 is X and 11 is 0.
    """
    values = (int(character, 36) for character in first8)
    total = sum(v * w for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True))
    return _ORGANISATION_CHECKS[total % 11]


def parse_credit_code(text: str | None) -> CreditCode | CreditCodeFault:
    """Return the unified social credit code that `text` writes, or what is wrong with it.

    Blanks around it are dropped, full-width characters become half-width, small letters count
    as capitals.
    """
    if text is None or not text.strip():
        return CreditCodeFault.MISSING
    folded = unicodedata.normalize("NFKC", text).strip().upper()
    if not _CREDIT_FORM.fullmatch(folded):
        return CreditCodeFault.FORMAT
    if credit_check_character(folded[:17]) != folded[17]:
        return CreditCodeFault.CHECK_CHARACTER
    if organisation_check_character(folded[8:16]) != folded[16]:
        return CreditCodeFault.ORGANISATION
    return CreditCode(folded)


_COMMITMENT: Final = re.compile(r"[0-9]{6}([0-9]{8})[0-9]{6}", re.ASCII)


def is_commitment_code(text: str) -> bool:
    """Whether `text` has the form of a commitment's code: region, a calendar day, a serial."""
    found = _COMMITMENT.fullmatch(text)
    if found is None or text.endswith("000000"):
        return False
    try:
        date(int(found[1][:4]), int(found[1][4:6]), int(found[1][6:]))
    except ValueError:
        return False
    return True


def record_id_of(tag: bytes) -> UUID:
    """Return the opaque id that a keyed tag of at least 16 bytes makes: it tells nothing of it."""
    return UUID(bytes=tag[:16], version=4)
