"""What `departments.toml` has to say of each department's system, from the connectors."""

from collections.abc import Iterator, Mapping

from connectors.department import Department
from hub.reference.markdown import table
from schema.catalogue import Catalogue


def systems_table(departments: Mapping[str, Department], catalogue: Catalogue) -> str:
    """Return a table: every setting of every connector, and which datasets it feeds."""
    head = ("department", "datasets", "setting", "what it is")
    return table(head, (row for each in departments.values() for row in _settings(each, catalogue)))


def _settings(department: Department, catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    zh, _ = catalogue.department_names.get(department.name, ("", ""))
    who = f"`[{department.name}]` {zh}".rstrip()
    fed = ", ".join(f"`{dataset}`" for dataset in sorted(department.mappings))
    for name, text in department.settings.items():
        yield who, fed, f"`{name}`", text
        who = fed = ""
