"""What `openapi/hub.yaml` promises is what the routes do, and nothing is left out."""

import re
from pathlib import Path

import pytest
import yaml
from starlette.testclient import TestClient

from hub.access import OPAQUE, Purpose
from hub.commands.demo_worker import extended
from hub.http.forms import ASSERTION_TYPE
from hub.http.jose import MAX_TOKEN_BYTES
from hub.http.routes import router, routes
from hub.http.tokens import LIFETIME_S
from tests.support.edge import new_edge

DOCUMENT = yaml.safe_load(
    (Path(__file__).resolve().parents[2] / "openapi" / "hub.yaml").read_text("utf-8")
)
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [
    (path, method) for path, operations in DOCUMENT["paths"].items() for method in operations
]


@pytest.fixture
def edge(tmp_path):
    return new_edge(tmp_path)


def operations_of(served):
    return {
        (re.sub(r":\w+\}", "}", route.path), method.lower())
        for route in served
        for method in route.app.methods
    }


def is_demonstration(path, method):
    return DOCUMENT["paths"][path][method].get("x-demonstration-only", False)


def test_the_document_has_every_route_and_method_and_no_other(edge):
    described = {each for each in OPERATIONS if not is_demonstration(*each)}

    assert operations_of(routes(edge.parts)) == described


def test_the_document_marks_exactly_the_routes_of_a_demonstration(edge):
    described = {each for each in OPERATIONS if is_demonstration(*each)}
    _, more = extended(("127.0.0.1", 8700), edge.parts)

    assert operations_of(more) == described


def test_every_reference_leads_somewhere():
    text = str(DOCUMENT)
    references = set(re.findall(r"'\$ref': '(#[^']+)'", text))

    assert references
    for reference in references:
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_a_path_asks_for_a_token_exactly_when_the_document_says_so(edge, path, method):
    if is_demonstration(path, method):
        _, more = extended(("127.0.0.1", 8700), edge.parts)
        edge.http = TestClient(router(edge.parts, more))
    is_open = DOCUMENT["paths"][path][method].get("security") == []

    reply = edge.http.request(method, path.replace("{place}", "0/000"))

    has_challenge = "www-authenticate" in reply.headers
    assert has_challenge is not is_open
    described = DOCUMENT["paths"][path][method]["responses"]
    assert str(reply.status_code) in described or "default" in described


def test_constants_of_the_document_are_those_of_the_code():
    assert SCHEMAS["OpaqueId"]["pattern"] == f"^{OPAQUE.pattern}$"
    assert SCHEMAS["HubQuery"]["properties"]["purpose"]["enum"] == list(Purpose)
    request = SCHEMAS["TokenRequest"]["properties"]
    assert request["client_assertion_type"]["const"] == ASSERTION_TYPE
    assert request["client_assertion"]["maxLength"] == MAX_TOKEN_BYTES
    assert SCHEMAS["Token"]["properties"]["expires_in"]["const"] == LIFETIME_S
