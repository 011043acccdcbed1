import pytest

from connectors.department import discover
from hub.cli import application
from hub.reference import (
    commands_page,
    datasets_page,
    errors_page,
    graph_page,
    settings_page,
    systems_table,
)
from schema.catalogue import Catalogue
from tests.support.golden import ROOT, assert_same, is_rewriting

DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("datasets.md", lambda: datasets_page(Catalogue.discover())),
        ("settings.md", settings_page),
        ("errors.md", errors_page),
        ("reference/graphql.md", lambda: graph_page(Catalogue.discover())),
        ("reference/cli.md", lambda: commands_page(application())),
    ],
    ids=["datasets", "settings", "errors", "graphql", "cli"],
)
def test_a_reference_page_says_what_the_code_says(name, page):
    assert_same(DOCS / name, page())


def test_the_table_of_departments_systems_is_what_their_connectors_need():
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    before, mark, rest = text.partition("by `make golden` -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    assert mark
    assert end

    made = f"{before}{mark}{systems_table(discover(), Catalogue.discover())}{end}{after}"
    assert_same(DOCS / "operations.md", made)
    assert is_rewriting() or made == text
