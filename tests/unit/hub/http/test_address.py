"""An address may ask about the schema only, and never has a number in it that may be somebody's."""

from datetime import date
from urllib.parse import quote

import pytest

from tests.support.world import number_of

NUMBER = number_of(3, date(1990, 1, 1))
GRAPHQL = "application/graphql-response+json"


def get(edge, query, accept=GRAPHQL, **fields):
    told = "&".join(f"{name}={quote(text)}" for name, text in {"query": query, **fields}.items())
    return edge.http.get(f"/graphql?{told}", headers=edge.bearer() | {"accept": accept})


@pytest.mark.parametrize(
    "document",
    [
        "{ __typename }",
        "{ __schema { types { name } } }",
        'query Q { a: __type(name: "Person") { name } __typename }',
    ],
)
def test_a_question_about_the_schema_is_answered(edge, document):
    reply = get(edge, document)

    assert (reply.status_code, reply.content) == (200, edge.queries.body)
    (request,) = edge.queries.asked
    assert request.document == document


def test_variables_and_extensions_of_an_address_are_json(edge):
    document = "query Type($name: String!) { __type(name: $name) { name } }"

    reply = get(
        edge, document, variables='{"name":"Person"}', extensions="{}", operationName="Type"
    )

    assert reply.status_code == 200
    (request,) = edge.queries.asked
    assert (request.variables, request.operation_name) == ({"name": "Person"}, "Type")


@pytest.mark.parametrize(
    "document",
    [
        "{ x }",
        "query ($n: String!) { person(nationalId: $n) { id } }",
        "{ __typename people(nationalIds: []) { index } }",
        "mutation { __typename }",
        "mutation M { recognise { id } } ",
        "{ ...F } fragment F on Query { __typename }",
        "{ ... on Query { __typename } }",
        "{",
        "",
        "{ " + "__typename " * 600 + "}",
        "query A { __typename } query B { __typename }",
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_all_else_is_405_with_the_way_to_ask_it(edge, document, method):
    address = f"/graphql?query={quote(document)}"
    reply = edge.http.request(method, address, headers=edge.bearer())

    assert (reply.status_code, reply.headers["allow"]) == (405, "POST")
    assert edge.queries.asked == edge.commands.asked == []


@pytest.mark.parametrize(
    "address",
    [
        f"/graphql?query={quote('{ __typename }')}&variables={quote('{')}",
        f"/graphql?query={quote('{ __typename }')}&variables=%5B%5D",
        f"/graphql?query={quote('{ __typename }')}&query={quote('{ __typename }')}",
        "/graphql?query=%ff",
        "/graphql",
        "/graphql?query=" + "a" * 9_000,
        "/graphql?query={__typename}" + "&a=b" * 30,
    ],
)
def test_what_is_no_request_is_400(edge, address):
    reply = edge.http.get(address, headers=edge.bearer())

    assert reply.status_code in {400, 405}
    assert edge.queries.asked == []


@pytest.mark.parametrize("name", ["query", "variables", "operationName", "note"])
def test_an_address_with_a_long_number_is_refused_and_the_number_is_not_repeated(edge, name):
    fields = {"query": "{ __typename }"} | {name: f'{{"n": "{NUMBER}"}}'}

    reply = get(edge, **fields)

    assert reply.status_code == 400
    assert NUMBER not in reply.text
    assert edge.queries.asked == []


def test_an_address_needs_a_token_as_a_body_does(edge):
    assert edge.http.get("/graphql?query={__typename}").status_code == 401


def test_an_address_has_an_answer_of_the_media_type_that_is_accepted(edge):
    assert get(edge, "{ __typename }").headers["content-type"] == GRAPHQL
    assert get(edge, "{ __typename }", accept="text/html").status_code == 406
