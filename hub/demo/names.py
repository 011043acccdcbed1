"""Made-up names, places and numbers: none of them can belong to anybody.

Citizen numbers begin with 69, a prefix that GB/T 2260 never assigned; all telephone numbers
share one reserved prefix.
"""

from datetime import date
from random import Random
from typing import Final

from hub.demo.records import Unit
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
_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_DIGITS_AND_LETTERS: Final = _ALPHABET.replace("X", "")
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_TRADE_WORDS: Final = ("东", "湖", "江", "新", "华", "兴", "达", "诚", "安", "和", "盛", "源")
_TRADES: Final = {
    "9": ("商贸有限公司", "餐饮店", "建筑有限公司", "服饰厂", "物业有限公司", "便利店"),
    "1": ("学校", "中心"),
}
_NUMERALS: Final = "一二三四五六七八九十"
_SEQUENCES: Final = 499
CAPACITY: Final = 10_000 * _SEQUENCES
_STEP: Final = 1_618_033
"""It shares no factor with the capacity: multiplying by it is a permutation."""


class Numbers:
    """Gives citizen numbers that nobody else has, each by its place: order does not matter.

    Of one birth date and sex there are 10,000 prefixes times 499 sequence numbers; a place is
    scattered over them by a permutation that the seed chooses.
    """

    def __init__(self, seed: int) -> None:
        self._shift = Random(f"numbers {seed}").randrange(CAPACITY)

    def citizen(self, place: int, birth_date: date, *, male: bool) -> str:
        """Return the citizen number of `place`, valid and with a prefix that nobody has.

        Raises:
            ValueError: There are not so many numbers.
        """
        if not 0 <= place < CAPACITY:
            raise ValueError(f"a made-up district has at most {CAPACITY:,} numbers")
        region, sequence = divmod((place * _STEP + self._shift) % CAPACITY, _SEQUENCES)
        serial = sequence * 2 + (1 if male else 2)
        first17 = f"69{region:04d}{birth_date:%Y%m%d}{serial:03d}"
        return first17 + check_character(first17)


def surname(rng: Random) -> str:
    """Return a surname."""
    return rng.choice(_SURNAMES)


def given_name(rng: Random, *, male: bool) -> str:
    """Return a given name of one or two characters."""
    last = rng.choice(_MEN if male else _WOMEN)
    return last if rng.random() < 0.25 else rng.choice(_DOUBLE) + last


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


def unit(rng: Random, *, register: str = "91") -> Unit:
    """Return an employer, school or business with a valid unified social credit code.

    `register` is its first two characters: registering department and type (GB 32100).
    """
    body = "".join(rng.choices(_DIGITS_AND_LETTERS, k=8))
    first = f"{register}{COUNTY}{body}{organisation_check(body)}"
    word = "".join(rng.sample(_TRADE_WORDS, 2))
    return Unit(f"示范{word}{rng.choice(_TRADES[register[0]])}", first + credit_check(first))


def organisation_check(body: str) -> str:
    """Return the check character of an organisation code's first eight. Spec: GB 11714."""
    values = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    total = sum(values.index(c) * w for c, w in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X0"[11 - total % 11]


def credit_check(first17: str) -> str:
    """Return the check character of a unified social credit code. Spec: GB 32100-2015."""
    total = sum(_ALPHABET.index(c) * w for c, w in zip(first17, _CREDIT_WEIGHTS, strict=True))
    return _ALPHABET[(31 - total % 31) % 31]


def school(region: str, stage: str) -> Unit:
    """Return the street's school of a stage, the same for all who live there."""
    return unit(Random(f"school {region[:9]} {stage}"), register="12")


def _numeral(number: int) -> str:
    """Return a number up to 19 in Chinese."""
    ten = len(_NUMERALS)
    if number <= ten:
        return _NUMERALS[number - 1]
    return "十" + _NUMERALS[number - ten - 1]
