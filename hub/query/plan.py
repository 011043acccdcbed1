"""Every field of an operation is granted or refused here, before the first row is read.

`plan` is pure: a document, an operation, the variables it branches on and an entitlement go in,
a plan comes out. A denied selection is a constant null with one error; a denied field that steers
a filter or an order, or an operation of which nothing is granted, is refused whole.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Final

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema

from hub.access import Entitlement, Reason
from hub.errors import InvalidDocumentError, NotGrantedError
from hub.query.abstract import EntityType, entities, records
from hub.query.documents import Document, Operation
from hub.query.granting import Granting, denied
from hub.query.levels import MEMBERS_EXPECTED, RECORDS_EXPECTED, LevelBuilder, check_levels
from hub.query.listing import COUNT_COST, listed, planned
from hub.query.lists import Choice, asked, unfiltered
from hub.query.model import (
    Clear,
    ConnectionOutput,
    Constant,
    Counted,
    Edges,
    EntryShape,
    Form,
    Given,
    How,
    ItemOutput,
    Items,
    LevelKind,
    Nested,
    Node,
    Opened,
    Output,
    PageOutput,
    Plan,
    Root,
    RootKind,
    RootOutput,
    Shape,
    Told,
)
from hub.query.orders import ALERT_ORDERS, HOUSEHOLD_ORDERS
from hub.query.registers import SINGLE, TYPES, entry_shape, fields_of_entry
from hub.query.ways import PROVENANCE, Way, core_field, needed_of, provenance_field, snake, way_of
from schema.catalogue import Catalogue, Dataset, Kind

_FORMS: Final = {Kind.DATE: Form.DATE, Kind.MOMENT: Form.MOMENT}
_PAGE: Final = {given.value: given for given in Given}
_TARGETS: Final = {
    RootKind.PERSON: ("Person", LevelKind.PEOPLE),
    RootKind.PEOPLE: ("Person", LevelKind.PEOPLE),
    RootKind.HOUSEHOLD: ("Household", LevelKind.HOUSEHOLD),
    RootKind.HOUSEHOLDS: ("Household", LevelKind.HOUSEHOLDS),
    RootKind.WARNINGS: ("Alert", LevelKind.WARNINGS),
    RootKind.CREDIT_RECORD: ("CommitmentRecord", LevelKind.CREDIT_RECORD),
}
_LISTS: Final = {RootKind.HOUSEHOLDS: HOUSEHOLD_ORDERS, RootKind.WARNINGS: ALERT_ORDERS}
_DEFAULT_ORDER: Final = "total-desc"
"""Of warnings that are asked for without a filter and an order."""


@dataclass(frozen=True, slots=True)
class Planner:
    """What every plan needs: the catalogue and the schema; lives as long as the application."""

    catalogue: Catalogue
    schema: GraphQLSchema

    def plan(
        self,
        document: Document,
        operation: Operation,
        branches: Mapping[str, object],
        entitlement: Entitlement,
        choices: Mapping[str, Choice] = MappingProxyType({}),
        nulls: frozenset[str] = frozenset(),
    ) -> Plan:
        """Return what `operation` will touch under `entitlement`.

        `branches` are the values of the variables that @skip and @include name, `choices` what each
        list is chosen by (`hub.query.listing.choices`), `nulls` which variables steer by nothing.

        Raises:
            NotGrantedError: A denied field steers the operation, or nothing of it is granted.
            InvalidDocumentError: A register is asked together with something else.
            TooCostlyError: It has more levels than a statement is made of.
        """
        chosen = Granting(self.catalogue, document, branches, entitlement, nulls)
        return _Planning(self, document, operation, entitlement, chosen, choices).plan()


@dataclass(slots=True)
class _Planning:
    """The work on one plan; thrown away when it is done."""

    planner: Planner
    document: Document
    operation: Operation
    entitlement: Entitlement
    chosen: Granting
    choices: Mapping[str, Choice]
    levels: list[LevelBuilder] = field(default_factory=list)
    roots: list[Root] = field(default_factory=list)
    granted: int = 0

    def plan(self) -> Plan:
        outputs: list[RootOutput] = []
        for key, nodes in self.chosen.fields([self.operation.node], "Query"):
            output = self._root(key, nodes, len(self.roots))
            if isinstance(output, Root):
                self.roots.append(output)
            outputs.append(output)
        if self.chosen.errors and not self.granted:
            first = self.chosen.errors[0]
            raise NotGrantedError(
                first.message, tuple(sorted({e.field for e in self.chosen.errors}))
            )
        roots = tuple(self.roots)
        register = next((root.kind for root in roots if root.is_register), None)
        if register is not None and len(roots) != 1:
            raise InvalidDocumentError(f"{register} is asked alone, in an operation of its own.")
        return Plan(
            self.document.hash,
            self.operation.name,
            self.entitlement.digest,
            tuple(level.built() for level in self.levels),
            roots,
            tuple(outputs),
            tuple(self.chosen.errors),
            self.entitlement.rows,
            self.entitlement.checks_case,
        )

    # Roots.

    def _root(self, key: str, nodes: list[FieldNode], index: int) -> RootOutput:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(key, "Query")
        if name in {"__schema", "__type", "_service"}:
            self.granted += 1
            return self.chosen.introspected(key, name)
        if name in {"node", "_entities"}:
            return entities(
                key, nodes, self.chosen, lambda one: self._entity(one, key, nodes, f"Query.{name}")
            )
        kind = RootKind(name)
        if kind in TYPES:
            return self._register(kind, key, nodes, index)
        type_name, level_kind = _TARGETS[kind]
        reason = self.chosen.reason_for_type(type_name)
        if kind is RootKind.CREDIT_RECORD and reason is None:
            # That there is an answer tells whose code it is.
            reason = self.chosen.reason_for("CommitmentRecord.code")
        path = f"Query.{name}"
        if reason is not None and kind is RootKind.PEOPLE:
            raise NotGrantedError(denied(self.entitlement, path, reason), (path,))
        choice: Choice | None = None
        told: tuple[str, ...] = ()
        if kind in _LISTS:
            choice, told = planned(self.chosen, kind, nodes[0], self.choices.get(key))
        if reason is not None:
            return self.chosen.refused(key, path, reason, nodes, ())
        dataset = self.planner.catalogue.by_type.get(type_name)
        level = self._level(level_kind, index, None, dataset)
        fixed = listed(level, choice, told)
        start = len(self.levels) - 1
        shape, items, connection = self._root_shape(kind, key, nodes, level)
        if level.counted and level.choice is None:
            level.choice = unfiltered(ALERT_ORDERS[_DEFAULT_ORDER])
        cost = math.ceil(sum(built.cost for built in self.levels[start:]))
        orders = _LISTS.get(kind, {})
        return Root(
            index,
            kind,
            key,
            nodes[0],
            self._definition(path),
            level.index,
            shape,
            items,
            connection,
            cost,
            fixed_cost=fixed + COUNT_COST * level.counted,
            is_chosen=level.choice is not None,
            order=choice.order if choice else orders.get(_DEFAULT_ORDER),
            read=partial(asked, self.planner.catalogue, str(kind)) if orders else None,
        )

    def _entity(self, one: EntityType, key: str, nodes: list[FieldNode], path: str) -> Root:
        """Return the root that finds the objects of one type by their ids."""
        index, start = len(self.roots), len(self.levels)
        level = self._level(one.level, index, None)
        level.answer(one.grant)
        shape = self._object(nodes, one.name, level, (key,))
        cost = math.ceil(sum(built.cost for built in self.levels[start:]))
        definition = self._definition(path)
        root = Root(index, one.root, key, nodes[0], definition, level.index, shape, (), (), cost)
        self.roots.append(root)
        return root

    def _root_shape(
        self, kind: RootKind, key: str, nodes: list[FieldNode], level: LevelBuilder
    ) -> tuple[Shape | None, tuple[ItemOutput, ...], tuple[ConnectionOutput, ...]]:
        if kind is RootKind.PEOPLE:
            return None, self._items(nodes, "PersonLookup", level, (key,)), ()
        type_name = _TARGETS[kind][0]
        if kind in _LISTS:
            return None, (), self._connection(nodes, type_name, level, (key,))
        return self._object(nodes, type_name, level, (key,)), (), ()

    def _definition(self, path: str) -> GraphQLField:
        type_name, _, name = path.partition(".")
        declared = self.planner.schema.type_map[type_name]
        assert isinstance(declared, GraphQLObjectType)  # noqa: S101 - only objects have fields
        definition: GraphQLField = declared.fields[name]
        return definition

    def _register(self, kind: RootKind, key: str, nodes: list[FieldNode], index: int) -> Root:
        paths = fields_of_entry(kind)
        refused = [path for path in paths if self.chosen.reason_for(path) is not None]
        if refused:
            reason = self.chosen.reason_for(refused[0]) or Reason.NOT_GRANTED
            raise NotGrantedError(denied(self.entitlement, refused[0], reason), tuple(refused))
        self.granted += 1
        definition = self._definition(f"Query.{kind}")
        connection: tuple[ConnectionOutput, ...] = ()
        entry: EntryShape | None = None
        if kind in SINGLE:
            entry = self._entry(nodes, TYPES[kind])
        else:
            connection = self._connection(nodes, TYPES[kind], None, (key,))
        cost = SINGLE.get(kind, len(paths))
        return Root(
            index, kind, key, nodes[0], definition, None, None, (), connection, cost, entry=entry
        )

    # Lists and connections.

    def _connection(
        self,
        nodes: Sequence[object],
        node_type: str,
        level: LevelBuilder | None,
        at: tuple[str, ...],
    ) -> tuple[ConnectionOutput, ...]:
        outputs: list[ConnectionOutput] = []
        for key, fields in self.chosen.fields(nodes, f"{node_type}Connection"):
            name = fields[0].name.value
            below = (*at, key)
            if name == "__typename":
                outputs.append(Constant(key, f"{node_type}Connection"))
            elif name == "edges":
                edges = self._items(fields, f"{node_type}Edge", level, below)
                outputs.append(Edges(key, edges))
            elif name == "totalCount" and level is not None:
                self.granted += 1  # a count tells the granted choice
                level.counted = True
                outputs.append(Counted(key))
            else:
                outputs.append(PageOutput(key, self._items(fields, "PageInfo", None, below)))
        return tuple(outputs)

    def _items(
        self,
        nodes: Sequence[object],
        type_name: str,
        level: LevelBuilder | None,
        at: tuple[str, ...],
    ) -> tuple[ItemOutput, ...]:
        outputs: list[ItemOutput] = []
        for key, fields in self.chosen.fields(nodes, type_name):
            name = fields[0].name.value
            if level is not None:
                level.show(f"{type_name}.{name}")
            if name == "__typename":
                outputs.append(Constant(key, type_name))
            elif name in _PAGE:
                self.granted += type_name != "PersonLookup"  # a cursor tells the granted order
                outputs.append(Told(key, _PAGE[name]))
            elif level is None:
                outputs.append(Node(key, None, self._entry(fields, type_name.removesuffix("Edge"))))
            else:
                lookup = type_name == "PersonLookup"
                node_type = "Person" if lookup else type_name.removesuffix("Edge")
                outputs.append(Node(key, self._object(fields, node_type, level, (*at, key))))
        return tuple(outputs)

    def _entry(self, nodes: Sequence[object], type_name: str) -> EntryShape:
        return entry_shape(self.chosen, self.planner.schema, nodes, type_name)

    # Objects.

    def _level(
        self,
        kind: LevelKind,
        root: int,
        parent: LevelBuilder | None,
        dataset: Dataset | None = None,
    ) -> LevelBuilder:
        expected = 1.0
        if kind is LevelKind.MEMBERS:
            expected = MEMBERS_EXPECTED
        elif parent is not None and dataset is not None and dataset.many:
            expected = RECORDS_EXPECTED
        multiplicity = expected * (parent.multiplicity if parent else 1.0)
        check_levels(len(self.levels))
        built = LevelBuilder(
            len(self.levels), kind, root, parent.index if parent else None, dataset, multiplicity
        )
        self.levels.append(built)
        return built

    def _object(
        self, nodes: Sequence[object], type_name: str, level: LevelBuilder, at: tuple[str, ...]
    ) -> Shape:
        outputs: list[Output] = []
        for key, fields in self.chosen.fields(nodes, type_name):
            name = fields[0].name.value
            level.show(f"{type_name}.{name}")
            if name == "__typename":
                level.answer(f"{type_name}.__typename")
                self.granted += 1
                outputs.append(Constant(key, type_name))
            else:
                outputs.append(self._output(key, fields, type_name, level, at))
        return Shape(type_name, level.index, tuple(outputs))

    def _output(
        self,
        key: str,
        nodes: list[FieldNode],
        type_name: str,
        level: LevelBuilder,
        at: tuple[str, ...],
    ) -> Output:
        name = nodes[0].name.value
        path = f"{type_name}.{name}"
        if name == "records" and type_name in {"Person", "Household"}:
            return records(
                key, nodes, type_name, self.chosen, at,
                lambda dataset: self._record(nodes, dataset, level, (*at, key)),
            )  # fmt: skip
        way = way_of(self.planner.catalogue, type_name, name)
        if way is not None:
            return self._nested(key, nodes, path, way, level, at)
        dataset = self.planner.catalogue.by_type.get(type_name)
        if dataset is not None and (name in PROVENANCE or name == "provider"):
            self.granted += 1
            level.answer(path)
            return provenance_field(key, name, dataset, level)
        reason = self.chosen.reason_for(path, with_consent=level.uncovered is not None)
        if reason is not None:
            return self.chosen.refused(key, path, reason, nodes, at)
        self.granted += 1
        level.answer(path)
        if dataset is None:
            return core_field(key, type_name, name, level)
        return self._record_field(key, nodes, dataset, name, level)

    def _nested(
        self,
        key: str,
        nodes: list[FieldNode],
        path: str,
        way: Way,
        level: LevelBuilder,
        at: tuple[str, ...],
    ) -> Output:
        reason = (
            self.chosen.reason_for(path)
            if way.has_grant
            else self.chosen.reason_for_type(way.target)
        )
        consented = way.dataset is not None and self.chosen.opens_with_consent(way.target)
        if reason is not None and not consented:
            return self.chosen.refused(key, path, reason, nodes, at)
        self.granted += way.has_grant
        if way.has_grant:
            level.answer(path)
        kind = way.kind
        if level.kind is LevelKind.WARNINGS and kind is LevelKind.HOUSEHOLD_OF_RECORD:
            kind = None  # a warning's row is its household's: the search has found the place
        below, how = level, How.SAME_ROW
        if kind is not None:
            below, how = self._level(kind, level.root, level, way.dataset), way.how
            below.anchor = self.chosen.anchor(nodes[0], self._definition(path))
            if consented:
                below.uncovered = self.chosen.uncovered(key, path, nodes, at)
        return Nested(key, how, self._object(nodes, way.target, below, (*at, key)))

    def _record(
        self, nodes: list[FieldNode], dataset: Dataset, level: LevelBuilder, at: tuple[str, ...]
    ) -> Shape:
        """Return the shape of a dataset's records as they are asked for through `Record`."""
        way = way_of(self.planner.catalogue, dataset.subject.capitalize(), dataset.navigation)
        assert way is not None  # noqa: S101 - every dataset has its way
        assert way.kind is not None  # noqa: S101 - to rows of its own
        below = self._level(way.kind, level.root, level, dataset)
        return self._object(nodes, dataset.type_name, below, at)

    def _record_field(
        self,
        key: str,
        nodes: list[FieldNode],
        dataset: Dataset,
        name: str,
        level: LevelBuilder,
    ) -> Output:
        declared = next(f for f in dataset.fields if f.graphql_name == name)
        group = declared.group
        if group is None:
            level.column(declared.name)
            return Clear(key, declared.name, _FORMS.get(declared.kind, Form.PLAIN))
        level.group(group)
        place = dataset.groups[group].index(declared)
        if declared.structure is None:
            return Opened(key, group, place)
        parts = tuple(
            (part, None if f[0].name.value == "__typename" else snake(f[0].name.value))
            for part, f in self.chosen.fields(nodes, declared.structure)
        )
        for _, shown in parts:
            level.show(f"{declared.structure}.{key}.{shown}")
        needed = needed_of(self.planner.schema.type_map[declared.structure], parts)
        return Items(key, group, place, declared.structure, parts, needed)
