"""Builds the answer's tree from revealed rows, keys in the order in which they were asked.

What a plan's shape says is bound into functions once; for each request they only run. What may
be null is null where the row has nothing; the positions that GraphQL has non-null (edges, page
information, look-ups) always have a value.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from hub.errors import CorruptError
from hub.query.anchored import told_to_anchors
from hub.query.bind import cursor_of
from hub.query.model import (
    BoundRoot,
    Clear,
    ConnectionOutput,
    Constant,
    Edges,
    Form,
    Given,
    How,
    Introspected,
    ItemOutput,
    Items,
    Level,
    LevelKind,
    Nested,
    Opened,
    Output,
    Plan,
    Root,
    RootKind,
    Shape,
    Told,
)
from hub.query.reveal import Revealed
from hub.sealing.seals import Json

Tree = dict[str, object]
_Rows = Mapping[object, Sequence[int]]
_OWN_KEY = {
    LevelKind.MEMBERS: "household_id",
    LevelKind.RECORDS_OF_HOUSEHOLD: "household_id",
    LevelKind.RECORDS_OF_PERSON: "person_id",
    LevelKind.HOUSEHOLD_OF_PERSON: "person_id",
    LevelKind.HOUSEHOLD_OF_RECORD: "identity_id",
}
"""The column of the level above that a level's `parent` repeats."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Every level's rows, and which of them belong to which row above."""

    levels: Sequence[Revealed]
    children: Sequence[_Rows]


_Reader = Callable[[Tables, int], object]
_Builder = Callable[[Tables, int], Tree]
_RootReader = Callable[[Tables, BoundRoot, Mapping[str, Sequence[Any]]], object]


def tables_of(plan: Plan, levels: Sequence[Revealed]) -> Tables:
    """Return the rows of `plan` grouped by the row above; row order is kept."""
    children: list[_Rows] = []
    for level, revealed in zip(plan.levels, levels, strict=True):
        by_parent: dict[object, list[int]] = {}
        if level.parent is not None:
            for row, parent in enumerate(revealed.columns["parent"]):
                by_parent.setdefault(parent, []).append(row)
        children.append(by_parent)
    return Tables(levels, children)


class Shaper:
    """Builds the `data` of one plan; made once a plan."""

    def __init__(self, plan: Plan) -> None:
        """Bind the plan's shapes into functions."""
        self._plan = plan
        self._roots = {
            root.index: _root(root, plan.levels)
            for root in plan.roots
            if root.kind is not RootKind.ACCESS_LOG
        }

    def shape(
        self,
        bound: Sequence[BoundRoot],
        levels: Sequence[Revealed],
        searches: Mapping[int, Mapping[str, Sequence[Any]]],
        introspected: Mapping[str, object],
    ) -> Tree:
        """Return `data`.

        Raises:
            CorruptError: A stored structure lacks a part that it must have.
        """
        tables = tables_of(self._plan, told_to_anchors(levels, bound))
        by_index = {one.root.index: one for one in bound}
        data: Tree = {}
        for output in self._plan.outputs:
            if isinstance(output, Root):
                index = output.index
                data[output.key] = self._roots[index](tables, by_index[index], searches[index])
            elif isinstance(output, Introspected):
                data[output.key] = introspected.get(output.key)
            else:
                data[output.key] = output.value
        return data


# Objects.


def _object(shape: Shape, levels: Sequence[Level]) -> _Builder:
    readers = [(output.key, _reader(output, shape.level, levels)) for output in shape.outputs]

    def build(tables: Tables, row: int) -> Tree:
        return {key: read(tables, row) for key, read in readers}

    return build


def _reader(output: Output, level: int, levels: Sequence[Level]) -> _Reader:
    match output:
        case Constant():
            value = output.value
            return lambda _tables, _row: value
        case Clear():
            return _clear(output, level)
        case Opened():
            group, place = output.group, output.place
            return lambda tables, row: tables.levels[level].opened[group][row][place]
        case Items():
            return _items(output, level)
        case Nested():
            return _nested(output, level, levels)


def _clear(output: Clear, level: int) -> _Reader:
    column = output.column
    if output.form is Form.PLAIN:
        return lambda tables, row: tables.levels[level].columns[column][row]
    write = _WRITERS[output.form]
    return lambda tables, row: write(tables.levels[level].columns[column][row])


def _written_id(value: object) -> str | None:
    return None if value is None else str(value)


def _written_date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _written_end(value: date | None) -> str | None:
    """Write the end of an interval: PostgreSQL's 'infinity' is no day."""
    return None if value is None or value == date.max else value.isoformat()


def _written_moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat()


_WRITERS: Mapping[Form, Callable[[Any], str | None]] = {
    Form.ID: _written_id,
    Form.DATE: _written_date,
    Form.END: _written_end,
    Form.MOMENT: _written_moment,
}


def _items(output: Items, level: int) -> _Reader:
    group, place, parts, type_name = output.group, output.place, output.parts, output.type_name

    def read(tables: Tables, row: int) -> object:
        stored = tables.levels[level].opened[group][row][place]
        if stored is None:
            return None
        try:
            return [
                {key: type_name if name is None else item[name] for key, name in parts}
                for item in _objects(stored)
            ]
        except (KeyError, TypeError):
            raise CorruptError(f"A stored {type_name} lacks a part that it must have.") from None

    return read


def _objects(stored: Json) -> Iterator[Mapping[str, Json]]:
    """Go through the objects of a stored list; anything else is a TypeError."""
    if not isinstance(stored, list):
        raise TypeError
    for item in stored:
        if not isinstance(item, dict):
            raise TypeError
        yield item


def _nested(output: Nested, level: int, levels: Sequence[Level]) -> _Reader:
    build = _object(output.shape, levels)
    if output.how is How.SAME_ROW:
        return build
    below = output.shape.level
    own = _OWN_KEY[levels[below].kind]

    def one(tables: Tables, row: int) -> object:
        rows = tables.children[below].get(tables.levels[level].columns[own][row])
        return build(tables, rows[0]) if rows else None

    def many(tables: Tables, row: int) -> object:
        rows = tables.children[below].get(tables.levels[level].columns[own][row], ())
        return [build(tables, each) for each in rows]

    return one if output.how is How.ONE else many


# Roots.


def _root(root: Root, levels: Sequence[Level]) -> _RootReader:
    match root.kind:
        case RootKind.PEOPLE:
            return _people(root, levels)
        case RootKind.WARNINGS:
            return _warnings(root, levels)
        case _:
            return _single(root, levels)


def found_rows(
    bound: BoundRoot, search: Mapping[str, Sequence[Any]], person_ids: Sequence[Any]
) -> list[int | None]:
    """Return for each asked-for number the row of its person, None where none may be seen."""
    row_by_person = {person: row for row, person in enumerate(person_ids)}
    person_by_tag = dict(zip(search["tag"], search["person_id"], strict=True))
    return [
        None if n.tag is None else row_by_person.get(person_by_tag.get(n.tag))
        for n in bound.numbers
    ]


def _single(root: Root, levels: Sequence[Level]) -> _RootReader:
    assert root.shape is not None  # noqa: S101 - roots of one object have its shape
    build, level = _object(root.shape, levels), root.shape.level
    is_person = root.kind is RootKind.PERSON
    key = "record_id" if root.kind is RootKind.CREDIT_RECORD else "household_id"

    def read(tables: Tables, bound: BoundRoot, search: Mapping[str, Sequence[Any]]) -> object:
        columns = tables.levels[level].columns
        if is_person:
            (row,) = found_rows(bound, search, columns["person_id"])
        else:
            row = 0 if columns[key] else None
        return None if row is None else build(tables, row)

    return read


def _people(root: Root, levels: Sequence[Level]) -> _RootReader:
    level = root.level
    assert level is not None  # noqa: S101 - only the log has none
    outputs = _bound_items(root.items, levels)

    def read(tables: Tables, bound: BoundRoot, search: Mapping[str, Sequence[Any]]) -> object:
        rows = found_rows(bound, search, tables.levels[level].columns["person_id"])
        answer: list[Tree] = []
        for index, (number, row) in enumerate(zip(bound.numbers, rows, strict=True)):
            status = "FOUND" if row is not None else "NOT_FOUND"
            told = {Given.INDEX: index, Given.STATUS: status if number.tag else "INVALID"}
            answer.append(item_of(outputs, told, tables, row))
        return answer

    return read


_Item = Sequence[tuple[str, object, "_Builder | None"]]


def _bound_items(items: Sequence[ItemOutput], levels: Sequence[Level]) -> _Item:
    bound: list[tuple[str, object, _Builder | None]] = []
    for item in items:
        if isinstance(item, Told):
            bound.append((item.key, item.what, None))
        elif isinstance(item, Constant):
            bound.append((item.key, item.value, None))
        elif item.shape is not None:
            bound.append((item.key, None, _object(item.shape, levels)))
    return bound


def item_of(
    outputs: _Item, told: Mapping[Given, object], tables: Tables | None, row: int | None
) -> Tree:
    """Return one item of a list, or one page's information."""
    item: Tree = {}
    for key, value, build in outputs:
        if build is not None:
            item[key] = None if row is None or tables is None else build(tables, row)
        else:
            item[key] = told[value] if isinstance(value, Given) else value
    return item


def _warnings(root: Root, levels: Sequence[Level]) -> _RootReader:
    level = root.level
    assert level is not None  # noqa: S101 - only the log has none
    connection = [
        (output, _bound_items(output.outputs, levels))
        if not isinstance(output, Constant)
        else (output, ())
        for output in root.connection
    ]

    def read(tables: Tables, bound: BoundRoot, search: Mapping[str, Sequence[Any]]) -> object:
        columns = tables.levels[level].columns
        cursors = [
            cursor_of(total, record_id)
            for total, record_id in zip(columns["total"], columns["record_id"], strict=True)
        ]
        page = page_told(
            cursors,
            has_next=len(search["record_id"]) > bound.first,
            has_previous=bound.has_after,
        )
        return {
            output.key: _part(output, items, cursors, page, tables) for output, items in connection
        }

    return read


def page_told(
    cursors: Sequence[str],
    *,
    has_next: bool,
    has_previous: bool,
) -> dict[Given, object]:
    """Return what `pageInfo` says of a page."""
    return {
        Given.HAS_NEXT: has_next,
        Given.HAS_PREVIOUS: has_previous,
        Given.START: cursors[0] if cursors else None,
        Given.END: cursors[-1] if cursors else None,
    }


def _part(
    output: ConnectionOutput,
    items: _Item,
    cursors: Sequence[str],
    page: Mapping[Given, object],
    tables: Tables,
) -> object:
    if isinstance(output, Constant):
        return output.value
    if isinstance(output, Edges):
        return [
            item_of(items, {Given.CURSOR: cursor}, tables, row)
            for row, cursor in enumerate(cursors)
        ]
    return item_of(items, page, None, None)
