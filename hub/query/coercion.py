"""Variables and arguments as graphql-core coerces them, without its walk for what is plain.

What a type demands is compiled once an operation: a text is a text, a list of texts is a list in
which everything is one. Whatever is not that plain, an input object, a number where a text is
wanted, anything wrong, is given to graphql-core as it came. So a value is either one that
graphql-core would have made, or graphql-core made it; and every error is graphql-core's own.

Spec: GraphQL, October 2021, 6.1.2 and 6.4.1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLID,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    is_required_argument,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.type.scalars import GRAPHQL_MAX_INT, GRAPHQL_MIN_INT
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

_Read = Callable[[Any], Any]
"""From a value as JSON has it to the coerced one, or `Undefined`: graphql-core is to be asked."""
_NOT_SET: Final = object()
"""A key that no variable has."""


class Values:
    """The values of the variables of one request."""

    __slots__ = ("_known", "_whole", "coerced")

    def __init__(self, coerced: Mapping[str, Any], whole: Callable[[], VariableValues]) -> None:
        """Keep what was coerced, and how graphql-core's own form of it is had."""
        self.coerced = coerced
        self._whole = whole
        self._known: VariableValues | None = None

    def whole(self) -> VariableValues:
        """Return the values as graphql-core has them, with where each came from; made once."""
        if self._known is None:
            self._known = self._whole()
        return self._known


NO_VALUES: Final = Values({}, lambda: VariableValues({}, {}))
"""Of an operation whose variables nobody gave."""


class Coercion:
    """How the variables of one operation are coerced; compiled when first asked for.

    It belongs to an operation, and so to one schema.
    """

    __slots__ = ("_readers",)

    def __init__(self) -> None:
        """Compile nothing yet: the document may not be valid."""
        self._readers: tuple[tuple[str, _Read, Any], ...] | None = None

    def values(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, given: Mapping[str, Any]
    ) -> Values:
        """Return the values of the operation's variables.

        Raises:
            GraphQLError: One is missing or has the wrong form.
        """

        def whole() -> VariableValues:
            return _by_core(schema, node.variable_definitions or (), given)

        readers = self._readers
        if readers is None:
            definitions = node.variable_definitions or ()
            readers = self._readers = tuple(_variable(schema, each) for each in definitions)
        coerced: dict[str, Any] = {}
        for name, read, unset in readers:
            value = given.get(name, _NOT_SET)
            value = unset if value is _NOT_SET else read(value)
            if value is Undefined:
                return _known(whole())
            if value is not _NOT_SET:
                coerced[name] = value
        return Values(coerced, whole)


def _known(values: VariableValues) -> Values:
    return Values(values.coerced, lambda: values)


def _by_core(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
) -> VariableValues:
    values = get_variable_values(
        schema, definitions, dict(given), max_errors=1, hide_suggestions=True
    )
    if not isinstance(values, VariableValues):
        raise values[0]
    return values


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> tuple[str, _Read, Any]:
    """Return a variable's name, how it is read, and what it is when nothing is given for it.

    The last is `_NOT_SET` where it then has no value, and `Undefined` where that is an error.
    """
    name = node.variable.name.value
    signature = get_variable_signature(schema, node)
    if isinstance(signature, GraphQLError):
        return name, _unsure, Undefined
    unset: Any = _NOT_SET
    if node.default_value is not None:
        try:
            unset = coerce_default_value(signature)
        except TypeError:
            unset = Undefined
    elif isinstance(signature.type, GraphQLNonNull):
        unset = Undefined
    return name, _reader(signature.type), unset


# Types.


def _unsure(_value: Any) -> Any:
    return Undefined


def _reader(declared: GraphQLInputType) -> _Read:
    """Return how values of a type are read: as graphql-core does it, or `Undefined`."""
    if isinstance(declared, GraphQLNonNull):
        return _present(declared.of_type)
    read = _present(declared)
    return lambda value: None if value is None else read(value)


def _present(declared: Any) -> _Read:
    """Return how values of a nullable type are read if they are not to be null."""
    if isinstance(declared, GraphQLList):
        return _list(declared.of_type)
    if isinstance(declared, GraphQLEnumType):
        return _enum(declared)
    plain = _PLAIN.get(declared.name)
    if plain is not None and plain[0] is declared:
        return plain[1]
    return _scalar(declared) if isinstance(declared, GraphQLScalarType) else _unsure


def _text(value: Any) -> Any:
    return value if type(value) is str else Undefined


def _truth(value: Any) -> Any:
    return value if type(value) is bool else Undefined


def _int(value: Any) -> Any:
    if type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT:
        return value
    return Undefined


_PLAIN: Final[Mapping[str, tuple[GraphQLScalarType, _Read]]] = {
    "String": (GraphQLString, _text),
    "ID": (GraphQLID, _text),
    "Boolean": (GraphQLBoolean, _truth),
    "Int": (GraphQLInt, _int),
}
"""Scalars whose plain values stay as they are, if they are the ones of the specification."""


def _enum(declared: GraphQLEnumType) -> _Read:
    names = {name: value.value for name, value in declared.values.items()}
    return lambda value: names.get(value, Undefined) if type(value) is str else Undefined


def _scalar(declared: GraphQLScalarType) -> _Read:
    coerce = declared.coerce_input_value

    def read(value: Any) -> Any:
        if value is None:
            return Undefined
        try:
            return coerce(value)
        except Exception:  # noqa: BLE001 - as graphql-core does: a parser may raise anything
            return Undefined

    return read


def _list(item: Any) -> _Read:
    read = _reader(item)
    is_texts = isinstance(item, GraphQLNonNull) and _present(item.of_type) is _text

    def texts(value: Any) -> Any:
        if type(value) is list and set(map(type, value)) <= {str}:
            return value
        return Undefined

    def items(value: Any) -> Any:
        if type(value) is not list:
            return Undefined
        made = [read(each) for each in value]
        return Undefined if any(each is Undefined for each in made) else made

    return texts if is_texts else items


# Arguments.


@dataclass(frozen=True, slots=True)
class _FromVariable:
    """An argument that is a variable: its value, or `unset` where the variable has none."""

    name: str
    variable: str
    unset: Any
    """`Undefined`: the argument is then left out; `_NOT_SET`: that is an error."""
    is_required: bool


class Arguments:
    """How the arguments of one field are read; compiled when first asked for."""

    __slots__ = ("_constants", "_variables")

    def __init__(self) -> None:
        """Compile nothing yet."""
        self._constants: dict[str, Any] = {}
        self._variables: tuple[_FromVariable, ...] | None = None

    def of(self, definition: GraphQLField, node: FieldNode, values: Values) -> dict[str, Any]:
        """Return the arguments of the field.

        Raises:
            GraphQLError: One is missing.
        """
        variables = self._variables
        if variables is None:
            variables = self._variables = self._compiled(definition, node)
        given = self._constants.copy()
        coerced = values.coerced
        for one in variables:
            value = coerced.get(one.variable, _NOT_SET)
            if value is _NOT_SET:
                value = one.unset
                if value is Undefined:
                    continue
            elif value is None and one.is_required:
                value = _NOT_SET
            if value is _NOT_SET:
                return get_argument_values(definition, node, values.whole())
            given[one.name] = value
        return given

    def _compiled(self, definition: GraphQLField, node: FieldNode) -> tuple[_FromVariable, ...]:
        """Sort the arguments into constants and variables.

        Where one is neither, or wrong, none is sorted, and graphql-core reads them all each time.
        """
        nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        variables: list[_FromVariable] = []
        constants: dict[str, Any] = {}
        for name, declared in definition.args.items():
            value, out_name = nodes.get(name), declared.out_name or name
            if isinstance(value, VariableNode):
                variables.append(_from_variable(out_name, value, declared))
                continue
            constant = _constant(value, declared)
            if constant is _NOT_SET:
                return (_FromVariable(name, "", _NOT_SET, is_required=True),)
            if constant is not Undefined:
                constants[out_name] = constant
        self._constants = constants
        return tuple(variables)


def _from_variable(name: str, node: VariableNode, declared: GraphQLArgument) -> _FromVariable:
    required = is_required_argument(declared)
    unset = _NOT_SET if required else _default(declared)
    return _FromVariable(name, node.name.value, unset, isinstance(declared.type, GraphQLNonNull))


def _default(declared: GraphQLArgument) -> Any:
    """Return an argument's default, `Undefined` if it has none; `_NOT_SET` where that is wrong."""
    try:
        return coerce_default_value(declared)
    except TypeError:
        return _NOT_SET


def _constant(node: ValueNode | None, declared: GraphQLArgument) -> Any:
    """Return an argument's value where it is always the same; `_NOT_SET` where it is not."""
    if node is None:
        return _NOT_SET if is_required_argument(declared) else _default(declared)
    if _has_variable(node):
        return _NOT_SET
    coerced = coerce_input_literal(node, declared.type)
    return _NOT_SET if coerced is Undefined else coerced


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_has_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)
