"""The description that a gateway composes from holds what it must, and nothing of its own."""

from functools import cache

from graphql import graphql_sync, parse
from graphql.language import ast

from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema


@cache
def described() -> dict:
    schema = core_schema(build_schema(Catalogue.discover()))
    result = graphql_sync(schema, "{ _service { sdl } }")
    assert result.errors is None
    definitions = parse(result.data["_service"]["sdl"]).definitions
    return {getattr(d, "name", None) and d.name.value: d for d in definitions}


def keys(name) -> list[str]:
    directives = described()[name].directives or ()
    return [d.arguments[0].value.value for d in directives if d.name.value == "key"]


def test_people_and_households_have_their_id_as_key_and_no_other_type_has_one():
    assert keys("Person") == keys("Household") == ["id"]
    others = (d for d in described().values() if isinstance(d, ast.ObjectTypeDefinitionNode))
    assert [d.name.value for d in others if keys(d.name.value)] == ["Household", "Person"]


def test_the_specification_of_the_directives_is_linked():
    (schema,) = (d for d in described().values() if isinstance(d, ast.SchemaDefinitionNode))
    (link,) = schema.directives or ()

    assert link.arguments[0].value.value == "https://specs.apollo.dev/federation/v2.3"


def test_what_only_a_gateway_asks_is_left_out():
    assert not {"_Any", "_Entity", "_Service"} & set(described())
    assert not {f.name.value for f in described()["Query"].fields} & {"_entities", "_service"}
    assert "node" in {f.name.value for f in described()["Query"].fields}
