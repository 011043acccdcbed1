"""Relations inside a household, told relative to any member (GB/T 4761; domain 4.5).

A register says what each member is to the head. What a member is to somebody else follows from
two such codes, as far as the words go: a wife's father is the wife's father, but a father's wife
need not be the mother. Where the words leave it open the answer is the class (50, some parent;
70, a sibling; 20 and 30, a son or daughter of whatever kind), then 97, a relative of whom more
is not told, then 80, a tie that is not told. It is never a guess. What is unknown stays None.

Of anybody's sex only that is used which the codes of the household say themselves, or which the
caller hands in.
"""

from collections.abc import Hashable, Iterable, Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, TypeVar

from schema.ids import Sex

K = TypeVar("K", bound=Hashable)

SELF: Final = frozenset({"01", "02"})
"""Oneself, and the head of the household."""
ONESELF: Final = "01"
RELATIVE: Final = "97"
"""A relative; what kind is not told."""
NOT_TOLD: Final = "80"
"""Other: not even whether they are relatives."""
STRANGER: Final = "99"

Term = tuple[str, str, str]
"""A code for a man, a woman, and somebody whose sex is not told."""


def _each(codes: str) -> frozenset[str]:
    return frozenset(codes.split())


_MEN: Final = _each(
    "11 20 21 22 23 24 25 26 27 28 29 41 43 46 47 51 53 55 57 61 63 66 71 73 76 78 "
    "81 83 85 87 89 93 95"
)
_WOMEN: Final = _each(
    "12 30 31 32 33 34 35 36 37 38 39 42 44 45 48 52 54 56 58 62 64 67 72 74 75 77 "
    "82 84 86 88 90 94 96"
)
_HEAD_IS_A_MAN: Final = frozenset({"12", "55", "56"})
_HEAD_IS_A_WOMAN: Final = frozenset({"11", "53", "54"})
_OTHER: Final = MappingProxyType({Sex.MALE: Sex.FEMALE, Sex.FEMALE: Sex.MALE})
_PLACE: Final = MappingProxyType({Sex.MALE: 0, Sex.FEMALE: 1, None: 2})
_RANKS: Final = frozenset({"22", "23", "24", "25", "26", "32", "33", "34", "35", "36"})
"""Sons and daughters that are counted: the later digit is the younger, within one sex."""


def _all(code: str) -> Term:
    return (code, code, code)


_SPOUSE: Final[Term] = ("11", "12", "10")
_CHILD: Final[Term] = ("20", "30", RELATIVE)
_STEP_CHILD: Final[Term] = ("27", "37", RELATIVE)
_CHILDS_SPOUSE: Final[Term] = ("28", "38", RELATIVE)
_SONS_CHILD: Final[Term] = ("41", "42", "40")
_DAUGHTERS_CHILD: Final[Term] = ("43", "44", "40")
_GRANDCHILDS_SPOUSE: Final[Term] = ("46", "45", "40")
_GREAT_GRANDCHILD: Final[Term] = ("47", "48", "40")
_PARENT: Final[Term] = ("51", "52", "50")
_STEP_PARENT: Final[Term] = ("57", "58", "50")
_HUSBANDS_PARENT: Final[Term] = ("53", "54", "50")
_WIFES_PARENT: Final[Term] = ("55", "56", "50")
_FATHERS_PARENT: Final[Term] = ("61", "62", "60")
_MOTHERS_PARENT: Final[Term] = ("63", "64", "60")
_GREAT_GRANDPARENT: Final[Term] = ("66", "67", "60")
_ELDER: Final[Term] = ("71", "75", "70")
_YOUNGER: Final[Term] = ("73", "77", "70")
_BROTHERS_CHILD: Final[Term] = ("93", "94", RELATIVE)
_SISTERS_CHILD: Final[Term] = ("95", "96", RELATIVE)
_UNTOLD: Final = _all(RELATIVE)

INVERSE: Final[Mapping[str, Term]] = MappingProxyType(
    {
        **dict.fromkeys(("01", "02"), _all(ONESELF)),
        **dict.fromkeys(("10", "11", "12"), _SPOUSE),
        **dict.fromkeys(_each("20 21 22 23 24 25 26 30 31 32 33 34 35 36"), _PARENT),
        **dict.fromkeys(("27", "37"), _STEP_PARENT),
        "28": _WIFES_PARENT,
        "38": _HUSBANDS_PARENT,
        **dict.fromkeys(("29", "39"), _all("59")),
        "40": _all("60"),
        **dict.fromkeys(("41", "42"), _FATHERS_PARENT),
        **dict.fromkeys(("43", "44"), _MOTHERS_PARENT),
        **dict.fromkeys(("45", "46"), _all("65")),
        **dict.fromkeys(("47", "48"), _all("60")),
        "49": _all("69"),
        **dict.fromkeys(("50", "51", "52"), _CHILD),
        **dict.fromkeys(("53", "54"), _all("38")),
        **dict.fromkeys(("55", "56"), _all("28")),
        **dict.fromkeys(("57", "58"), _STEP_CHILD),
        "59": ("29", "39", RELATIVE),
        "60": _all("40"),
        **dict.fromkeys(("61", "62"), _SONS_CHILD),
        **dict.fromkeys(("63", "64"), _DAUGHTERS_CHILD),
        "65": _GRANDCHILDS_SPOUSE,
        **dict.fromkeys(("66", "67"), _GREAT_GRANDCHILD),
        "69": _all("49"),
        "70": _all("70"),
        **dict.fromkeys(("71", "75"), _YOUNGER),
        **dict.fromkeys(("73", "77"), _ELDER),
        **dict.fromkeys(("81", "83", "90"), _BROTHERS_CHILD),
        **dict.fromkeys(("85", "88"), _SISTERS_CHILD),
        "91": _all("91"),
        "92": _all("92"),
        **dict.fromkeys(("93", "94"), (RELATIVE, "90", RELATIVE)),
        **dict.fromkeys(("95", "96"), ("85", "88", RELATIVE)),
        "80": _all(NOT_TOLD),
        **dict.fromkeys(("98", "99"), _all(STRANGER)),
    }
)
"""What the head is to a member with this code, by the head's sex. Left out: 97."""


class Kin(Enum):
    """What a code says, as far as composition needs it."""

    SPOUSE = auto()
    CHILD = auto()
    STEP_CHILD = auto()
    CHILDS_SPOUSE = auto()
    GRANDCHILD = auto()
    GRANDCHILDS_SPOUSE = auto()
    FATHER = auto()
    MOTHER = auto()
    OTHER_PARENT = auto()
    SPOUSES_PARENT = auto()
    FATHERS_PARENT = auto()
    MOTHERS_PARENT = auto()
    OTHER_GRANDPARENT = auto()
    SPOUSES_GRANDPARENT = auto()
    GREAT_GRANDPARENT = auto()
    ELDER = auto()
    YOUNGER = auto()
    SIBLING = auto()
    ELDERS_SPOUSE = auto()
    YOUNGERS_SPOUSE = auto()
    NO_RELATIVE = auto()
    RELATIVE = auto()


_KIN: Final[Mapping[str, Kin]] = MappingProxyType(
    {
        code: kin
        for kin, codes in {
            Kin.SPOUSE: "10 11 12",
            Kin.CHILD: "20 21 22 23 24 25 26 30 31 32 33 34 35 36",
            Kin.STEP_CHILD: "27 37",
            Kin.CHILDS_SPOUSE: "28 38",
            Kin.GRANDCHILD: "40 41 42 43 44",
            Kin.GRANDCHILDS_SPOUSE: "45 46",
            Kin.FATHER: "51",
            Kin.MOTHER: "52",
            Kin.OTHER_PARENT: "50 57 58",
            Kin.SPOUSES_PARENT: "53 54 55 56",
            Kin.FATHERS_PARENT: "61 62",
            Kin.MOTHERS_PARENT: "63 64",
            Kin.OTHER_GRANDPARENT: "60",
            Kin.SPOUSES_GRANDPARENT: "65",
            Kin.GREAT_GRANDPARENT: "66 67",
            Kin.ELDER: "71 75",
            Kin.YOUNGER: "73 77",
            Kin.SIBLING: "70",
            Kin.ELDERS_SPOUSE: "72 76",
            Kin.YOUNGERS_SPOUSE: "74 78",
            Kin.NO_RELATIVE: "80 98 99",
        }.items()
        for code in codes.split()
    }
)
_PARENTS: Final = (Kin.FATHER, Kin.MOTHER, Kin.OTHER_PARENT)
_SIBLINGS: Final = (Kin.ELDER, Kin.YOUNGER, Kin.SIBLING)
_GRANDPARENTS: Final = (Kin.FATHERS_PARENT, Kin.MOTHERS_PARENT, Kin.OTHER_GRANDPARENT)

Said = tuple[Term, Term, Term]
"""A term where the head is a man, a woman, and somebody whose sex is not told."""


def _either(term: Term) -> Said:
    return (term, term, term)


def _pairs(
    anchors: Iterable[Kin], members: Iterable[Kin], said: Said
) -> dict[tuple[Kin, Kin], Said]:
    return {(anchor, member): said for anchor in anchors for member in members}


COMPOSED: Final[Mapping[tuple[Kin, Kin], Said]] = MappingProxyType(
    {
        # Relative to the head's spouse.
        **_pairs([Kin.SPOUSE], [Kin.CHILD, Kin.STEP_CHILD], _either(_CHILD)),
        **_pairs([Kin.SPOUSE], [Kin.CHILDS_SPOUSE], _either(_CHILDS_SPOUSE)),
        **_pairs([Kin.SPOUSE], [Kin.GRANDCHILD, Kin.GRANDCHILDS_SPOUSE], _either(_all("40"))),
        **_pairs(
            [Kin.SPOUSE], [Kin.FATHER, Kin.MOTHER], (_HUSBANDS_PARENT, _WIFES_PARENT, _all("50"))
        ),
        **_pairs([Kin.SPOUSE], [Kin.OTHER_PARENT], _either(_all("50"))),
        **_pairs([Kin.SPOUSE], [Kin.SPOUSES_PARENT], _either(_PARENT)),
        **_pairs([Kin.SPOUSE], _GRANDPARENTS, _either(_all("65"))),
        **_pairs([Kin.SPOUSE], [Kin.SPOUSES_GRANDPARENT], _either(_all("60"))),
        **_pairs([Kin.SPOUSE], [Kin.GREAT_GRANDPARENT], _either(_all("68"))),
        # Relative to a child of the head.
        **_pairs([Kin.CHILD, Kin.STEP_CHILD], [Kin.SPOUSE], _either(_all("50"))),
        **_pairs([Kin.CHILD, Kin.STEP_CHILD], [Kin.CHILD, Kin.STEP_CHILD], _either(_all("70"))),
        **_pairs(
            [Kin.CHILD], [Kin.FATHER, Kin.MOTHER], (_FATHERS_PARENT, _MOTHERS_PARENT, _all("60"))
        ),
        **_pairs([Kin.CHILD], [Kin.OTHER_PARENT], _either(_all("60"))),
        **_pairs([Kin.STEP_CHILD], _PARENTS, _either(_all("60"))),
        **_pairs([Kin.CHILD], _GRANDPARENTS, _either(_all("60"))),
        **_pairs(
            [Kin.CHILD], [Kin.ELDER], (("81", "90", RELATIVE), ("85", "88", RELATIVE), _UNTOLD)
        ),
        **_pairs(
            [Kin.CHILD], [Kin.YOUNGER], (("83", "90", RELATIVE), ("85", "88", RELATIVE), _UNTOLD)
        ),
        **_pairs(
            [Kin.CHILD],
            [Kin.ELDERS_SPOUSE],
            (("89", "82", RELATIVE), ("87", "86", RELATIVE), _UNTOLD),
        ),
        **_pairs(
            [Kin.CHILD],
            [Kin.YOUNGERS_SPOUSE],
            (("89", "84", RELATIVE), ("87", "86", RELATIVE), _UNTOLD),
        ),
        # Relative to a child's spouse, and to a grandchild.
        **_pairs([Kin.CHILDS_SPOUSE], [Kin.SPOUSE], _either(_all("50"))),
        **_pairs([Kin.CHILDS_SPOUSE], _PARENTS, _either(_all("65"))),
        **_pairs([Kin.GRANDCHILD], [Kin.SPOUSE], _either(_all("60"))),
        **_pairs([Kin.GRANDCHILD], _PARENTS, _either(_all("60"))),
        # Relative to a parent or a grandparent of the head.
        **_pairs(_PARENTS, [Kin.SPOUSE], _either(_CHILDS_SPOUSE)),
        **_pairs(
            [Kin.FATHER, Kin.MOTHER], [Kin.CHILD], (_SONS_CHILD, _DAUGHTERS_CHILD, _all("40"))
        ),
        **_pairs([Kin.FATHER, Kin.MOTHER], [Kin.STEP_CHILD], _either(_all("40"))),
        **_pairs([Kin.OTHER_PARENT], [Kin.CHILD, Kin.STEP_CHILD], _either(_all("40"))),
        **_pairs([Kin.FATHER, Kin.MOTHER], [Kin.CHILDS_SPOUSE], _either(_GRANDCHILDS_SPOUSE)),
        **_pairs([Kin.FATHER, Kin.MOTHER], [Kin.GRANDCHILD], _either(_GREAT_GRANDCHILD)),
        **_pairs([Kin.FATHER], [Kin.FATHERS_PARENT], _either(_PARENT)),
        **_pairs([Kin.MOTHER], [Kin.MOTHERS_PARENT], _either(_PARENT)),
        **_pairs([Kin.FATHERS_PARENT], [Kin.FATHER], _either(_CHILD)),
        **_pairs([Kin.MOTHERS_PARENT], [Kin.MOTHER], _either(_CHILD)),
        **_pairs(_GRANDPARENTS, [Kin.SPOUSE], _either(_GRANDCHILDS_SPOUSE)),
        **_pairs(_GRANDPARENTS, [Kin.CHILD], _either(_GREAT_GRANDCHILD)),
        **_pairs([Kin.SPOUSES_PARENT], [Kin.SPOUSE], _either(_CHILD)),
        **_pairs([Kin.SPOUSES_PARENT], [Kin.CHILD, Kin.STEP_CHILD], _either(_all("40"))),
        # Relative to a brother or sister of the head.
        **_pairs(_SIBLINGS, _SIBLINGS, _either(_all("70"))),
        **_pairs([Kin.ELDER], [Kin.YOUNGER], _either(_YOUNGER)),
        **_pairs([Kin.YOUNGER], [Kin.ELDER], _either(_ELDER)),
        **_pairs(_SIBLINGS, _PARENTS, _either(_all("50"))),
        **_pairs(_SIBLINGS, _GRANDPARENTS, _either(_all("60"))),
        **_pairs(_SIBLINGS, [Kin.CHILD], (_BROTHERS_CHILD, _SISTERS_CHILD, _UNTOLD)),
        **_pairs([Kin.ELDER], [Kin.SPOUSE], _either(("78", "74", RELATIVE))),
        **_pairs([Kin.YOUNGER], [Kin.SPOUSE], _either(("76", "72", RELATIVE))),
    }
)
"""(what the anchor is to the head, what the member is to the head) to what the member is to the
anchor: by the head's sex, then by the member's. A pair that is left out tells no more than 97."""


def sex_told(code: str | None) -> Sex | None:
    """Return the sex that a code says of the one whom it names."""
    if code in _MEN:
        return Sex.MALE
    return Sex.FEMALE if code in _WOMEN else None


def head_sex_told(codes: Iterable[str | None]) -> Sex | None:
    """Return the head's sex as the codes of a household tell it; None if they contradict."""
    given = set(codes)
    man, woman = bool(given & _HEAD_IS_A_MAN), bool(given & _HEAD_IS_A_WOMAN)
    if man == woman:
        return None
    return Sex.MALE if man else Sex.FEMALE


def inverse(code: str, head: Sex | None = None) -> str:
    """Return what the head is to a member whom `code` names, given the head's sex if it is known.

    The code itself may tell the head's sex, as 12 does.
    """
    term = INVERSE.get(code, _UNTOLD)
    return term[_PLACE[head or head_sex_told([code])]]


def relative(
    member: str, anchor: str, *, head: Sex | None = None, sex: Sex | None = None
) -> str | None:
    """Return what one member is to another, from what both are to the head.

    `head` and `sex` are the head's and the member's, where the caller knows more than the codes
    say. None where the codes contradict each other: two people are the head.
    """
    if anchor in SELF:
        return None if member in SELF else member
    head = head or head_sex_told([member, anchor])
    if member in SELF:
        return inverse(anchor, head or sex)
    who, whose = _KIN.get(member, Kin.RELATIVE), _KIN.get(anchor, Kin.RELATIVE)
    if Kin.NO_RELATIVE in {who, whose}:
        return NOT_TOLD
    if member in _RANKS and anchor in _RANKS and member[0] == anchor[0] and member != anchor:
        return (_ELDER if member < anchor else _YOUNGER)[_PLACE[sex_told(member)]]
    term = COMPOSED.get((whose, who), _either(_UNTOLD))[_PLACE[head]]
    told = sex_told(member) or sex or (_OTHER.get(head) if head and who is Kin.SPOUSE else None)
    return term[_PLACE[told]]


def relations(
    stored: Mapping[K, str | None], anchor: K, sexes: Mapping[K, Sex] = MappingProxyType({})
) -> dict[K, str | None]:
    """Return every member's relation to `anchor`, from the stored relations to the head.

    Relative to the head they are what is stored. To oneself one is 01. If the anchor is no
    member, or its own relation is unknown, nothing is known of the others; so it is if two
    members are the head, because nobody knows to which of them a code refers.

    `sexes` are those that the caller knows beside what the codes tell.
    """
    if anchor not in stored:
        return dict.fromkeys(stored)
    own = stored[anchor]
    if own in SELF:
        return dict(stored)
    heads = [key for key, code in stored.items() if code in SELF]
    found: dict[K, str | None] = dict.fromkeys(stored)
    if own is not None and len(heads) <= 1:
        head = head_sex_told(stored.values()) or (sexes.get(heads[0]) if heads else None)
        for key, code in stored.items():
            if code is not None:
                found[key] = relative(code, own, head=head, sex=sexes.get(key))
    found[anchor] = ONESELF
    return found
