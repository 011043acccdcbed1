"""A document is measured before it is worked on, and never quoted back."""

import pytest

from hub.errors import InvalidDocumentError, TooCostlyError
from hub.query.bind import coerced
from hub.query.documents import Documents, masked
from hub.query.measure import DocumentLimits

NUMBER = "690106199001010014"


def refused(documents, text, error=InvalidDocumentError):
    with pytest.raises(error) as caught:
        documents.parsed(text)
    assert NUMBER not in str(caught.value)
    return caught.value


def test_the_same_text_is_the_same_document(documents):
    assert documents.parsed("{ __typename }") is documents.parsed("{ __typename }")


def test_the_oldest_document_is_forgotten_first(schema):
    documents = Documents(schema, capacity=2)
    first = documents.parsed("{ a: __typename }")
    for name in "bc":
        documents.parsed(f"{{ {name}: __typename }}")

    assert documents.parsed("{ a: __typename }") is not first


@pytest.mark.parametrize(
    "text",
    [
        "{ person(nationalId: " + NUMBER + ") { id } }",
        '{ person(nationalId: "' + NUMBER,
        "{ person(nationalId: $x" + NUMBER + ") { id } }",
        "{ household(id: true) { id } }",
        '{ warnings(first: "' + NUMBER + '") { __typename } }',
        "{ x" + NUMBER + " }",
        "{ person { id } }",
        "fragment F on Person { id }",
        '{ person(nationalId: "") { ...F } } fragment F on Person { ...F }',
        "subscription { x }",
        "",
    ],
)
def test_a_wrong_document_is_refused_without_quoting_it(documents, text):
    refused(documents, text)


def test_a_value_in_the_wrong_place_is_not_in_the_message(documents):
    fault = refused(documents, '{ warnings(first: "somebody") { __typename } }')

    assert "somebody" not in str(fault)
    assert fault.locations


@pytest.mark.parametrize(
    "text",
    [
        '{ household(id: "x", asOf: "SOMEBODY 6901-0619-9001-0014") { id } }',
        '{ household(id: "x", knownAt: "SOMEBODY") { id } }',
        '{ households(filter: {place: "SOMEBODY", has: []}) { totalCount } }',
        "{ households(filter: {has: [SOMEBODY]}) { totalCount } }",
        """mutation { recordVisit(input: {alertId: "x", notess: "SOMEBODY", step: 1, result: "r",
            visitedOn: "2026-01-01"}) { __typename } }""",
        """mutation { recordVisit(input: {alertId: "x", notes: "SOMEBODY", step: "SOMEBODY",
            result: "r", visitedOn: "2026-01-01"}) { __typename } }""",
        """mutation { recordVisit(input: {notes: "SOMEBODY", step: 1, result: "r"})
            { __typename } }""",
    ],
)
def test_no_value_of_whatever_type_is_in_a_message(documents, text):
    fault = refused(documents, text)

    assert "SOMEBODY" not in str(fault)
    assert "6901" not in str(fault)
    assert "value" in str(fault)


def test_the_place_of_the_fault_is_told(documents):
    fault = refused(documents, "{\n  nobody\n}")

    assert [(p.line, p.column) for p in fault.locations] == [(2, 3)]
    assert "nobody" in str(fault)


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (DocumentLimits(characters=10), "{ __typename }"),
        (DocumentLimits(tokens=3), "{ a: __typename }"),
        (DocumentLimits(depth=2), '{ household(id: "") { members { person { id } } } }'),
        (DocumentLimits(aliases=1), "{ a: __typename b: __typename }"),
        (DocumentLimits(selections=2), "{ a: __typename b: __typename c: __typename }"),
    ],
)
def test_what_is_too_large_is_refused_before_it_is_validated(schema, limits, text):
    refused(Documents(schema, limits), text, TooCostlyError)


def test_fragments_that_multiply_are_measured_as_spread(documents):
    bomb = "{ ...F0 } fragment F12 on Query { __typename }" + "".join(
        f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} ...F{n + 1} }}" for n in range(12)
    )

    refused(documents, bomb, TooCostlyError)


def test_introspection_may_be_deep(documents):
    deep = "name " + "ofType { name " * 9 + "}" * 9

    documents.parsed("{ __schema { types { fields { type { " + deep + " } } } } }")


def test_the_variables_that_branch_are_known(documents):
    document = documents.parsed(
        "query ($a: Boolean!, $b: Boolean!, $n: String!) { person(nationalId: $n) "
        "{ id @skip(if: $a) ...F } } fragment F on Person { household @include(if: $b) { id } }"
    )

    assert document.operation(None).branch_variables == ("a", "b")


def test_an_operation_is_chosen_by_name_where_there_are_several(documents):
    document = documents.parsed("query A { __typename } query B { __typename }")

    assert document.operation("B").name == "B"
    for name in (None, "C"):
        with pytest.raises(InvalidDocumentError):
            document.operation(name)


@pytest.mark.parametrize("value", [int(NUMBER), [NUMBER, {}], None])
def test_a_wrong_variable_is_named_and_its_value_is_not(documents, schema, value):
    document = documents.parsed("query ($n: String!) { person(nationalId: $n) { id } }")

    with pytest.raises(InvalidDocumentError, match=r"\$n") as caught:
        coerced(schema, document.operation(None), {"n": value})
    assert NUMBER not in str(caught.value)


@pytest.mark.parametrize(
    ("chosen", "kept"),
    [
        (None, None),
        ("Worklist_2026", "Worklist_2026"),
        (f"Of{NUMBER}", "Of..."),
        ("某人", "..."),
        ("a b", "..."),
        ("\0", "..."),
        ("a" * 65, "..."),
    ],
)
def test_what_a_caller_calls_an_operation_goes_on_record_only_if_it_is_a_name(chosen, kept):
    assert masked(chosen) == kept
