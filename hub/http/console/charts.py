"""Bars over days or hours as SVG, from the numbers of one request: a pure function.

A page sends what it got from GraphQL, numbers and short labels, and gets a picture of it. The hub
looks nothing up for it and keeps nothing. The picture has a name, a description and no colours of
its own: the page's style sheet gives its classes theirs, light and dark.

Spec: SVG 2, 5.8 (title, desc).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from hub.access import has_number
from hub.errors import InvalidRequestError

MAX_BARS: Final = 120
MAX_VALUE: Final = 999_999_999
_TEXTS: Final = {"title": 120, "description": 400}
_LABEL: Final = 24
_LANGUAGES: Final = ("en", "zh-CN")
_WIDTHS: Final = range(240, 1_601)
_KEYS: Final = frozenset({"title", "description", "language", "width", "names", "bars"})
_BAR_KEYS: Final = frozenset({"label", "value", "part", "usual"})
_NAME_KEYS: Final = _BAR_KEYS - {"label"}

_HEIGHT: Final = 230
_TOP: Final = 18
_FOOT: Final = 26
_RIGHT: Final = 10
_LINES: Final = 4
_EM: Final = 11.0
"""Size of the texts, which the style sheet has too."""
_NARROW: Final = 0.6
"""Width of a Latin letter or digit, in sizes of the text; a Chinese one is as wide as high."""
_SHARE: Final = 0.72
"""How much of its place a bar takes."""
_WIDEST: Final = 56.0

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a count, how much of it is marked, and what is usual there."""

    label: str
    value: int
    part: int | None
    usual: int | None


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn."""

    title: str
    description: str
    language: str
    width: int
    names: Names
    """What value, part and usual are called."""
    bars: tuple[Bar, ...]


def read_chart(content: Mapping[str, object]) -> Chart:
    """Return the chart that a request asks for.

    Raises:
        InvalidRequestError: It is not as openapi/hub.yaml has it; the message names the place and
            repeats no text of the request.
    """
    _check_keys("the chart", content, _KEYS, _KEYS)
    texts = {name: _text(name, content[name], most) for name, most in _TEXTS.items()}
    language, width = content["language"], content["width"]
    if language not in _LANGUAGES:
        raise InvalidRequestError(f"language must be one of {', '.join(_LANGUAGES)}.")
    if type(width) is not int or width not in _WIDTHS:
        raise InvalidRequestError(f"width must be {_WIDTHS[0]} to {_WIDTHS[-1]} pixels.")
    named = _mapping("names", content["names"])
    _check_keys("names", named, {"value"}, _NAME_KEYS)
    names = {key: _text(f"names.{key}", value, _LABEL * 2) for key, value in named.items()}
    given = content["bars"]
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_BARS:
        raise InvalidRequestError(f"bars must be a list of 1 to {MAX_BARS}.")
    bars = tuple(_bar(f"bars[{place}]", each, names) for place, each in enumerate(given))
    return Chart(texts["title"], texts["description"], str(language), width, names, bars)


def _bar(place: str, given: object, names: Names) -> Bar:
    stated = _mapping(place, given)
    _check_keys(place, stated, {"label", "value"}, _BAR_KEYS & ({"label"} | names.keys()))
    numbers = {
        key: _number(f"{place}.{key}", value) for key, value in stated.items() if key != "label"
    }
    value, part = numbers["value"], numbers.get("part")
    if part is not None and part > value:
        raise InvalidRequestError(f"{place}.part must not be more than its value.")
    label = _text(f"{place}.label", stated["label"], _LABEL)
    return Bar(label, value, part, numbers.get("usual"))


def _mapping(place: str, given: object) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise InvalidRequestError(f"{place} must be an object.")
    return cast("Mapping[str, object]", given)


def _check_keys(
    place: str,
    given: Mapping[str, object],
    needed: frozenset[str] | set[str],
    known: frozenset[str] | set[str],
) -> None:
    if missing := needed - given.keys():
        raise InvalidRequestError(f"{place} lacks {', '.join(sorted(missing))}.")
    if given.keys() - known:
        raise InvalidRequestError(f"{place} takes {', '.join(sorted(known))} only.")


def _text(place: str, given: object, most: int) -> str:
    if not isinstance(given, str) or not 0 < len(given) <= most or not given.isprintable():
        raise InvalidRequestError(f"{place} must be a text of 1 to {most} printable characters.")
    if has_number(given):
        raise InvalidRequestError(f"{place} has a citizen or phone number in it: leave it out.")
    return given


def _number(place: str, given: object) -> int:
    if type(given) is not int or not 0 <= given <= MAX_VALUE:
        raise InvalidRequestError(f"{place} must be a whole number from 0 to {MAX_VALUE}.")
    return given


def drawn(chart: Chart) -> bytes:
    """Return the picture: the same bytes for the same chart."""
    top, ticks = scale(max(max(bar.value, bar.usual or 0) for bar in chart.bars))
    left = 14 + max(_width_of(f"{tick:,}") for tick in ticks)
    place = _Place(left, chart.width - _RIGHT, top, len(chart.bars))
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "chart",
            "role": "img",
            "viewBox": f"0 0 {chart.width} {_HEIGHT}",
            "fill": "currentColor",
            "xml:lang": chart.language,
        },
    )
    ET.SubElement(root, "title").text = chart.title
    ET.SubElement(root, "desc").text = chart.description
    for tick in ticks:
        _draw_tick(root, place, tick)
    labelled = set(_labelled(chart, place.step))
    for at, bar in enumerate(chart.bars):
        _draw_bar(root, place, at, bar, chart.names)
        if at in labelled:
            _draw_text(root, place.middle(at), _HEIGHT - 8, bar.label, "middle")
    written: bytes = ET.tostring(root, encoding="utf-8")
    return written


def scale(most: int) -> tuple[int, tuple[int, ...]]:
    """Return the top of the axis, a round number not below `most`, and where its lines are."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * _LINES >= most:
                each = step * factor
                lines = max(-(-most // each), 1)
                return lines * each, tuple(range(0, lines * each + 1, each))
        step *= 10


@dataclass(frozen=True, slots=True)
class _Place:
    """Where things are, in pixels."""

    left: float
    right: float
    most: int
    bars: int

    @property
    def step(self) -> float:
        return (self.right - self.left) / self.bars

    def middle(self, at: int) -> float:
        return self.left + (at + 0.5) * self.step

    def height(self, value: int) -> float:
        return value / self.most * (_HEIGHT - _TOP - _FOOT)


def _draw_tick(root: ET.Element, place: _Place, tick: int) -> None:
    y = _HEIGHT - _FOOT - place.height(tick)
    kind = "grid" if tick else "axis"
    ends = {"x1": _px(place.left), "x2": _px(place.right), "y1": _px(y), "y2": _px(y)}
    ET.SubElement(root, "line", {"class": kind, "stroke": "currentColor", **ends})
    _draw_text(root, place.left - 6, y + 4, f"{tick:,}", "end")


def _draw_bar(root: ET.Element, place: _Place, at: int, bar: Bar, names: Names) -> None:
    group = ET.SubElement(root, "g")
    told = {"value": bar.value, "part": bar.part, "usual": bar.usual}
    ET.SubElement(group, "title").text = f"{bar.label}: " + ", ".join(
        f"{names[key]} {value:,}" for key, value in told.items() if value is not None
    )
    width = min(max(place.step * _SHARE, 1.0), _WIDEST)
    for kind, value in (("bar", bar.value), ("part", bar.part or 0)):
        if value:
            height = max(place.height(value), 1.0)
            box = {"x": place.middle(at) - width / 2, "y": _HEIGHT - _FOOT - height}
            size = {"width": width, "height": height}
            sides = {name: _px(number) for name, number in (box | size).items()}
            ET.SubElement(group, "rect", {"class": kind, **sides})
    if bar.usual is not None:
        y = _HEIGHT - _FOOT - place.height(bar.usual)
        half = place.step / 2
        ends = {"x1": _px(place.middle(at) - half), "x2": _px(place.middle(at) + half)}
        line = {"class": "usual", "stroke": "currentColor", **ends, "y1": _px(y), "y2": _px(y)}
        ET.SubElement(group, "line", line)


def _draw_text(root: ET.Element, x: float, y: float, text: str, anchor: str) -> None:
    place = {"x": _px(x), "y": _px(y), "text-anchor": anchor, "font-size": _px(_EM)}
    ET.SubElement(root, "text", place).text = text


def _labelled(chart: Chart, step: float) -> Iterator[int]:
    """Give the places whose label is written, so far apart that none meets the next one."""
    widest = max(_width_of(bar.label) for bar in chart.bars) + 8
    every = max(int(-(-widest // step)), 1)
    for at in range(0, len(chart.bars), every):
        middle = (at + 0.5) * step
        is_inside = middle + widest / 2 <= step * len(chart.bars) + _RIGHT + 4
        if is_inside or every == 1:
            yield at


def _width_of(text: str) -> float:
    return sum(_EM * (1 if east_asian_width(each) in "WF" else _NARROW) for each in text)


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
