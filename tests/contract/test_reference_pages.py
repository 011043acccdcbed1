import pytest

from hub.reference import datasets_page, errors_page, settings_page
from schema.catalogue import Catalogue
from tests.support.golden import ROOT, assert_same


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("datasets.md", lambda: datasets_page(Catalogue.discover())),
        ("settings.md", settings_page),
        ("errors.md", errors_page),
    ],
    ids=["datasets", "settings", "errors"],
)
def test_a_reference_page_says_what_the_code_says(name, page):
    assert_same(ROOT / "docs" / name, page())
