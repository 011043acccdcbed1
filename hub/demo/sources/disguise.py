"""How departments write one citizen number in many ways, right and wrong."""

from datetime import date
from random import Random
from typing import Final

from hub.demo.truth import Fault

_FIFTEEN_RATE: Final = 0.012
_LOWER_RATE: Final = 0.15
_WIDE_RATE: Final = 0.008
_WIDE: Final = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
_FIRST_OF_CENTURY, _LAST_OF_CENTURY = 1900, 1999


def written(rng: Random, number: str, birth_date: date) -> tuple[str, Fault | None]:
    """Return `number` as a clerk may write it, and the disguise; every form is valid."""
    roll = rng.random()
    if roll < _FIFTEEN_RATE and _FIRST_OF_CENTURY <= birth_date.year <= _LAST_OF_CENTURY:
        return number[:6] + number[8:17], Fault.FIFTEEN_DIGITS
    if _FIFTEEN_RATE <= roll < _FIFTEEN_RATE + _WIDE_RATE:
        return wide(number), Fault.FULL_WIDTH
    if number.endswith("X") and rng.random() < _LOWER_RATE:
        return number.lower(), Fault.LOWER_CASE_X
    return number, None


def miswritten(rng: Random, number: str) -> str:
    """Return `number` with another check digit: never a valid number."""
    return number[:17] + rng.choice([digit for digit in "0123456789" if digit != number[17]])


def wide(number: str) -> str:
    """Return `number` in full-width characters."""
    return number.translate(_WIDE)
