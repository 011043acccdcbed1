"""What is stated is checked by its input's name, and never quoted."""

from datetime import date
from uuid import uuid4

import pytest

from hub.casework.credit.errors import InvalidStatementError
from hub.casework.credit.stated import a_day, cents, count, line, past_day, people, prose

TODAY = date(2026, 11, 23)


def test_what_fits_is_returned_in_its_canonical_form():
    person = uuid4()
    stated = {
        "text": "  R-1 ",
        "people": [person.hex, str(person), str(person).upper()],
        "cents": 10**14,
        "day": TODAY,
        "more": " so ",
    }

    assert line(stated, "text") == "R-1"
    assert people(stated, "people") == (str(person),)
    assert people(stated, "none") == ()
    assert cents(stated, "cents") == 10**14
    assert past_day(stated, "day", TODAY) == a_day(stated, "day") == TODAY
    assert (prose(stated, "more", 2), prose(stated, "none", 2)) == ("so", None)


@pytest.mark.parametrize(
    "read",
    [
        lambda: line({"x": "690203\n1974"}, "x"),
        lambda: line({"x": "6902031974" * 11}, "x"),
        lambda: line({}, "x"),
        lambda: people({"x": ["690203197406120011"]}, "x"),
        lambda: people({"x": [str(uuid4()) for _ in range(51)]}, "x"),
        lambda: count({"x": -1}, "x"),
        lambda: count({"x": 690203}, "x"),
        lambda: cents({"x": 10**14 + 1}, "x"),
        lambda: past_day({"x": date(2026, 11, 24)}, "x", TODAY),
        lambda: a_day({"x": "690203"}, "x"),
        lambda: prose({"x": "690203"}, "x", 5),
    ],
)
def test_what_does_not_fit_is_refused_by_name(read):
    with pytest.raises(InvalidStatementError, match=r"^x ") as refused:
        read()

    assert "690203" not in str(refused.value)
