"""Builds the answer's tree from revealed rows, keys in the order in which they were asked.

How objects are built is in `generated`; here is which rows a root shows. What a plan says is bound
once, for each request it only runs. What may be null is null where the row has nothing; the
positions that GraphQL has non-null (edges, page information, look-ups) always have a value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.query.anchored import told_to_anchors
from hub.query.generated import Listed, Objects, Tree, listed, objects_of
from hub.query.model import (
    BoundRoot,
    ConnectionOutput,
    Counted,
    Edges,
    Entities,
    Given,
    Introspected,
    ItemOutput,
    Level,
    Node,
    Number,
    PageOutput,
    Plan,
    Root,
    RootKind,
    Told,
)
from hub.query.orders import cursor_maker
from hub.query.representations import BY_ID, rows_by_place
from hub.query.reveal import Revealed
from hub.query.row_ids import id_text

__all__ = ["Shaper", "Tree", "found_rows", "page_told", "row_finder"]

_Search = Mapping[str, Sequence[Any]]
_RootReader = Callable[[Sequence[Revealed], BoundRoot, _Search], object]


class Shaper:
    """Builds the `data` of one plan; made once a plan."""

    def __init__(self, plan: Plan) -> None:
        """Bind the plan's shapes into functions."""
        self._plan = plan
        self._roots = {
            root.index: _root(root, plan.levels)
            for root in plan.roots
            if not root.is_register and root.kind not in BY_ID
        }
        self._by_id = {
            root.index: objects_of(root.shape, plan.levels)
            for root in plan.roots
            if root.kind in BY_ID and root.shape is not None
        }
        self._told = [
            (output.key, isinstance(output, Root), getattr(output, "value", None))
            for output in plan.outputs
        ]
        self._one: Objects | None = None

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
        rows = told_to_anchors(levels, bound)
        by_index = {one.root.index: one for one in bound}
        data: Tree = {}
        for output in self._plan.outputs:
            if isinstance(output, Root):
                index = output.index
                data[output.key] = self._roots[index](rows, by_index[index], searches[index])
            elif isinstance(output, Entities):
                data[output.key] = self._entities(output, rows, by_index)
            elif isinstance(output, Introspected):
                data[output.key] = introspected.get(output.key)
            else:
                data[output.key] = output.value
        return data

    def each(self, levels: Sequence[Revealed], rows: Sequence[int | None]) -> list[Tree]:
        """Return `data` for each of several who ask by this plan for a person, whose row is given.

        Only for plans that `Prepared.goes_together` says so of. Objects are built once:
        who asks for two of one household finds the same ones in both.
        """
        if self._one is None:
            (root,) = self._plan.roots
            assert root.shape is not None  # noqa: S101 - people have a shape
            self._one = objects_of(root.shape, self._plan.levels)
        made, told = self._one(levels), self._told
        people = [None if row is None else made[row] for row in rows]
        return [
            {key: one if is_person else value for key, is_person, value in told} for one in people
        ]

    def _entities(
        self, output: Entities, rows: Sequence[Revealed], bound: Mapping[int, BoundRoot]
    ) -> object:
        """Return what each id led to, in the order asked; what may not be seen is null."""
        answer: list[object] = []
        for root in output.roots:
            one, made = bound[root.index], self._by_id[root.index](rows)
            answer = answer or [None] * one.length
            for place, row in rows_by_place(one, _row_by_id(root, rows)):
                answer[place] = made[row]
        return answer if output.is_list else answer[0]


def _row_by_id(root: Root, rows: Sequence[Revealed]) -> Mapping[bytes, int]:
    assert root.level is not None  # noqa: S101 - only the log has none
    keys = rows[root.level].columns[BY_ID[root.kind]]
    return {key: row for row, key in enumerate(keys)}


# Roots.


def _root(root: Root, levels: Sequence[Level]) -> _RootReader:
    match root.kind:
        case RootKind.PEOPLE:
            return _people(root, levels)
        case RootKind.HOUSEHOLDS | RootKind.WARNINGS:
            return _list(root, levels)
        case _:
            return _single(root, levels)


def found_rows(
    bound: BoundRoot, search: Mapping[str, Sequence[Any]], person_ids: Sequence[Any]
) -> list[int | None]:
    """Return for each asked-for number the row of its person, None where none may be seen."""
    return list(map(row_finder(search, person_ids), bound.numbers))


def row_finder(
    search: Mapping[str, Sequence[Any]], person_ids: Sequence[Any]
) -> Callable[[Number], int | None]:
    """Return what finds the row of a number's person: by the first of its tags that is known."""
    row_by_person = dict(zip(person_ids, range(len(person_ids)), strict=True))
    person_by_tag = dict(zip(search["tag"], search["person_id"], strict=True))

    def row(number: Number) -> int | None:
        for tag in number.tags:
            if tag in person_by_tag:
                return row_by_person.get(person_by_tag[tag])
        return None

    return row


def _single(root: Root, levels: Sequence[Level]) -> _RootReader:
    assert root.shape is not None  # noqa: S101 - roots of one object have its shape
    build, level = objects_of(root.shape, levels), root.shape.level
    is_person = root.kind is RootKind.PERSON

    def read(rows: Sequence[Revealed], bound: BoundRoot, search: _Search) -> object:
        made = build(rows)
        if is_person:
            (row,) = found_rows(bound, search, rows[level].columns["person_id"])
        else:
            row = 0 if made else None
        return None if row is None else made[row]

    return read


def _people(root: Root, levels: Sequence[Level]) -> _RootReader:
    level = root.level
    assert level is not None  # noqa: S101 - only the log has none
    items, nodes = listed(root.items), _nodes(root.items, levels)

    def read(rows: Sequence[Revealed], bound: BoundRoot, search: _Search) -> object:
        found = found_rows(bound, search, rows[level].columns["person_id"])
        statuses = [
            "FOUND" if row is not None else "NOT_FOUND" if number.is_valid else "INVALID"
            for number, row in zip(bound.numbers, found, strict=True)
        ]
        told = {Given.INDEX: range(len(found)), Given.STATUS: statuses}
        built = (build(rows) for build in nodes)
        people = [[None if row is None else made[row] for row in found] for made in built]
        return items(len(found), told, people)

    return read


def _nodes(items: Sequence[ItemOutput], levels: Sequence[Level]) -> list[Objects]:
    """Return what builds the objects of each node of a list's items, in order."""
    return [
        objects_of(item.shape, levels)
        for item in items
        if isinstance(item, Node) and item.shape is not None
    ]


def _list(root: Root, levels: Sequence[Level]) -> _RootReader:
    level, order = root.level, root.order
    assert level is not None  # noqa: S101 - only the log has none
    assert order is not None  # noqa: S101 - every list has one
    parts = [_part(output, levels) for output in root.connection]
    has_cursors = _tells_cursors(root.connection)
    tie = "household_id" if root.kind is RootKind.HOUSEHOLDS else "record_id"
    key = "total" if levels[level].choice is None else "key"

    def read(rows: Sequence[Revealed], bound: BoundRoot, search: _Search) -> object:
        columns = rows[level].columns
        assert bound.asked is not None  # noqa: S101 - every list was asked for
        cursors: list[str] = []
        if has_cursors:
            write = cursor_maker(order, bound.asked.digest)
            cursors = list(map(write, columns[key], map(id_text, columns[tie])))
        page = page_told(
            cursors,
            has_next=len(search[tie]) > bound.first,
            has_previous=bound.has_after,
        )
        page[Given.COUNT] = search["count"][0] if "count" in search else None
        count = len(columns[tie])
        return {key: part(rows, count, cursors, page) for key, part in parts}

    return read


_Page = Mapping[Given, object]
_Part = Callable[[Sequence[Revealed], int, Sequence[str], _Page], object]


def _part(output: ConnectionOutput, levels: Sequence[Level]) -> tuple[str, _Part]:
    """Return the key of one part of a connection, and what builds it."""
    if isinstance(output, Edges):
        return output.key, _edges(listed(output.outputs), _nodes(output.outputs, levels))
    if isinstance(output, PageOutput):
        shown = output.outputs
        return output.key, lambda _rows, _count, _cursors, page: _page_info(shown, page)
    if isinstance(output, Counted):
        return output.key, lambda _rows, _count, _cursors, page: page[Given.COUNT]
    value = output.value
    return output.key, lambda _rows, _count, _cursors, _page: value


def _edges(items: Listed, nodes: Sequence[Objects]) -> _Part:
    def build(
        rows: Sequence[Revealed], count: int, cursors: Sequence[str], _page: _Page
    ) -> list[Tree]:
        return items(count, {Given.CURSOR: cursors}, [each(rows) for each in nodes])

    return build


def _page_info(outputs: Sequence[ItemOutput], page: _Page) -> Tree:
    return {
        output.key: page[output.what] if isinstance(output, Told) else output.value
        for output in outputs
        if not isinstance(output, Node)
    }


def _tells_cursors(connection: Sequence[ConnectionOutput]) -> bool:
    """Whether a cursor was selected; one is made for each row then."""
    told = {
        item.what
        for part in connection
        if isinstance(part, Edges | PageOutput)
        for item in part.outputs
        if isinstance(item, Told)
    }
    return not told.isdisjoint({Given.CURSOR, Given.START, Given.END})


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
