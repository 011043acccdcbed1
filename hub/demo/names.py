"""Made-up names, places and numbers: none of them can belong to anybody.

Citizen numbers begin with 69, a prefix that GB/T 2260 never assigned; all telephone numbers
share one reserved prefix.
"""

from datetime import date
from random import Random
from typing import Final

from schema.ids import check_character

COUNTY: Final = "420106"
PHONE_PREFIX: Final = "12900"
STREETS: Final = 14
COMMUNITIES: Final = 142

_SURNAMES: Final = tuple(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
)
_WOMEN: Final = tuple("芳娜敏静丽艳娟霞秀玲桂英梅兰燕红萍雪琴云莲真洁婷雅倩欣怡佳琪")
_MEN: Final = tuple("伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林")
_DOUBLE: Final = tuple("小晓文建国志玉春海永子思雨嘉一梓天泽")
_NUMERALS: Final = "一二三四五六七八九十"
_PREFIXES: Final = ("690106", "690106", "690106", "690203", "691122", "692301", "694207")


class Numbers:
    """Gives citizen numbers that nobody else has; the generator owns the only one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def citizen(self, birth_date: date, *, male: bool) -> str:
        """Return a new citizen number with a valid check character."""
        while True:
            sequence = self._rng.randrange(0, 497) * 2 + (1 if male else 2)
            first17 = f"{self._rng.choice(_PREFIXES)}{birth_date:%Y%m%d}{sequence:03d}"
            if first17 not in self._given:
                self._given.add(first17)
                return first17 + check_character(first17)


def surname(rng: Random) -> str:
    """Return a surname."""
    return rng.choice(_SURNAMES)


def given_name(rng: Random, *, male: bool) -> str:
    """Return a given name of one or two characters."""
    last = rng.choice(_MEN if male else _WOMEN)
    return last if rng.random() < 0.25 else rng.choice(_DOUBLE) + last  # noqa: PLR2004 - a quarter


def phone(rng: Random) -> str:
    """Return a telephone number that cannot exist."""
    return f"{PHONE_PREFIX}{rng.randrange(1_000_000):06d}"


def community(rng: Random) -> str:
    """Return the twelve digits of one of the district's communities."""
    index = rng.randrange(COMMUNITIES)
    return f"{COUNTY}{index % STREETS + 1:03d}{index // STREETS + 1:03d}"


def address(region: str, door: int) -> str:
    """Return the made-up address of a door in a community."""
    street, place = int(region[6:9]), int(region[9:12])
    return f"示范区{_numeral(street)}街道{_numeral(place)}社区{door}号"


def _numeral(number: int) -> str:
    """Return a number up to 19 in Chinese."""
    ten = len(_NUMERALS)
    if number <= ten:
        return _NUMERALS[number - 1]
    return "十" + _NUMERALS[number - ten - 1]
