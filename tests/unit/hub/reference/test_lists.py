import ast
from pathlib import Path

import pytest

import hub
from connectors.protocol import ReasonCode
from hub.access.model import Reason
from hub.ingest.report import LinkReason
from hub.reference import (
    DENIALS,
    QUARANTINES,
    datasets_page,
    errors_page,
    every_error,
    settings_page,
)
from hub.settings import Settings
from schema.catalogue import (
    Catalogue,
    Classification,
    Dataset,
    Field,
    Kind,
    Subject,
)

CATALOGUE = Catalogue.discover()
PAGES = {
    "datasets": datasets_page(CATALOGUE),
    "settings": settings_page(),
    "errors": errors_page(),
}


def declared_codes():
    """Return every error code that stands in a class anywhere below `hub`, by reading the text."""
    codes = set()
    for path in Path(hub.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for line in node.body if isinstance(node, ast.ClassDef) else ():
                targets = getattr(line, "targets", [getattr(line, "target", None)])
                value = getattr(line, "value", None)
                names = [getattr(target, "id", None) for target in targets]
                if "code" in names and isinstance(getattr(value, "value", None), str):
                    codes.add(value.value)
    return codes


def test_every_error_code_of_the_hub_is_on_the_page():
    assert declared_codes() <= {error.code for error in every_error()}
    assert all(f"| `{code}` |" in PAGES["errors"] for code in declared_codes())


def test_every_error_says_in_one_line_what_it_is():
    assert all((error.__doc__ or "").strip() for error in every_error())


def test_every_reason_of_a_denied_field_has_a_meaning():
    assert set(DENIALS) == set(Reason)


def test_every_reason_of_a_quarantined_record_has_a_meaning():
    assert set(QUARANTINES) == {*ReasonCode, *LinkReason}
    assert all(f"| `{reason}` |" in PAGES["errors"] for reason in (*ReasonCode, *LinkReason))


def test_every_setting_is_on_the_page_with_its_name_in_the_environment():
    for name in Settings.model_fields:
        assert f"| `{name}` | `HUB_{name.upper()}` |" in PAGES["settings"]


def test_files_that_are_not_named_are_shown_in_the_home_wherever_that_is():
    assert "`<home>/policy.toml`" in PAGES["settings"]
    assert str(Path.cwd()) not in PAGES["settings"]


def test_bounds_of_a_setting_are_shown():
    line = next(line for line in PAGES["settings"].splitlines() if line.startswith("| `port`"))

    assert "at least `0`, at most `65535`" in line


@pytest.mark.parametrize("dataset", CATALOGUE.datasets, ids=lambda d: d.name)
def test_every_field_is_on_the_page_with_both_names_and_its_class(dataset):
    for field in dataset.fields:
        row = f"| `{dataset.type_name}.{field.graphql_name}` | {field.zh} | {field.en} |"
        (line,) = (text for text in PAGES["datasets"].splitlines() if text.startswith(row))
        cells = [cell.strip() for cell in line.split(" | ")]

        assert cells[4] == field.classification.value
        assert cells[5].startswith("sealed" if field.sealed else "clear")


def test_every_dataset_is_on_the_page_with_its_owner_and_legal_basis():
    for dataset in CATALOGUE:
        assert f"`{dataset.name}`, owner {dataset.department}, " in PAGES["datasets"]
        assert f"legal basis: {dataset.legal_basis}." in PAGES["datasets"]


def test_every_field_of_the_graph_itself_is_on_the_page():
    assert all(f"| `{path}` |" in PAGES["datasets"] for path in CATALOGUE.paths)


def test_consent_and_coarse_forms_and_bars_are_shown():
    fields = (
        Field("held", "余额", "a | b", Kind.CENTS, Classification.RESTRICTED, sealed=True,
              consent=True, unit="cent CNY", derived=lambda _: None),
    )  # fmt: skip
    made = Dataset("account", "Account", "bank", "账户", "account", Subject.PERSON, many=False,
                   fields=fields, refresh="daily", legal_basis="社会救助法 第41条")  # fmt: skip

    row = "| `Account.held` | 余额 | a \\| b | cents, cent CNY | X | sealed | yes | yes |"
    assert row in datasets_page(Catalogue([made]))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(page):
    width = None
    for line in page.splitlines():
        bars = line.replace("\\|", "").count("|")
        width = (width or bars) if line.startswith("|") else None
        assert width is None or bars == width, line
