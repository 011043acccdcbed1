"""How a department's source is written and started: what each entry of `hub.demo.registry` is.

Adding a department to the made-up district is one writer module under `hub/demo/sources/`,
where it needs one a server module under `hub/demo/systems/`, and one entry in the registry.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from hub.demo.lives import MemberLife
from hub.demo.processes import system
from hub.demo.truth import PersonTruth, TruthFile


class Writer(Protocol):
    """Writes one department's source while the district is built."""

    def add(self, life: MemberLife, truth: PersonTruth) -> None:
        """Write what the department knows of a person.

        For each record that is about the person: `truth.add(dataset, key)`. For each fault:
        `truth.plant(...)`. For each row or item written: `truth.row(dataset)`.
        """

    def close(self) -> None:
        """Write what comes last, and close."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What a writer is made with: its own folder, the seed, the day, the truth."""

    folder: Path
    seed: int
    today: date
    truth: TruthFile


@dataclass(slots=True)
class Running:
    """Starts a department's systems; they end with `stack`. `folder` is the writer's own."""

    folder: Path
    ports: Path
    """Where port files and the systems' words go."""
    stack: ExitStack = field(repr=False)

    def serve(self, module: str, *arguments: str | Path) -> str:
        """Run a server module of `hub.demo.systems` and return its address.

        Raises:
            SetupError: It ended or was not ready within thirty seconds.
        """
        port_file = self.ports / f"{self.folder.name}-{module.rsplit('.', 1)[-1]}.port"
        return self.stack.enter_context(system(module, arguments, port_file))


@dataclass(frozen=True, slots=True)
class Source:
    """One department's source in the made-up district."""

    department: str
    folder: str
    """The name of its folder in the district."""
    writer: Callable[[Workshop], Writer]
    start: Callable[[Running], Mapping[str, str]]
    """Starts what must run, and returns the department's section of departments.toml."""
