"""The document of a chunk selects what was sent, and moves by the hub's own variables."""

import pytest

from hub.errors import InvalidDocumentError
from hub.query.export_document import exported

FRAGMENTS = """
fragment Home on Household { id members { ...One } }
fragment One on Member { person { population { name } } }
fragment Other on Household { region }
"""


@pytest.fixture
def made(documents):
    def make(text, name=None):
        document = documents.parsed(text)
        return exported(document, document.operation(name))

    return make


def test_what_is_selected_stays_and_the_page_moves_by_variables(made, documents):
    one = made(
        "query Q($f: HouseholdFilter, $day: Date) { households(filter: $f, asOf: $day, "
        "orderBy: REGION) { edges { node { ...Home } } } }"
        "query Other { households { edges { node { ...Other } } } }" + FRAGMENTS,
        "Q",
    )

    again = documents.parsed(one.text)
    assert one.variables == {"f", "hub_first", "hub_after", "hub_known_at", "hub_as_of"}
    assert set(again.fragments) == {"Home", "One"}
    assert "orderBy: REGION" in one.text
    assert "first: $hub_first" in one.text
    assert "hasNextPage" in one.text
    assert "$day" not in one.text


def test_people_are_asked_for_by_a_part_of_their_numbers(made, documents):
    one = made("query ($n: [String!]!) { people(nationalIds: $n) { status person { id } } }")

    assert documents.parsed(one.text)
    assert one.variables == {"hub_numbers", "hub_known_at", "hub_as_of"}
    assert "status" in one.text
    assert "index" in one.text


@pytest.mark.parametrize(
    "text",
    [
        "{ households { edges { node { id } } } warnings { edges { cursor } } }",
        '{ person(nationalId: "x") { id } }',
        "{ __typename }",
        "{ a: households { edges { node { id } } } }",
        "{ households(first: 5) { edges { node { id } } } }",
        "{ households { edges { node { id } } pageInfo { endCursor } } }",
        "{ households { totalCount } }",
        "{ households { e: edges { node { id } } } }",
        "{ households { edges { n: node { id } } } }",
        "{ households { edges { node { id } node { region } } } }",
        "{ households @skip(if: false) { edges { node { id } } } }",
        "{ households { edges { ... { node { id } } } } }",
        "{ ...Q } fragment Q on Query { households { edges { cursor } } }",
        '{ people(nationalIds: ["x"]) { i: index } }',
        "query ($hub_as_of: HouseholdFilter) { households(filter: $hub_as_of){edges {cursor}} }",
    ],
)
def test_what_has_not_the_form_of_an_export_is_refused(made, text):
    with pytest.raises(InvalidDocumentError):
        made(text)
