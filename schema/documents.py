"""Document numbers of people beside the citizen number, and that of the disability certificate.

Residence permits of Hong Kong, Macao and Taiwan residents and the permanent residence permits of
foreigners (new and old form) carry a check; passports and permits to enter carry none and are no
business of this module. Each parser returns a value or the fault (domain 4.2 and 4.6).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from schema.ids import (
    CitizenNumber,
    NumberFault,
    Sex,
    check_character,
    parse_citizen_number,
)

_LONG: Final = re.compile(r"[0-9]{17}[0-9X]")
_OLD_RESIDENT: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_CERTIFICATE: Final = re.compile(r"([0-9]{17}[0-9X])([1-7])([1-4])(?:B([1-9][0-9]?))?")
_ICAO_WEIGHTS: Final = (7, 3, 1)


class Area(StrEnum):
    """Whose residents a residence permit is for, as its first six characters say."""

    HONG_KONG = "810000"
    MACAO = "820000"
    TAIWAN = "830000"


@dataclass(frozen=True, slots=True)
class ResidencePermit:
    """A valid number of a residence permit of a Hong Kong, Macao or Taiwan resident."""

    text: str
    area: Area
    birth_date: date
    sex: Sex


@dataclass(frozen=True, slots=True)
class ForeignResident:
    """A valid number of a foreigner's permanent residence permit in the form since 2023 [R]."""

    text: str
    province: str
    """Two digits of GB/T 2260."""
    nationality: str
    """Three digits of GB/T 2659."""
    birth_date: date
    sex: Sex


@dataclass(frozen=True, slots=True)
class OldForeignResident:
    """A valid number in the older form; it has two digits of the birth year, and no sex."""

    text: str
    country: str
    region: str
    born: str
    """YYMMDD: the century is not told."""


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """A valid number of a disability certificate [R for its form]."""

    citizen: CitizenNumber
    category: str
    """GB/T 26341 in the certificate's numbering: 1 sight ... 7 multiple."""
    level: str
    reissued: int
    """How often it was issued again."""


def _folded(text: str | None) -> str:
    return unicodedata.normalize("NFKC", text or "").strip().upper()


def _checked(text: str | None) -> str | NumberFault:
    """Return an 18-character number whose check character is right, folded."""
    folded = _folded(text)
    if not folded:
        return NumberFault.MISSING
    if not _LONG.fullmatch(folded):
        return NumberFault.FORMAT
    return folded if check_character(folded[:17]) == folded[17] else NumberFault.CHECK_DIGIT


def _born(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _sex(number: str) -> Sex:
    return Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def parse_residence_permit(text: str | None) -> ResidencePermit | NumberFault:
    """Return the residence permit's number that `text` writes, or what is wrong with it.

    Spec: the check of GB 11643 over a number that begins with 810000, 820000 or 830000.
    """
    number = _checked(text)
    if isinstance(number, NumberFault):
        return number
    if number[:6] not in set(Area):
        return NumberFault.FORMAT
    born = _born(number[6:14])
    if born is None:
        return NumberFault.BIRTH_DATE
    return ResidencePermit(number, Area(number[:6]), born, _sex(number))


def parse_foreign_resident(text: str | None) -> ForeignResident | OldForeignResident | NumberFault:
    """Return the permanent residence permit's number that `text` writes, in either form.

    Spec: 9, province, nationality, birth date, sequence and the check of GB 11643; or three
    letters and twelve digits, the last of them the 7-3-1 check of ICAO 9303 [R].
    """
    folded = _folded(text)
    if _OLD_RESIDENT.fullmatch(folded):
        return _old_resident(folded)
    number = _checked(text)
    if isinstance(number, NumberFault):
        return number
    if number[0] != "9":
        return NumberFault.FORMAT
    born = _born(number[6:14])
    if born is None:
        return NumberFault.BIRTH_DATE
    return ForeignResident(number, number[1:3], number[3:6], born, _sex(number))


def icao_check_digit(text: str) -> str:
    """Return the check digit of letters and digits: weights 7, 3, 1, letters from A = 10, mod 10.

    Spec: ICAO 9303 part 3.

    Raises:
        ValueError: There is something else in it.
    """
    total = sum(int(c, 36) * _ICAO_WEIGHTS[n % 3] for n, c in enumerate(text))
    return str(total % 10)


def _old_resident(number: str) -> OldForeignResident | NumberFault:
    if icao_check_digit(number[:14]) != number[14]:
        return NumberFault.CHECK_DIGIT
    if _born("20" + number[7:13]) is None and _born("19" + number[7:13]) is None:
        return NumberFault.BIRTH_DATE
    return OldForeignResident(number, number[:3], number[3:7], number[7:13])


def parse_certificate_number(text: str | None) -> CertificateNumber | NumberFault:
    """Return the disability certificate's number that `text` writes, or what is wrong with it.

    Spec: citizen number, category, level, and B with a count where it was issued again [R].
    """
    folded = _folded(text)
    if not folded:
        return NumberFault.MISSING
    found = _CERTIFICATE.fullmatch(folded)
    if found is None:
        return NumberFault.FORMAT
    citizen = parse_citizen_number(found[1])
    if isinstance(citizen, NumberFault):
        return citizen
    return CertificateNumber(citizen, found[2], found[3], int(found[4] or 0))
