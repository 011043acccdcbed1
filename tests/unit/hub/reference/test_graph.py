"""The page of the GraphQL schema tells everything that is served, and nothing without a word."""

import re

from graphql import is_introspection_type

from hub.reference import graph_page
from schema.catalogue import Catalogue
from schema.graph import build_schema, core_schema

CATALOGUE = Catalogue.discover()
PAGE = graph_page(CATALOGUE)
TYPES = {
    name: kind
    for name, kind in core_schema(build_schema(CATALOGUE)).type_map.items()
    if not is_introspection_type(kind)
}
FIELDS = {
    f"{name}.{path}": field
    for name, kind in TYPES.items()
    for path, field in getattr(kind, "fields", {}).items()
}


def section(title):
    """Return what stands under a heading, down to the next heading of its depth or above."""
    _, _, rest = PAGE.partition(f"\n### {title}\n")
    assert rest, title
    return re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]


def test_every_type_field_and_argument_of_the_schema_says_what_it_is():
    arguments = {
        f"{path}({name})": argument
        for path, field in FIELDS.items()
        for name, argument in getattr(field, "args", {}).items()
    }
    everything = {**TYPES, **FIELDS, **arguments}
    built_in = {"Boolean", "ID", "Int", "String", "Query", "Mutation"}

    silent = [path for path, each in everything.items() if not each.description]
    assert set(silent) <= built_in


def test_every_code_list_that_a_description_names_is_one():
    known = {f.codes.name for dataset in CATALOGUE for f in dataset.fields if f.codes}
    words = [each.description or "" for each in (*TYPES.values(), *FIELDS.values())]
    named = {name for text in words for name in re.findall(r"[Cc]ode list (\w+)", text)}

    assert named
    assert named <= known


def test_every_dataset_stands_under_its_department_with_every_field_and_class():
    for dataset in CATALOGUE:
        zh, _ = CATALOGUE.department_names[dataset.department]
        head = PAGE.index(f"\n## {dataset.department}: {zh}")
        assert head < PAGE.index(f"\n### {dataset.type_name}\n")
        told = section(dataset.type_name)
        for field in dataset.fields:
            row = re.search(rf"^\| `{field.graphql_name}` .*$", told, re.MULTILINE)
            assert row, f"{dataset.type_name}.{field.graphql_name}"
            cells = [cell.strip() for cell in row[0].strip("|").split(" | ")]
            assert cells[-3] == field.classification.value


def test_every_root_has_its_arguments():
    for root in ("Query", "Mutation"):
        for name, field in TYPES[root].fields.items():
            told = section(name)
            assert all(f"| `{argument}` |" in told for argument in field.args)


def test_what_is_only_asked_live_is_told_as_never_stored():
    assert PAGE.count("never stored") == sum(not dataset.stored for dataset in CATALOGUE)
