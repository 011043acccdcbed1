"""From one word of a department to one value of ours, or to the fault that the word has.

Every converter is total and pure. A fault says what was expected, never what was found.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from connectors.protocol import ReasonCode
from schema.codes import CodeList
from schema.codes.diseases import NONE, class_of
from schema.ids import CitizenNumber, CreditCode, parse_citizen_number, parse_credit_code

Value = str | int | bool | date | None
"""A value of a field; None is unknown, which is not the same as zero or no."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a word."""

    code: ReasonCode
    detail: str


Converter = Callable[[str | None], Value | Fault]

_COMPACT_DATE: Final = re.compile(r"[0-9]{8}")
_DASHED_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WHOLE: Final = re.compile(r"([0-9]{1,9})(?:\.0+)?", re.ASCII)
_YUAN: Final = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,2})0*)?")


def optional(convert: Converter) -> Converter:
    """Return `convert` with an empty word taken as unknown."""
    return lambda word: None if word is None or not word.strip() else convert(word)


def text(*, missing: ReasonCode = ReasonCode.VALUE_MISSING, longest: int = 200) -> Converter:
    """Return a converter of texts: NFC, trimmed, without control characters, not empty."""

    def convert(word: str | None) -> Value | Fault:
        trimmed = unicodedata.normalize("NFC", word or "").strip()
        if not trimmed:
            return Fault(missing, "a text is needed")
        if len(trimmed) > longest:
            return Fault(ReasonCode.TEXT_FORMAT, f"at most {longest} characters are taken")
        if not trimmed.isprintable():
            return Fault(ReasonCode.TEXT_FORMAT, "the text has control characters")
        return trimmed

    return convert


def half_width(convert: Converter) -> Converter:
    """Return `convert` for a column where full-width letters and digits mean half-width ones."""
    return lambda word: convert(None if word is None else unicodedata.normalize("NFKC", word))


def matching(pattern: str, expected: str) -> Converter:
    """Return a converter of texts that must have the form `pattern`, called `expected`."""
    form, plain = re.compile(pattern, re.ASCII), text()

    def convert(word: str | None) -> Value | Fault:
        value = plain(word)
        if isinstance(value, str) and not form.fullmatch(value):
            return Fault(ReasonCode.TEXT_FORMAT, f"{expected} was expected")
        return value

    return convert


def citizen_number(word: str | None) -> Value | Fault:
    """Return the citizen number in its 18-character form.

    Spec: GB 11643; a 15-digit number gains century and check character.
    """
    number = parse_citizen_number(word)
    if isinstance(number, CitizenNumber):
        return number.text
    return Fault(ReasonCode(number.value), "a citizen number of GB 11643 is needed")


def compact_date(word: str | None) -> Value | Fault:
    """Return the day that YYYYMMDD names."""
    return _day(word, _COMPACT_DATE, "YYYYMMDD")


def compact_month(word: str | None) -> Value | Fault:
    """Return the first day of the month that YYYYMM names."""
    trimmed = (word or "").strip()
    found = compact_date(f"{trimmed}01" if trimmed else None)
    if isinstance(found, Fault) and found.code is ReasonCode.DATE_IMPOSSIBLE:
        return Fault(found.code, "a month written YYYYMM was expected")
    return found


def dashed_date(word: str | None) -> Value | Fault:
    """Return the day that YYYY-MM-DD names."""
    return _day(word, _DASHED_DATE, "YYYY-MM-DD")


def _day(word: str | None, form: re.Pattern[str], name: str) -> date | Fault:
    trimmed = (word or "").strip()
    if not trimmed:
        return Fault(ReasonCode.VALUE_MISSING, "a date is needed")
    if form.fullmatch(trimmed):
        try:
            return date.fromisoformat(trimmed)
        except ValueError:
            pass
    return Fault(ReasonCode.DATE_IMPOSSIBLE, f"a calendar day written {name} was expected")


def yuan(word: str | None) -> Value | Fault:
    """Return the cents in an amount of yuan; never through a binary fraction."""
    found = _YUAN.fullmatch((word or "").strip())
    if not found:
        return Fault(ReasonCode.AMOUNT_FORMAT, "yuan with at most two decimals were expected")
    sign, whole, decimals = found.groups()
    cents = int(whole) * 100 + int((decimals or "").ljust(2, "0"))
    return -cents if sign else cents


def code(table: Mapping[str, str], target: CodeList) -> Converter:
    """Return a converter from a department's codes to those of `target`.

    The table is explicit: a code that is not in it is a fault, never a default.

    Raises:
        ValueError: The table leads to a value that `target` does not have.
    """
    if strange := sorted(value for value in table.values() if value not in target):
        raise ValueError(f"{target.name} has no {', '.join(strange)}")
    known = dict(table)
    fault = Fault(ReasonCode.CODE_UNKNOWN, f"the code is not in the agreed table of {target.name}")

    def convert(word: str | None) -> Value | Fault:
        return known.get((word or "").strip(), fault)

    return convert


def listed(target: CodeList) -> Converter:
    """Return a converter for a department that uses the codes of `target` itself."""
    fault = Fault(ReasonCode.CODE_UNKNOWN, f"the code is not in {target.name}")

    def convert(word: str | None) -> Value | Fault:
        value = (word or "").strip()
        return value if value in target else fault

    return convert


def flag(*, yes: str, no: str) -> Converter:
    """Return a converter of a two-valued mark; anything else is an unknown code."""
    values = {yes: True, no: False}
    fault = Fault(ReasonCode.CODE_UNKNOWN, f"{yes} or {no} was expected")

    def convert(word: str | None) -> Value | Fault:
        return values.get((word or "").strip(), fault)

    return convert


def worded(table: Mapping[str, int], expected: str) -> Converter:
    """Return a converter from a department's words to whole numbers; others are unknown codes."""
    known: dict[str, int] = dict(table)
    fault = Fault(ReasonCode.CODE_UNKNOWN, f"the word is not {expected} that was agreed")

    def convert(word: str | None) -> Value | Fault:
        return known.get((word or "").strip(), fault)

    return convert


def whole(least: int, most: int) -> Converter:
    """Return a converter of whole numbers from `least` to `most`; `.0` behind one is dropped."""
    fault = Fault(ReasonCode.AMOUNT_FORMAT, f"a whole number from {least} to {most} was expected")

    def convert(word: str | None) -> Value | Fault:
        found = _WHOLE.fullmatch((word or "").strip())
        value = int(found[1]) if found else None
        return value if value is not None and least <= value <= most else fault

    return convert


def mu(word: str | None) -> Value | Fault:
    """Return the square metres, rounded, of an area in mu with at most two decimals.

    A mu is 2000/3 square metres.
    """
    hundredths = yuan(word)
    if isinstance(hundredths, int) and hundredths >= 0:
        return (hundredths * 2000 + 150) // 300
    return Fault(ReasonCode.AMOUNT_FORMAT, "mu with at most two decimals were expected")


def unified_code(word: str | None) -> Value | Fault:
    """Return a unified social credit code whose check character is right.

    Spec: GB 32100-2015.
    """
    found = parse_credit_code(word)
    if isinstance(found, CreditCode):
        return found.text
    return Fault(ReasonCode.TEXT_FORMAT, "a unified social credit code was expected")


def major_disease(word: str | None) -> Value | Fault:
    """Return the class of a listed major disease from an ICD-10 code; "none" where there is none.

    An empty word means that the department knows of no listed disease. The code is not kept.
    """
    trimmed = (word or "").strip()
    found = class_of(trimmed) if trimmed else NONE
    return Fault(ReasonCode.CODE_UNKNOWN, "an ICD-10 code was expected") if found is None else found
