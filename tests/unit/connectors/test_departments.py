"""The departments are found by themselves, and their mappings fill their declarations."""

import sys
import types

import pytest

from connectors.department import discover, secret, setting
from connectors.errors import ConnectorConfigError
from schema.catalogue import Catalogue

DEPARTMENTS = discover()
MAPPINGS = [
    mapping for department in DEPARTMENTS.values() for mapping in department.mappings.values()
]


def test_departments_are_found_by_themselves_and_are_those_of_declared_datasets():
    declared = {d.department for d in Catalogue.discover().stored if not d.internal}

    assert set(DEPARTMENTS) == declared
    assert len(declared) == 19


def test_every_stored_dataset_of_a_department_is_read_by_its_connector():
    declared = {d.name for d in Catalogue.discover().stored if not d.internal}

    assert {name for found in DEPARTMENTS.values() for name in found.mappings} == declared


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.dataset)
def test_a_mapping_fills_exactly_the_fields_of_its_declaration(mapping):
    declared = Catalogue.discover().by_name[mapping.dataset]
    mapped = {item.field for item in mapping.fields} - mapping.link_only

    assert mapped == {field.name for field in declared.fields if field.derived is None}
    assert mapping.department == declared.department


@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.dataset)
def test_the_first_day_of_validity_is_never_a_sealed_day(mapping):
    declared = {field.name: field for field in Catalogue.discover().by_name[mapping.dataset].fields}
    day = declared.get(mapping.valid_from)

    assert day is None or not day.sealed or mapping.first_of_month


@pytest.fixture
def package(monkeypatch, tmp_path):
    def make(source):
        folder = tmp_path / "other_departments"
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text('"""Others."""\n')
        (folder / "one.py").write_text(source)
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in ("other_departments", "other_departments.one"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        return "other_departments"

    return make


def test_a_package_without_a_department_is_refused(package):
    with pytest.raises(ValueError, match="has no DEPARTMENT"):
        discover((package("X = 1\n"),))


def test_two_departments_cannot_claim_one_dataset(package):
    again = package("from connectors.departments.public_security import DEPARTMENT\n")

    with pytest.raises(ValueError, match="claims what another"):
        discover(("connectors.departments", again))


def test_a_dataset_has_one_department_whatever_the_other_is_called(package):
    again = package(
        "from dataclasses import replace\n"
        "from connectors.departments.public_security import DEPARTMENT as FIRST\n"
        "DEPARTMENT = replace(FIRST, name='another')\n"
    )

    with pytest.raises(ValueError, match="claims what another"):
        discover(("connectors.departments", again))


def test_a_dataset_needs_a_mapping_and_a_shape(package):
    half = package(
        "from dataclasses import replace\n"
        "from connectors.departments.public_security import DEPARTMENT as WHOLE\n"
        "DEPARTMENT = replace(WHOLE, shapes={})\n"
    )

    with pytest.raises(ValueError, match="a mapping and a shape"):
        discover((half,))


def test_a_missing_setting_is_named():
    with pytest.raises(ConnectorConfigError, match="testing: settings: url is missing"):
        setting("testing", {"url": " "}, "url")


def test_a_credential_is_read_from_its_file(tmp_path):
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "empty").write_text("\n")

    assert secret("testing", {"token_file": str(tmp_path / "token")}, "token_file") == "abc"
    for name in ("empty", "absent"):
        with pytest.raises(ConnectorConfigError, match="token_file"):
            secret("testing", {"token_file": str(tmp_path / name)}, "token_file")


@pytest.mark.parametrize("department", DEPARTMENTS.values(), ids=lambda d: d.name)
def test_a_connector_without_settings_says_which_it_needs(department):
    with pytest.raises(ConnectorConfigError, match=next(iter(department.settings))):
        department.connect({})


def test_discovery_reads_no_module_outside_its_packages():
    assert isinstance(sys.modules["connectors.departments"], types.ModuleType)
    assert discover(()) == {}
