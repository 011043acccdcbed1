"""The tutorial quotes the documents of `examples/tutorial/`, and the hub's schema has them."""

import pytest
from graphql import build_schema, parse, validate

from hub.access import default_policy_text, load_policy
from hub.demo.installation import CLIENTS
from schema.catalogue import Catalogue
from tests.support.golden import ROOT
from tests.support.tutorial import FOLDER, blocks, document, head, questions

SCHEMA = build_schema((ROOT / "schema" / "hub.graphql").read_text(encoding="utf-8"))
PATHS = sorted(FOLDER.glob("*.graphql"))
EVERY_DOCUMENT = pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])


@EVERY_DOCUMENT
def test_a_document_fits_the_schema_and_stands_in_the_tutorial_once(path):
    text = document(path)

    assert validate(SCHEMA, parse(text)) == []
    assert blocks("graphql").count(text) == 1


@EVERY_DOCUMENT
def test_a_document_says_what_it_is_for_and_is_asked_as_it_says(path):
    said = head(path)
    client = next(each for each in CLIENTS if each.id == said["client"])

    assert said["zh"]
    assert said["en"]
    assert said["purpose"] in client.purposes
    assert (said["client"], said["purpose"], path.stem) in questions()


def test_the_tutorial_quotes_no_document_that_is_no_example():
    assert sorted(blocks("graphql")) == sorted(map(document, PATHS))


@pytest.mark.parametrize(
    ("page", "folder"),
    [("tutorial.md", FOLDER), ("quickstart.zh.md", FOLDER.parent)],
    ids=["tutorial", "quickstart"],
)
def test_every_question_names_a_document_and_a_client_who_may_state_the_purpose(page, folder):
    purposes = {client.id: client.purposes for client in CLIENTS}
    asked = questions((ROOT / "docs" / page).read_text(encoding="utf-8"))

    assert asked
    for client, purpose, name in asked:
        assert purpose in purposes[client], (client, purpose)
        assert (folder / f"{name}.graphql").exists()


def test_the_quick_start_names_every_role_with_its_purposes():
    text = (ROOT / "docs" / "quickstart.zh.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    policy = load_policy(default_policy_text(), Catalogue.discover())

    for rule in policy.rules:
        if rule.role == "scorer":  # a reader of the hub's own
            continue
        told = [row for row in rows if f"`{rule.role}`" in row and f"`{rule.purpose}`" in row]
        assert told, (rule.role, rule.purpose)
