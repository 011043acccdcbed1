"""Writes the Python that builds a plan's objects, compiled once a plan.

A shape says which values stand in an object, and in which order. Instead of asking the shape for
each row, a function is written for it whose text is the answer: one list display a level, deepest
level first, over the level's columns side by side, and each level found by its rows' key above.

    def objects(levels):
        c, g = levels[1].columns, levels[1].opened
        o1 = [{'name': g_who[0]} for g_who in g['who']]
        one_1 = first(c['parent'], o1)
        c, g = levels[0].columns, levels[0].opened
        o0 = [{'population': one_1(c_person_id)} for c_person_id in c['person_id']]
        return o0

Nothing that a caller wrote becomes code but the response keys, which are names as GraphQL has them
(letters, digits, underscores) and stand in the text as quoted literals; each is checked again here.
Dates and moments are left to orjson, which writes them as `isoformat` does.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any, Final

from hub.errors import CorruptError
from hub.query.model import (
    Clear,
    Constant,
    Form,
    Gathered,
    Given,
    How,
    ItemOutput,
    Items,
    Level,
    LevelKind,
    Nested,
    Opened,
    Output,
    Shape,
    Told,
)
from hub.query.reveal import Revealed
from hub.query.row_ids import id_text
from hub.sealing.seals import Json

Tree = dict[str, object]
Objects = Callable[[Sequence[Revealed]], list[Tree]]
"""From the rows of a plan to the objects of one level, row by row."""
Listed = Callable[[int, Mapping[Given, Sequence[object]], Sequence[Sequence[object]]], list[Tree]]
"""From how many items there are, what is told of each, and the objects of each of their nodes, to
the items of a list."""

OWN_KEY: Final[Mapping[LevelKind, str]] = {
    LevelKind.MEMBERS: "household_id",
    LevelKind.RECORDS_OF_HOUSEHOLD: "household_id",
    LevelKind.RECORDS_OF_PERSON: "person_id",
    LevelKind.HOUSEHOLD_OF_PERSON: "person_id",
    LevelKind.HOUSEHOLD_OF_RECORD: "identity_id",
}
"""The column of the level above that a level's `parent` repeats."""

_NAME: Final = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")
_FORMS: Final[Mapping[Form, str]] = {
    Form.PLAIN: "{0}",
    Form.ID: "None if {0} is None else id_text({0})",
    Form.DATE: "{0}",
    Form.END: "None if {0} == FOREVER else {0}",
    Form.MOMENT: "{0} if {0} is None or {0}.tzinfo is UTC else {0}.astimezone(UTC)",
}
"""How each form is written; PostgreSQL's 'infinity' is the last day there is, and no day to show.
A moment is in UTC, as it comes from the database; orjson writes any other offset as it stands."""


def objects_of(shape: Shape, levels: Sequence[Level]) -> Objects:
    """Return the function that builds the objects of `shape`; it raises CorruptError.

    A row that nothing above leads to is built in vain, never wrongly; there are none.
    """
    built: Objects = _compiled(source_of(shape, levels), "objects")
    return built


def source_of(shape: Shape, levels: Sequence[Level]) -> "Source":
    """Return the text of that function, and what it finds by name."""
    written = Source()
    written.line("def objects(levels):")
    made = _level(written, shape, levels)
    written.line(f"    return {made}")
    return written


def listed(outputs: Sequence[ItemOutput]) -> Listed:
    """Return the function that builds the items of a list, in the order of what is told."""
    built: Listed = _compiled(source_of_list(outputs), "items")
    return built


def source_of_list(outputs: Sequence[ItemOutput]) -> "Source":
    """Return the text of that function; it looks at nothing that was not selected."""
    written = Source()
    names: list[str] = []
    columns: list[str] = []
    parts: list[str] = []
    nodes = 0
    for place, output in enumerate(outputs):
        if isinstance(output, Constant):
            parts.append(_part(output.key, repr(output.value)))
            continue
        names.append(f"i_{place}")
        parts.append(_part(output.key, names[-1]))
        if isinstance(output, Told):
            columns.append(f"told[{str(output.what)!r}]")
        else:
            columns.append(f"nodes[{nodes}]")
            nodes += 1
    written.line("def items(count, told, nodes):")
    over = _over(names, columns) if names else " for _ in range(count)"
    written.line(f"    return [{{{', '.join(parts)}}}{over}]")
    return written


@dataclass(slots=True)
class Source:
    """A function while it is being written."""

    lines: list[str] = field(default_factory=list)
    names: dict[str, object] = field(
        default_factory=lambda: {
            "UTC": UTC, "FOREVER": date.max, "id_text": id_text, "first": first, "grouped": grouped,
        }
    )  # fmt: skip
    """What the function finds by name besides the built-in functions."""

    def line(self, text: str) -> None:
        """Write a line."""
        self.lines.append(text)

    @property
    def text(self) -> str:
        """The text so far."""
        return "\n".join(self.lines) + "\n"


def _compiled(written: Source, name: str) -> Any:
    names = dict(written.names)
    exec(compile(written.text, "<a plan's objects>", "exec"), names)  # noqa: S102 - see the module
    return names[name]


@dataclass(slots=True)
class _Row:
    """What one object takes from its row: names of variables and the columns they go over."""

    variables: dict[str, str] = field(default_factory=dict)

    def column(self, name: str) -> str:
        return self._taken(f"c_{_named(name)}", f"c[{name!r}]")

    def group(self, name: str) -> str:
        return self._taken(f"g_{_named(name)}", f"g[{name!r}]")

    def _taken(self, variable: str, column: str) -> str:
        self.variables[variable] = column
        return variable


def _level(written: Source, shape: Shape, levels: Sequence[Level]) -> str:
    """Write the levels below and then this one; return the name of the list of its objects."""
    index = shape.level
    row = _Row()
    display = _display(written, shape, levels, row)
    written.line(f"    c, g = levels[{index}].columns, levels[{index}].opened")
    over = _over(list(row.variables), list(row.variables.values()))
    written.line(f"    o{index} = [{display}{over}]")
    return f"o{index}"


def _display(written: Source, shape: Shape, levels: Sequence[Level], row: _Row) -> str:
    parts = (_part(output.key, _value(written, output, levels, row)) for output in shape.outputs)
    return "{" + ", ".join(parts) + "}"


def _value(written: Source, output: Output, levels: Sequence[Level], row: _Row) -> str:
    match output:
        case Constant():
            return repr(output.value)
        case Clear():
            return _FORMS[output.form].format(row.column(output.column))
        case Opened():
            return f"{row.group(output.group)}[{output.place:d}]"
        case Items():
            name = f"items_{len(written.names)}"
            written.names[name] = _items(output)
            return f"{name}({row.group(output.group)}[{output.place:d}])"
        case Nested():
            return _nested(written, output, levels, row)
        case Gathered():
            each = (Nested(output.key, How.MANY, shape) for shape in output.shapes)
            lists = (f"*({_nested(written, one, levels, row)})" for one in each)
            return f"[{', '.join(lists)}]"


def _nested(written: Source, output: Nested, levels: Sequence[Level], row: _Row) -> str:
    if output.how is How.SAME_ROW:
        return _display(written, output.shape, levels, row)
    below = output.shape.level
    made = _level(written, output.shape, levels)
    own = row.column(OWN_KEY[levels[below].kind])
    if output.how is How.ONE:
        written.line(f"    one_{below} = first(c['parent'], {made})")
        return f"one_{below}({own})"
    written.line(f"    many_{below} = grouped(c['parent'], {made})")
    if levels[below].uncovered is not None:
        written.line(f"    covered_{below} = levels[{below}].covered")
        return f"many_{below}({own}) or ([] if {own} in covered_{below} else None)"
    return f"many_{below}({own}) or []"


def _part(key: str, value: str) -> str:
    return f"{_named(key)!r}: {value}"


def _named(name: str) -> str:
    """Return a name that may stand in the text of a function.

    Raises:
        AssertionError: It is no name. Documents are parsed and declarations checked, so it is one.
    """
    if not _NAME.fullmatch(name):
        raise AssertionError("only names are written into a function")
    return name


def _over(names: Sequence[str], columns: Sequence[str]) -> str:
    """Return the loop of a list display; without a column, over any, for the number of rows."""
    if not names:
        return " for _ in next(iter(c.values()))"
    if len(names) == 1:
        return f" for {names[0]} in {columns[0]}"
    return f" for {', '.join(names)} in zip({', '.join(columns)}, strict=True)"


# What the functions call.

_EMPTY: Final[dict[object, Any]] = {}
_NOTHING: Final[Callable[[object], Any]] = _EMPTY.get
"""The look-up in nothing: most people have no record in most datasets."""


def first(keys: Sequence[bytes], made: Sequence[Tree]) -> Callable[[bytes], Tree | None]:
    """Return the look-up of the first object of each key."""
    if not made:
        return _NOTHING
    return dict(zip(reversed(keys), reversed(made), strict=True)).get


def grouped(keys: Sequence[bytes], made: Sequence[Tree]) -> Callable[[bytes], list[Tree] | None]:
    """Return the look-up of the objects of each key, in their order."""
    if not made:
        return _NOTHING
    found: dict[bytes, list[Tree]] = {}
    for key, each in zip(keys, made, strict=True):
        if key in found:
            found[key].append(each)
        else:
            found[key] = [each]
    return found.get


def _items(output: Items) -> Callable[[Json], list[Tree] | None]:
    parts, type_name, needed = output.parts, output.type_name, output.needed

    def read(stored: Json) -> list[Tree] | None:
        if stored is None:
            return None
        try:
            return [
                {key: type_name if name is None else item[name] for key, name in parts}
                for item in _objects(stored, needed)
            ]
        except (KeyError, TypeError):
            raise CorruptError(f"A stored {type_name} lacks a part that it must have.") from None

    return read


def _objects(stored: Json, needed: Sequence[str]) -> Iterator[Mapping[str, Json]]:
    """Go through the objects of a stored list that have what is needed; else it is a TypeError."""
    if not isinstance(stored, list):
        raise TypeError
    for item in stored:
        if not isinstance(item, dict):
            raise TypeError
        for name in needed:
            if item[name] is None:
                raise TypeError
        yield item
