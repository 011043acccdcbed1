"""Each limit of a document lets through what reaches it, and refuses one more by its name."""

import time

import pytest
from graphql import Lexer, Source, TokenKind, get_introspection_query

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.documents import Documents
from hub.query.measure import DocumentLimits, scan

LIMITS = DocumentLimits()


def fields(count):
    return "{ " + "a: __typename " * count + "}"


def aliases(count):
    return "{ " + " ".join(f"a{n}: __typename" for n in range(count)) + " }"


def nested_list(depth):
    return "{ warnings(bands: " + "[" * (depth - 2) + "]" * (depth - 2) + ") { __typename } }"


def fragments(count):
    spread = " ".join(f"...F{n}" for n in range(count))
    return f"{{ {spread} }}" + "".join(
        f" fragment F{n} on Query {{ __typename }}" for n in range(count)
    )


def operations(count):
    return " ".join(f"query Q{n} {{ __typename }}" for n in range(count))


def variables(count):
    declared = " ".join(f"$v{n}: Boolean = true" for n in range(count))
    used = " ".join(f"f{n}: __typename @skip(if: $v{n})" for n in range(count))
    return f"query ({declared}) {{ {used} }}"


def directives(count):
    return "{ " + " ".join(f"a{n}: __typename @skip(if: true)" for n in range(count)) + " }"


def at_one(count):
    return "{ __typename" + " @skip(if: true)" * count + " }"


@pytest.mark.parametrize(
    ("name", "limits", "make"),
    [
        ("characters", DocumentLimits(characters=40), "{ __typename }".ljust),
        (
            "tokens",
            DocumentLimits(tokens=30, overlaps=900),
            lambda n: "{ __typename" + "\n#" * (n - 3) + "\n}",
        ),
        ("nesting", DocumentLimits(nesting=20), nested_list),
        ("operations", DocumentLimits(operations=3), operations),
        ("fragments", DocumentLimits(fragments=3), fragments),
        ("variables", DocumentLimits(variables=3), variables),
        ("aliases", DocumentLimits(aliases=5), aliases),
        ("alias_characters", LIMITS, lambda n: "{ " + "a" * n + ": __typename }"),
        ("directives", DocumentLimits(directives=5), directives),
        ("directives_at_one", DocumentLimits(directives_at_one=3), at_one),
        ("selections", DocumentLimits(selections=12), lambda n: "{ " + "__typename " * n + "}"),
    ],
)
def test_what_reaches_a_limit_is_taken_and_one_more_is_refused_by_its_name(
    schema, name, limits, make
):
    documents = Documents(schema, limits)
    allowed = getattr(limits, name)

    try:
        documents.parsed(make(allowed))
    except InvalidDocumentError:  # measured, and then found wrong by validation
        assert name in {"nesting", "directives_at_one"}
    with pytest.raises(TooCostlyError) as refused:
        documents.parsed(make(allowed + 1))
    assert (refused.value.limit, refused.value.allowed) == (name, allowed)
    assert str(allowed) in str(refused.value)


@pytest.mark.parametrize(("allowed", "is_taken"), [(7, True), (6, False)])
def test_depth_is_how_many_selections_are_inside_one_another(schema, allowed, is_taken):
    documents = Documents(schema, DocumentLimits(depth=allowed))
    text = (
        '{ household(id: "x") { members { person { household { members { person { id } } } } } } }'
    )

    if is_taken:
        documents.parsed(text)
    else:
        with pytest.raises(TooCostlyError, match="deeper than 6") as refused:
            documents.parsed(text)
        assert refused.value.limit == "depth"


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        (fields(4), 6),
        ("{ ...F ...F ...F } fragment F on Query { __typename }", 3),
        (
            '{ household(id: "") { id id } household(id: "") { id } } ',
            1 + 3,
        ),
        ("{ __typename } fragment F on Query { __typename __typename __typename }", 3),
    ],
)
def test_what_would_be_merged_is_counted_in_pairs(schema, text, pairs):
    with pytest.raises(TooCostlyError) as refused:
        Documents(schema, DocumentLimits(overlaps=pairs - 1)).parsed(text)
    assert refused.value.limit == "overlaps"

    try:
        Documents(schema, DocumentLimits(overlaps=pairs)).parsed(text)
    except InvalidDocumentError as problem:
        assert "never used" in str(problem)  # noqa: PT017 - validation came after measuring


def test_a_fragment_that_spreads_itself_is_refused_before_validation(schema):
    for text in (
        "{ ...A } fragment A on Query { ...A }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }",
    ):
        with pytest.raises(InvalidDocumentError, match="spreads itself"):
            Documents(schema).parsed(text)


@pytest.mark.parametrize("escape", [r"\u0000", r"\u{0}", r"\u{000}"])
def test_a_text_with_the_character_nul_is_refused(schema, escape):
    with pytest.raises(InvalidDocumentError, match="NUL"):
        Documents(schema).parsed('{ person(nationalId: "a' + escape + '") { id } }')


def lexed(text):
    """Return how many tokens graphql-core's own lexer finds, comments included."""
    token = Lexer(Source(text)).token
    found = 0
    lexer = Lexer(Source(text))
    while token.kind is not TokenKind.EOF:
        token = lexer.advance()
    while (token := token.prev).kind is not TokenKind.SOF:
        found += 1
    return found


@pytest.mark.parametrize(
    "text",
    [
        '{ a(b: "}}{{((", c: """ "" \\""" }} """) }',
        "{ a # }}}}\n b ... on C { d } }",
        '{ a(b: "\\"}") }',
        "{ a(b: -1.5e+3, c: $d) @e }",
        "\ufeff{,,a,,}\r\n",
        "query Q($a: [Int!]! = [1, 2] @x) { ...F } fragment F on T { b: c(d: {e: null}) & | }",
    ],
)
def test_tokens_are_counted_as_the_parser_counts_them_and_comments_too(text):
    tokens = lexed(text)
    scan(text, DocumentLimits(tokens=tokens, nesting=3))
    with pytest.raises(TooCostlyError):
        scan(text, DocumentLimits(tokens=tokens - 1))


@pytest.mark.parametrize(
    "text", ['"' + "\\" * 65_000, '"""' + '\\"""' * 16_000, '"' * 65_000, "#" * 65_000]
)
def test_a_text_without_an_end_is_scanned_in_one_pass(text):
    began = time.process_time()
    try:
        scan(text, LIMITS)
    except TooCostlyError as refused:
        assert refused.limit == "tokens"  # noqa: PT017 - some have many tokens, and that is fine
    assert time.process_time() - began < 0.05


def test_the_standard_introspection_is_within_every_limit(schema):
    Documents(schema).parsed(
        get_introspection_query(descriptions=True, input_value_deprecation=True)
    )
