"""Whatever is declared and whatever is given: values and errors are graphql-core's, always."""

from collections.abc import Mapping

import pytest
from graphql import GraphQLError, build_schema, parse, validate
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.query import coercion
from hub.query.coercion import Arguments, Coercion, Values
from hub.query.documents import invalid_variable

SCHEMA = build_schema(
    """
    enum Band { RED GREEN }
    scalar Date
    input Region { code: String!, deep: Boolean = true, near: [Region!] }
    input Days { from: Date!, to: Date, open: Boolean = false }
    input One @oneOf { code: String, day: Date }
    input Around { days: [Days!], near: Region }
    input Filter {
      days: Days, bands: [Band!]! = [RED], one: One, note: String = null, least: Int! = 3
    }
    type Query {
      s(a: String): Int        s2(a: String!): Int         s3(a: String! = "x"): Int
      i(a: Int): Int           i2(a: Int! = 50): Int       n(a: String = null): Int
      b(a: Boolean): Int       d(a: ID!): Int              f(a: Float): Int
      e(a: Band): Int          e2(a: [Band!]): Int         e3(a: Band = RED): Int
      l(a: [String!]!): Int    l2(a: [[Int]]): Int         l3(a: [ID]): Int
      t(a: Date): Int          t2(a: [Date!]): Int
      r(a: Region): Int        r2(a: [Region!]! = []): Int
      w(a: Filter): Int        w2(a: [Filter!]! = [{}]): Int
      o(a: One!): Int
      several(a: String, b: Int! = 3, c: [String!], d: Band = GREEN, e: Date): Int
    }
    """
)


def _only_days(value):
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError(value)
    return ("day", value)


SCHEMA.type_map["Date"].coerce_input_value = _only_days
SCHEMA.type_map["Days"].fields["from"].out_name = "from_"
SCHEMA.type_map["Days"].out_type = lambda made: {"days": made}
SCHEMA.type_map["Band"].values["RED"].value = "red"
FIELDS = SCHEMA.query_type.fields
NAMED = (
    "String",
    "Int",
    "Boolean",
    "ID",
    "Float",
    "Band",
    "Date",
    "Region",
    "Days",
    "One",
    "Filter",
)
LITERALS = ('"x"', "7", "-0", "null", "true", "RED", "BLUE", "1.5", "3000000000", '"2026-05-01"')


def _required(declared: str) -> str:
    return declared if declared.endswith("!") else f"{declared}!"


types = st.recursive(
    st.sampled_from(NAMED), lambda inner: inner.map(lambda t: f"[{t}]") | inner.map(_required)
)
LIKELY = {
    "String": ("", "x", 7, True),
    "Int": (0, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 1.0, 1.5, True, "7"),
    "Boolean": (True, False, 0, "true"),
    "ID": ("x", "", 7, 1.0, True),
    "Float": (1.5, 1, 2**70, "1.5", False),
    "Band": ("RED", "GREEN", "BLUE", "red", 1),
    "Date": ("2026-05-01", "2026", 5),
    "Region": ({"code": "42"}, {"code": 42}, {"code": "42", "far": 1}, {}, "42"),
    "Days": ({"from": "2026-05-01"}, {"from": "2026-05-01", "to": None, "open": True}, {}),
    "Around": ({"near": {"code": "42"}}, {"days": {"from": "2026-05-01"}}, {"near": 1}),
    "One": ({"code": "42"}, {"day": "2026"}, {"code": None}, {"code": "42", "day": None}, {}),
    "Filter": (
        {},
        {"days": {"from": "2026-05-01"}, "bands": ["GREEN", "RED"], "least": 5},
        {"bands": None},
        {"bands": "RED"},
        {"one": {"code": "x"}, "note": "x"},
        {"days": {"from": "2026"}, "least": 1.5},
    ),
}
anything = st.recursive(
    st.none() | st.sampled_from([value for each in LIKELY.values() for value in each]),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@st.composite
def fitting(draw, declared: str):
    """A value of a type, or nearly: each part may be null or of another type instead."""
    odd = draw(st.integers(0, 9))
    if odd == 0:
        return draw(anything)
    if odd == 1:
        return None
    named = declared.removesuffix("!")
    if named.startswith("["):
        return draw(st.lists(fitting(named[1:-1]), max_size=3))
    return draw(st.sampled_from(LIKELY[named]))


@st.composite
def variables(draw, names):
    """Definitions of variables, and values for most of them."""
    declared, offered = [], {}
    for name in names:
        type_, default = draw(types), draw(st.none() | st.sampled_from(LITERALS))
        declared.append(f"${name}: {type_}" + (f" = {default}" if default else ""))
        if draw(st.integers(0, 4)):
            offered[name] = draw(fitting(type_))
    return ", ".join(declared), offered


def outcome(work):
    """Return what came of it: a value with its types, or what a caller is told of the error."""
    try:
        made = work()
    except GraphQLError as problem:
        return "refused", str(invalid_variable(problem)), str(problem.locations)
    return "made", typed(made)


def typed(made):
    if isinstance(made, Mapping):
        return [(key, typed(value)) for key, value in made.items()]
    if isinstance(made, list):
        return [typed(value) for value in made]
    return type(made).__name__, made


def core_values(node, given_values) -> VariableValues:
    made = get_variable_values(
        SCHEMA, node.variable_definitions or (), given_values, max_errors=1, hide_suggestions=True
    )
    if isinstance(made, list):
        raise made[0]
    return made


def told(values):
    """Return what graphql-core is told of values: where each came from, and what it is."""
    sources = values.sources.items()
    return {name: (str(one.signature.type), one.value) for name, one in sources}, values.coerced


def operation(text):
    return parse(text, no_location=False).definitions[0]


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3).flatmap(lambda count: variables([f"v{n}" for n in range(count)])))
def test_variables_become_what_graphql_core_makes_of_them(made):
    definitions, offered = made
    node = operation(f"query ({definitions}) {{ __typename }}")
    compiled = Coercion()

    for _ in range(2):  # compiled, and then used again
        ours = outcome(lambda: compiled.values(SCHEMA, node, offered).coerced)
        assert ours == outcome(lambda: core_values(node, offered).coerced)


@pytest.mark.parametrize("declared", ["{}", "{}!", "[{}]", "[{}!]!"])
@pytest.mark.parametrize("named", NAMED)
def test_each_value_of_each_type_is_what_graphql_core_makes_of_it(named, declared):
    node = operation(f"query ($v: {declared.format(named)}) {{ __typename }}")
    compiled = Coercion()

    for value in [None, *(value for each in LIKELY.values() for value in each)]:
        for offered in ({"v": value}, {"v": [value]}, {"v": [value, None]}, {}):
            ours = outcome(lambda given=offered: compiled.values(SCHEMA, node, given).coerced)
            core = outcome(lambda given=offered: core_values(node, given).coerced)
            assert ours == core, offered
            if ours[0] == "made":
                whole = compiled.values(SCHEMA, node, offered).whole()
                assert told(whole) == told(core_values(node, offered)), offered


literals = st.sampled_from((*LITERALS, "[]", '["a"]', '{code: "42"}', "{}", "[[1], null]"))
inside_of = st.sampled_from(("[$v]", "{code: $v}", '["a", $v]', "[[$v]]"))


@st.composite
def fields(draw):
    """An operation with one field, whose arguments are mostly variables of their types."""
    name = draw(st.sampled_from(sorted(FIELDS)))
    texts, type_ = [], "String"
    for key, declared in FIELDS[name].args.items():
        kind = draw(st.integers(0, 4))
        if kind in {0, 1}:
            texts.append(f"{key}: $v")
            type_ = str(declared.type) if kind else str(declared.type).removesuffix("!")
        elif kind < 4:
            texts.append(f"{key}: {draw(literals if kind == 2 else inside_of)}")
    default = draw(st.none() | st.sampled_from(LITERALS))
    definition = f"$v: {type_}" + (f" = {default}" if default else "")
    offered = {"v": draw(fitting(type_))} if draw(st.integers(0, 3)) else {}
    arguments = f"({', '.join(texts)})" if texts else ""
    return name, f"query ({definition}) {{ {name}{arguments} }}", offered


def nested(depth):
    """A region that has another nearby, and so on."""
    made = {"code": "42"}
    for _ in range(depth):
        made = {"code": "42", "near": [made]}
    return made


@pytest.mark.parametrize("depth", [1, 90, 150, 400, 2_000])
def test_what_may_be_nested_without_an_end_is_nested_as_deep_as_graphql_core_has_it(depth):
    node = operation("query ($v: Region, $w: Around) { __typename }")
    offered = {"v": nested(depth), "w": {"near": nested(depth)}}

    for given_ in (offered, {"v": offered["v"]}, {"w": offered["w"]}):
        ours = outcome(lambda given_=given_: Coercion().values(SCHEMA, node, given_).coerced)
        core = outcome(lambda given_=given_: core_values(node, given_).coerced)
        assert ours == core


def test_a_list_is_read_as_far_as_its_first_part_that_is_wrong():
    looked_at = []

    def look(value):
        looked_at.append(value)
        return _only_days(value)

    schema = build_schema("scalar Date type Query { t(a: [Date!]): Int }")
    schema.type_map["Date"].coerce_input_value = look
    node = operation("query ($v: [Date!]) { t(a: $v) }")

    with pytest.raises(GraphQLError):
        Coercion().values(schema, node, {"v": ["2026-05-01", "x", *["2026-05-02"] * 1_000]})
    assert looked_at == ["2026-05-01", "x"]


@settings(max_examples=200, deadline=None)
@given(fields())
def test_arguments_become_what_graphql_core_makes_of_them(made):
    name, text, offered = made
    node = operation(text)
    field = node.selection_set.selections[0]
    try:
        values_of_core = core_values(node, offered)
    except GraphQLError:
        return
    compiled = Arguments()

    for _ in range(2):
        own = Coercion().values(SCHEMA, node, offered)
        ours = outcome(lambda own=own: compiled.of(FIELDS[name], field, own))
        core = outcome(lambda: get_argument_values(FIELDS[name], field, values_of_core))
        if core[0] == "refused" and validate(SCHEMA, parse(text)):
            return  # what is not valid never comes so far
        assert by_name(ours) == by_name(core)


def by_name(made):
    return (made[0], sorted(made[1], key=lambda pair: pair[0])) if made[0] == "made" else made


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("query ($v: String!) { s(a: $v) }", {"v": "x"}),
        ("query ($v: [String!]!) { l(a: $v) }", {"v": ["x", "y"]}),
        ("query ($v: Date, $w: Band) { t(a: $v) e(a: $w) }", {"v": "2026-05-01", "w": "RED"}),
        ("query ($v: Int = 7) { i(a: $v) }", {}),
        ("query ($v: Filter) { w(a: $v) }", {"v": {"days": {"from": "2026-05-01"}}}),
        ("query ($v: Filter) { w(a: $v) }", {"v": {"bands": ["RED"], "one": {"code": "x"}}}),
        ('{ s(a: "x") several(b: 5, d: RED) r(a: {code: "42"}) }', {}),
    ],
)
def test_plain_variables_and_constants_do_not_trouble_graphql_core(monkeypatch, text, offered):
    def troubled(*_given, **_named):
        raise AssertionError

    monkeypatch.setattr(coercion, "get_variable_values", troubled)
    monkeypatch.setattr(coercion, "get_argument_values", troubled)
    node = operation(text)
    own = Coercion().values(SCHEMA, node, offered)

    for field in node.selection_set.selections:
        assert Arguments().of(FIELDS[field.name.value], field, own)


def test_constants_of_one_request_are_not_those_of_the_next():
    node = operation('{ several(a: "x") }')
    field = node.selection_set.selections[0]
    compiled, own = Arguments(), Values({}, dict)

    compiled.of(FIELDS["several"], field, own).clear()
    assert compiled.of(FIELDS["several"], field, own)["a"] == "x"


def test_the_form_that_graphql_core_has_is_made_once():
    made = []
    values = Values({}, lambda: made.append(1) or VariableValues({}, {}))

    assert values.whole() is values.whole()
    assert made == [1]
