"""An ICD-10 code leads to one class of the list of major diseases, or to none."""

import pytest

from schema.codes import DISEASE_CLASS
from schema.codes.diseases import NONE, class_of


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("C91.0", "leukaemia"),
        ("C95", "leukaemia"),
        ("C90.0", "tumour"),
        ("C00", "tumour"),
        ("C97", "tumour"),
        ("C34.9", "tumour"),
        ("N18.5", "renal"),
        ("N18.4", NONE),
        ("Z94.0", "transplant"),
        ("D60.1", "aplastic-anaemia"),
        ("D62", NONE),
        ("M32.1", "lupus"),
        ("D66", "haemophilia"),
        ("K70.3", "cirrhosis"),
        ("K70.2", NONE),
        ("K74.6", "cirrhosis"),
        ("M05.9", "rheumatoid"),
        ("M07", NONE),
        ("M45", "spondylitis"),
        ("E11.2", "diabetes"),
        ("E14.5", "diabetes"),
        ("E11.9", NONE),
        ("E15.2", NONE),
        ("B20", "infectious"),
        ("B24", "infectious"),
        ("B25", NONE),
        ("J44.1", "copd"),
        ("J60", "pneumoconiosis"),
        ("J66", NONE),
        ("D56.1", "thalassaemia"),
        ("K50.0", "crohn"),
        ("G12.2", "motor-neurone"),
        ("G12.1", NONE),
        ("N04.9", NONE),
        (" c34.900x001 ", "tumour"),
    ],
)
def test_a_code_leads_to_its_class(code, expected):
    assert class_of(code) == expected


@pytest.mark.parametrize("code", ["", "不详", "C3", "34.9", "CC34", "C34-9"])
def test_what_is_no_code_leads_nowhere(code):
    assert class_of(code) is None


def test_every_class_is_in_the_code_list():
    letters = [chr(n) for n in range(65, 91)]
    codes = [f"{a}{n:02d}.{d}" for a in letters for n in range(100) for d in range(10)]

    found = {class_of(code) for code in codes}

    assert found == {code.value for code in DISEASE_CLASS.codes}
