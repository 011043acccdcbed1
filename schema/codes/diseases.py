"""Which class of the list of major diseases an ICD-10 code belongs to.

Only categories are compared: the code itself is dropped where it would be class X. The list is
that of a form of Jiangsu [D]; a district enters its own, dated.

Spec: ICD-10; editions of the national clinical and the insurers' codes agree in the categories.
"""

import re
from typing import Final

NONE: Final = "none"
_CODE: Final = re.compile(r"([A-Z])([0-9]{2})(?:\.([0-9]{1,3}))?(?:[X+*].*)?", re.ASCII)

_RANGES: Final = (
    ("C", 91, 95, "leukaemia"),
    ("C", 0, 97, "tumour"),
    ("D", 60, 61, "aplastic-anaemia"),
    ("M", 32, 32, "lupus"),
    ("D", 66, 67, "haemophilia"),
    ("K", 74, 74, "cirrhosis"),
    ("M", 5, 6, "rheumatoid"),
    ("M", 45, 45, "spondylitis"),
    ("B", 20, 24, "infectious"),
    ("J", 44, 44, "copd"),
    ("J", 60, 65, "pneumoconiosis"),
    ("D", 56, 56, "thalassaemia"),
    ("K", 50, 50, "crohn"),
)
"""Letter, first and last category, class; the first that fits counts."""
_PRECISE: Final = {
    ("N", 18, "5"): "renal",
    ("Z", 94, None): "transplant",
    ("K", 70, "3"): "cirrhosis",
    ("G", 12, "2"): "motor-neurone",
}
"""Where a subdivision counts; None takes every one."""
_DIABETES: Final = frozenset(range(10, 15))
_COMPLICATED: Final = frozenset({"2", "5"})


def class_of(code: str) -> str | None:
    """Return the class of an ICD-10 code, "none" for one that is not listed, None for no code."""
    found = _CODE.fullmatch(code.strip().upper())
    if found is None:
        return None
    letter, category, detail = found[1], int(found[2]), (found[3] or "")[:1] or None
    if letter == "E" and category in _DIABETES:
        return "diabetes" if detail in _COMPLICATED else NONE
    for key in ((letter, category, detail), (letter, category, None)):
        if key in _PRECISE:
            return _PRECISE[key]
    for first, low, high, name in _RANGES:
        if letter == first and low <= category <= high:
            return name
    return NONE
