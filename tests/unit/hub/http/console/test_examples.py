"""Every example says what it is for, fits the schema, and names a client that may ask it."""

import pytest
from graphql import build_schema, parse, validate

from hub.demo.installation import CLIENTS
from hub.http.console.examples import (
    examples_folder,
    parsed_example,
    read_examples,
    told_examples,
)
from schema.graph import printed

FOLDER = examples_folder()
EXAMPLES = read_examples(FOLDER)
SCHEMA = build_schema(printed())


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.name)
def test_an_example_is_valid_and_its_client_is_registered_for_its_purpose(example):
    assert not validate(SCHEMA, parse(example.document))
    client = next(each for each in CLIENTS if each.id == example.client)
    assert example.purpose in client.purposes
    assert example.zh
    assert example.en


def test_there_is_an_example_of_each_main_use():
    names = {example.name for example in EXAMPLES}

    assert {"one-person", "worklist", "bulk", "access-log", "catalogue"} <= names


def test_the_head_of_an_example_does_not_stand_in_its_document():
    for told in told_examples(FOLDER):
        assert not told["document"].startswith("#")
        assert told["document"].endswith("}\n")


def test_an_example_that_does_not_say_its_purpose_is_refused_by_name(tmp_path):
    path = tmp_path / "silent.graphql"
    path.write_text("# zh: 无\n# en: none\n# client: x\n# variables: {}\n{ a }\n", "utf-8")

    with pytest.raises(ValueError, match=r"silent\.graphql does not say its purpose"):
        parsed_example(path)
