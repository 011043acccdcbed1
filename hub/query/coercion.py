"""Variables and arguments as graphql-core coerces them, without its walks.

What a type demands is compiled once an operation: a text is a text, a list of texts is a list in
which everything is one, an input object has the fields that it may have. A scalar or an enum is
asked about what is not plain, as graphql-core does, so that the values are those that graphql-core
would make, and refused is what it refuses; only what it says of it is not worked out, for a caller
is never told. The work for a value ends at the first part that is wrong, and is done once however
many fields are given it. Input objects that may hold themselves are left to graphql-core.

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
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
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
    get_named_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import (
    VariableValues,
    VariableValueSource,
    get_argument_values,
    get_variable_values,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

_Read = Callable[[Any], Any]
"""From a value as JSON has it to the coerced one, or `Undefined`: it has the wrong form."""
_NOT_SET: Final = object()
"""There is no value, which is no error; `Undefined` always is one."""


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


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable of an operation, compiled."""

    signature: GraphQLVariableSignature
    node: VariableDefinitionNode
    read: _Read
    unset: Any
    """What it is when nothing is given."""


class Coercion:
    """How the variables of one operation are coerced; compiled when first asked for.

    It belongs to an operation, and so to one schema.
    """

    __slots__ = ("_variables",)

    def __init__(self) -> None:
        """Compile nothing yet: the document may not be valid."""
        self._variables: dict[str, _Variable | None] | None = None

    def values(
        self, schema: GraphQLSchema, node: OperationDefinitionNode, given: Mapping[str, Any]
    ) -> Values:
        """Return the values of the operation's variables.

        Raises:
            GraphQLError: One is missing or has the wrong form.
        """
        variables = self._variables
        if variables is None:
            definitions = node.variable_definitions or ()
            variables = {each.variable.name.value: _variable(schema, each) for each in definitions}
            self._variables = variables
        coerced: dict[str, Any] = {}
        for name, variable in variables.items():
            if variable is None:
                return _by_core(schema, node.variable_definitions or (), given)
            value = given.get(name, _NOT_SET)
            value = variable.unset if value is _NOT_SET else variable.read(value)
            if value is Undefined:
                raise GraphQLError(f"Variable '${name}' has invalid value.", variable.node)
            if value is not _NOT_SET:
                coerced[name] = value
        return Values(coerced, lambda: _whole(variables, given, coerced))


def _whole(
    variables: Mapping[str, _Variable | None], given: Mapping[str, Any], coerced: dict[str, Any]
) -> VariableValues:
    sources = {
        name: VariableValueSource(variable.signature, given.get(name, Undefined))
        for name, variable in variables.items()
        if variable is not None
    }
    return VariableValues(sources, coerced)


def _by_core(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
) -> Values:
    values = get_variable_values(
        schema, definitions, dict(given), max_errors=1, hide_suggestions=True
    )
    if not isinstance(values, VariableValues):
        raise values[0]
    return Values(values.coerced, lambda: values)


def _variable(schema: GraphQLSchema, node: VariableDefinitionNode) -> _Variable | None:
    """Return how a variable is read; None where graphql-core is to do it, or to say why not."""
    signature = get_variable_signature(schema, node)
    if isinstance(signature, GraphQLError) or _is_endless(signature.type, ()):
        return None
    is_required = node.default_value is None and isinstance(signature.type, GraphQLNonNull)
    unset = _default(signature, required=is_required)
    return _Variable(signature, node, _reader(signature.type), unset)


def _is_endless(declared: GraphQLInputType, above: tuple[GraphQLInputType, ...]) -> bool:
    """Return whether a value may be nested without an end: an input object may hold itself."""
    named = get_named_type(declared)
    if not isinstance(named, GraphQLInputObjectType):
        return False
    within = (*above, named)
    return named in above or any(_is_endless(each.type, within) for each in named.fields.values())


# Types.


def _reader(declared: GraphQLInputType) -> _Read:
    """Return how values of a type are read, as graphql-core reads them."""
    if isinstance(declared, GraphQLNonNull):
        return _present(declared.of_type)
    read = _present(declared)
    return lambda value: None if value is None else read(value)


def _present(declared: Any) -> _Read:
    """Return how values of a nullable type are read if they are not to be null."""
    if isinstance(declared, GraphQLList):
        return _texts if _is_text(declared.of_type) else _list(declared.of_type)
    if isinstance(declared, GraphQLInputObjectType):
        return _Object(declared)
    return _leaf(declared)


def _leaf(declared: GraphQLScalarType | GraphQLEnumType) -> _Read:
    """Return how a scalar or an enum is read: what it may hold is asked of itself."""
    coerce = declared.coerce_input_value
    plain: type | None = _PLAIN.get(declared)
    names: Mapping[str, Any] = {}
    if isinstance(declared, GraphQLEnumType):
        names = {name: value.value for name, value in declared.values.items()}

    def read(value: Any) -> Any:
        if value is None:
            return Undefined
        kind = type(value)
        if kind is plain:
            return value
        if kind is str and value in names:
            return names[value]
        try:
            return coerce(value)
        except Exception:  # noqa: BLE001 - as graphql-core does: a parser may raise anything
            return Undefined

    return read


_PLAIN: Final[Mapping[Any, type]] = {GraphQLString: str, GraphQLID: str, GraphQLBoolean: bool}
"""Scalars of the specification all of whose values of a type stay as they are."""


def _is_text(item: Any) -> bool:
    return isinstance(item, GraphQLNonNull) and item.of_type is GraphQLString


def _texts(value: Any) -> Any:
    """Read a list of texts."""
    if type(value) is str:
        return [value]
    return value if type(value) is list and set(map(type, value)) <= {str} else Undefined


def _list(item: GraphQLInputType) -> _Read:
    read = _reader(item)

    def items(value: Any) -> Any:
        if value is None:
            return Undefined
        made = []
        for each in value if type(value) is list else (value,):
            one = read(each)
            if one is Undefined:
                return Undefined
            made.append(one)
        return made

    return items


class _Object:
    """How values of one input object are read; of its fields, what was given before is compiled."""

    __slots__ = ("_declared", "_fields", "_readers")

    def __init__(self, declared: GraphQLInputObjectType) -> None:
        """Compile nothing yet: most operations are given few of many fields."""
        self._declared = declared
        self._fields: tuple[tuple[str, str, Any], ...] | None = None
        """Name, name of what is made, and what it is when nothing is given."""
        self._readers: dict[str, _Read] = {}

    def __call__(self, value: Any) -> Any:
        """Return what is made of a value."""
        declared = self._declared
        if type(value) is not dict or not value.keys() <= declared.fields.keys():
            return Undefined
        if declared.is_one_of and (len(value) != 1 or None in value.values()):
            return Undefined
        if self._fields is None:
            self._fields = tuple(
                (
                    name,
                    each.out_name or name,
                    _default(each, required=is_required_input_field(each)),
                )
                for name, each in declared.fields.items()
            )
        made: dict[str, Any] = {}
        for name, out_name, unset in self._fields:
            given = value.get(name, _NOT_SET)
            given = unset if given is _NOT_SET else self._read(name, given)
            if given is Undefined:
                return Undefined
            if given is not _NOT_SET:
                made[out_name] = given
        return declared.out_type(made)

    def _read(self, name: str, given: Any) -> Any:
        read = self._readers.get(name)
        if read is None:
            read = self._readers[name] = _reader(self._declared.fields[name].type)
        return read(given)


# Arguments.


@dataclass(frozen=True, slots=True)
class _FromVariable:
    """An argument that is a variable."""

    name: str
    variable: str
    unset: Any
    """What it is when the variable has no value."""
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
                if value is _NOT_SET:
                    continue
            elif value is None and one.is_required:
                value = Undefined
            if value is Undefined:
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
            if constant is Undefined:
                return (_FromVariable(name, "", Undefined, is_required=True),)
            if constant is not _NOT_SET:
                constants[out_name] = constant
        self._constants = constants
        return tuple(variables)


def _from_variable(name: str, node: VariableNode, declared: GraphQLArgument) -> _FromVariable:
    unset = _default(declared, required=is_required_argument(declared))
    return _FromVariable(name, node.name.value, unset, isinstance(declared.type, GraphQLNonNull))


def _default(
    declared: GraphQLArgument | GraphQLInputField | GraphQLVariableSignature, *, required: bool
) -> Any:
    """Return what there is where nothing is given."""
    if required:
        return Undefined
    try:
        value = coerce_default_value(declared)
    except TypeError:
        return Undefined
    return _NOT_SET if value is Undefined else value


def _constant(node: ValueNode | None, declared: GraphQLArgument) -> Any:
    """Return an argument's value where it is always the same; `Undefined` where it is not."""
    if node is None:
        return _default(declared, required=is_required_argument(declared))
    return Undefined if _has_variable(node) else coerce_input_literal(node, declared.type)


def _has_variable(node: ValueNode) -> bool:
    if isinstance(node, ListValueNode):
        return any(_has_variable(value) for value in node.values)
    if isinstance(node, ObjectValueNode):
        return any(_has_variable(each.value) for each in node.fields)
    return isinstance(node, VariableNode)
