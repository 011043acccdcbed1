"""What a department's package offers, and how the packages are found.

Adding a department is adding a package under `connectors.departments` (or another package
that is named in the settings) with a `DEPARTMENT`; nothing lists them.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from connectors.errors import ConnectorConfigError
from connectors.mapping import DatasetMapping
from connectors.protocol import Connector
from connectors.shape import Shape

DEFAULT_PACKAGES = ("connectors.departments",)


@dataclass(frozen=True, slots=True)
class Department:
    """One department: what its records mean, and how its source is reached."""

    name: str
    mappings: Mapping[str, DatasetMapping]
    """By dataset."""
    shapes: Mapping[str, Shape]
    """By dataset: makes kept words a `SourceRecord` again, for a replay."""
    settings: Mapping[str, str]
    """What `connect` needs, each with an explanation."""
    connect: Callable[[Mapping[str, str]], Connector] = field(repr=False)


def discover(packages: Sequence[str] = DEFAULT_PACKAGES) -> dict[str, Department]:
    """Return every department found in `packages`, by name.

    Raises:
        ValueError: A package has no `DEPARTMENT`, or an incomplete one, or two claim one
            name or dataset.
    """
    found: dict[str, Department] = {}
    datasets: set[str] = set()
    for package_name in packages:
        package = importlib.import_module(package_name)
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package_name}.{info.name}")
            department = getattr(module, "DEPARTMENT", None)
            if not isinstance(department, Department):
                raise ValueError(f"{module.__name__} has no DEPARTMENT")  # noqa: TRY004 - a wrong package, not a wrong argument
            if set(department.mappings) != set(department.shapes):
                raise ValueError(f"{module.__name__} needs a mapping and a shape for each dataset")
            if department.name in found or datasets & set(department.mappings):
                raise ValueError(f"{module.__name__} claims what another department has")
            found[department.name] = department
            datasets |= set(department.mappings)
    return dict(sorted(found.items()))


def setting(department: str, config: Mapping[str, str], name: str) -> str:
    """Return one setting of a department's connector.

    Raises:
        ConnectorConfigError: It is missing or empty.
    """
    value = config.get(name, "").strip()
    if not value:
        raise ConnectorConfigError(department, "settings", f"{name} is missing")
    return value


def secret(department: str, config: Mapping[str, str], name: str) -> str:
    """Return the content of the file that a setting names; the file holds a credential.

    Raises:
        ConnectorConfigError: The setting is missing, or the file cannot be read or is empty.
    """
    try:
        content = Path(setting(department, config, name)).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConnectorConfigError(
            department, "settings", f"the file of {name} cannot be read ({type(error).__name__})"
        ) from None
    if not content:
        raise ConnectorConfigError(department, "settings", f"the file of {name} is empty")
    return content
