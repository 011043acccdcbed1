"""A chart is drawn from numbers alone: named, escaped, bounded, and nothing of a person in it."""

import json
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidRequestError
from hub.http.console.charts import MAX_BARS, MAX_VALUE, drawn, read_chart, scale
from hub.http.console.files import HEADERS
from tests.support.edge import new_edge

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "desc", "g", "rect", "line", "text"}
MARKUP = '<script>alert("x")</script> & "quoted"'


def chart(**changed):
    bars = [
        {"label": "11-26", "value": 40, "part": 4, "usual": 30},
        {"label": "11-27", "value": 0, "part": 0, "usual": 25},
    ]
    whole = {
        "title": "Entries day by day", "description": "Two days", "language": "en", "width": 640,
        "names": {"value": "entries", "part": "refused", "usual": "usual"}, "bars": bars,
    }  # fmt: skip
    return whole | changed


def parsed(text):
    return ET.fromstring(text)  # noqa: S314 - our own bytes


def picture(content):
    return parsed(drawn(read_chart(content)))


def of(root, kind):
    return [each for each in root.iter() if each.get("class") == kind]


def test_a_picture_has_a_name_a_description_and_a_bar_for_each_number():
    root = picture(chart())

    assert root.get("role") == "img"
    assert [root[0].tag, root[0].text] == [f"{SVG}title", "Entries day by day"]
    assert [root[1].tag, root[1].text] == [f"{SVG}desc", "Two days"]
    assert len(of(root, "bar")) == 1  # none is no bar
    assert len(of(root, "usual")) == 2
    told = [group.find(f"{SVG}title").text for group in root.iter(f"{SVG}g")]
    assert told == [
        "11-26: entries 40, refused 4, usual 30",
        "11-27: entries 0, refused 0, usual 25",
    ]


def test_heights_are_as_the_numbers_are():
    root = picture(chart(bars=[{"label": "a", "value": 10}, {"label": "b", "value": 40}]))

    one, two = (float(each.get("height")) for each in of(root, "bar"))

    assert two == pytest.approx(4 * one, abs=0.2)
    assert len({float(each.get("y")) + float(each.get("height")) for each in of(root, "bar")}) == 1


def test_text_stays_text_whatever_stands_in_it():
    root = picture(chart(title=MARKUP, bars=[{"label": "<b>&", "value": 1}]))

    assert root[0].text == MARKUP
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= KNOWN
    names = {name for each in root.iter() for name in each.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]


def test_labels_do_not_run_into_each_other_however_many_days():
    bars = [{"label": f"{day:02}-28", "value": day} for day in range(MAX_BARS)]
    root = picture(chart(bars=bars, width=320))

    places = [
        float(t.get("x")) for t in root.iter(f"{SVG}text") if t.get("text-anchor") == "middle"
    ]

    assert 2 <= len(places) < 12
    assert all(later - earlier > 35 for earlier, later in pairwise(places))
    assert all(20 < place < 320 for place in places)


@given(most=st.integers(0, MAX_VALUE))
def test_an_axis_has_few_round_lines_and_room_for_the_highest(most):
    top, ticks = scale(most)

    assert top >= most
    assert 2 <= len(ticks) <= 5
    assert str(ticks[1]).strip("0") in {"1", "2", "5"}
    assert ticks[-1] == top


@given(st.lists(st.tuples(st.integers(0, MAX_VALUE), st.text(min_size=1, max_size=30)), max_size=5))
def test_any_request_gives_a_picture_or_an_error_that_quotes_nothing(given_bars):
    bars = [{"label": label, "value": value} for value, label in given_bars]
    refused, root = None, None
    try:
        root = picture(chart(bars=bars))
    except InvalidRequestError as error:
        refused = str(error)

    if refused is None:
        assert len(of(root, "bar")) == sum(value > 0 for value, _ in given_bars)
    else:
        assert not bars or "printable" in refused or "number in it" in refused


WRONG = {
    "no list": ({"bars": {}}, "bars must"),
    "no bar": ({"bars": []}, "bars must"),
    "too many": ({"bars": [{"label": "a", "value": 1}] * (MAX_BARS + 1)}, "bars must"),
    "below zero": ({"bars": [{"label": "a", "value": -1}]}, "bars[0].value"),
    "too much": ({"bars": [{"label": "a", "value": MAX_VALUE + 1}]}, "bars[0].value"),
    "a fraction": ({"bars": [{"label": "a", "value": 1.5}]}, "bars[0].value"),
    "a truth": ({"bars": [{"label": "a", "value": True}]}, "bars[0].value"),
    "more than all": ({"bars": [{"label": "a", "value": 1, "part": 2}]}, "bars[0].part"),
    "long label": ({"bars": [{"label": "a" * 25, "value": 1}]}, "bars[0].label"),
    "a line break": ({"bars": [{"label": "a\nb", "value": 1}]}, "bars[0].label"),
    "no value": ({"bars": [{"label": "a"}]}, "lacks value"),
    "unnamed": ({"names": {"value": "entries"}}, "takes label, value only"),
    "unknown": ({"colour": "red"}, "the chart takes"),
    "citizen number": ({"title": "690101199001011234"}, "title has"),
    "phone in a label": ({"bars": [{"label": "13800000000", "value": 1}]}, "bars[0].label has"),
    "long title": ({"title": "a" * 121}, "title must"),
    "language": ({"language": "fr"}, "language must"),
    "width": ({"width": 5000}, "width must"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_chart_is_refused_with_the_place_and_no_text_of_it(name):
    changed, expected = WRONG[name]

    with pytest.raises(InvalidRequestError) as caught:
        read_chart(chart(**changed))

    assert expected in str(caught.value)
    assert "690101199001011234" not in str(caught.value)


@pytest.fixture
def edge(tmp_path):
    return new_edge(tmp_path)


def test_a_chart_needs_a_token_and_is_sent_with_the_headers_of_a_page(edge):
    assert edge.http.post("/console/chart", json=chart()).status_code == 401

    reply = edge.http.post("/console/chart", json=chart(), headers=edge.bearer())

    assert reply.status_code == 200
    assert reply.headers["content-type"] == "image/svg+xml"
    for name, value in HEADERS:
        assert reply.headers[name] == value
    assert parsed(reply.content)[0].text == "Entries day by day"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (json.dumps([chart()]), "application/json", 400),
        ("{", "application/json", 400),
        (json.dumps(chart()), "text/plain", 415),
        (json.dumps(chart(title="a" * 40_000)), "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused(edge, body, kind, status):
    headers = edge.bearer() | {"content-type": kind}

    assert edge.http.post("/console/chart", content=body, headers=headers).status_code == status
