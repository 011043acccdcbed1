from functools import cache

import pytest
from graphql import build_schema, print_schema
from graphql.language import ast, parse

from schema import graph
from schema.catalogue import Catalogue
from tests.support.golden import ROOT, assert_same

CATALOGUE = Catalogue.discover()
DECLARED = [(d, f) for d in CATALOGUE for f in d.fields]


@cache
def classified():
    """Return the arguments of @classified by `Type.field`, as the printed schema has them."""
    found = {}
    for definition in parse(graph.printed()).definitions:
        for field in getattr(definition, "fields", None) or ():
            for directive in field.directives or ():
                if directive.name.value == "classified":
                    path = f"{definition.name.value}.{field.name.value}"
                    found[path] = {a.name.value: a.value.value for a in directive.arguments}
    return found


def test_the_checked_in_schema_is_the_one_that_the_declarations_make():
    assert_same(ROOT / "schema" / "hub.graphql", graph.printed())


def test_graphql_core_accepts_the_checked_in_schema():
    text = (ROOT / "schema" / "hub.graphql").read_text(encoding="utf-8")

    assert "type Person" in print_schema(build_schema(text))


@pytest.mark.parametrize(
    ("dataset", "field"), DECLARED, ids=[f"{d.name}.{f.name}" for d, f in DECLARED]
)
def test_every_declared_field_shows_its_class_its_owner_and_its_seal(dataset, field):
    assert classified()[f"{dataset.type_name}.{field.graphql_name}"] == {
        "class": field.classification.value,
        "owner": dataset.department,
        "sealed": field.sealed,
    }


def test_nothing_else_is_classified():
    assert set(classified()) == {f"{d.type_name}.{f.graphql_name}" for d, f in DECLARED}


def test_the_schema_offers_no_subscription_and_no_free_json():
    definitions = parse(graph.printed()).definitions
    names = {d.name.value for d in definitions if isinstance(d, ast.TypeDefinitionNode)}

    assert "Subscription" not in names
    assert "JSON" not in names
