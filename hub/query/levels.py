"""A level while it is being planned: it grows by the columns that granted fields need."""

from dataclasses import dataclass, field
from typing import Final

from hub.errors import TooCostlyError
from hub.query.lists import Choice
from hub.query.model import Anchor, Level, LevelKind, PlannedError
from schema.catalogue import Dataset

MEMBERS_EXPECTED: Final = 4.0
RECORDS_EXPECTED: Final = 4.0
"""How many rows a list is expected to have, for an operation's cost: declared, not measured."""
MAX_LEVELS: Final = 64
"""Sets of rows in one operation; each costs milliseconds when its statement is made."""
_ROW_COST: Final = 1
_OPEN_COST: Final = 2
"""Opening a sealed value counts as two clear ones."""
_TYPE_NAMES: Final = {
    LevelKind.PEOPLE: "Person",
    LevelKind.MEMBERS: "Member",
    LevelKind.HOUSEHOLD: "Household",
    LevelKind.HOUSEHOLDS: "Household",
    LevelKind.PEOPLE_BY_ID: "Person",
    LevelKind.HOUSEHOLDS_BY_ID: "Household",
    LevelKind.HOUSEHOLD_OF_PERSON: "Household",
    LevelKind.HOUSEHOLD_OF_RECORD: "Household",
    LevelKind.WARNINGS: "Alert",
    LevelKind.CREDIT_RECORD: "CommitmentRecord",
}


def check_levels(count: int) -> None:
    """Let another level be added to `count` of them, while an operation is planned.

    Raises:
        TooCostlyError: With the limit and what to do.
    """
    if count >= MAX_LEVELS:
        raise TooCostlyError(
            f"The operation reads more than {MAX_LEVELS} lists or records side by side. Use "
            "`people` to ask about many, or ask in several.",
            limit="levels",
            allowed=MAX_LEVELS,
        )


@dataclass(slots=True)
class LevelBuilder:
    """One level; columns and groups are kept in the order in which they were asked for."""

    index: int
    kind: LevelKind
    root: int
    parent: int | None
    dataset: Dataset | None
    multiplicity: float
    """Rows expected for one row of the root."""
    columns: dict[str, None] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    shown: set[str] = field(default_factory=set)
    repeated: int = 0
    """Fields of a row that are shown again under another key."""
    anchor: Anchor | None = None
    choice: Choice | None = None
    counted: bool = False
    uncovered: PlannedError | None = None

    def column(self, name: str) -> None:
        """Fetch a clear column."""
        self.columns[name] = None

    def group(self, name: str) -> None:
        """Fetch a sealed group."""
        self.groups[name] = None

    def answer(self, path: str) -> None:
        """Note that a field is answered from this level."""
        self.answered.add(path)

    def show(self, path: str) -> None:
        """Note that a field is shown; again under another key, it is another value of each row."""
        self.repeated += path in self.shown
        self.shown.add(path)

    @property
    def cost(self) -> float:
        """About how many values it returns for one row of the root."""
        values = _ROW_COST + len(self.columns) + _OPEN_COST * len(self.groups) + self.repeated
        return self.multiplicity * values

    def built(self) -> Level:
        """Return the finished level; that a row exists is an answer too."""
        name = self.dataset.type_name if self.dataset else _TYPE_NAMES[self.kind]
        answered = self.answered or {f"{name}.__typename"}
        return Level(
            self.index,
            self.kind,
            self.root,
            self.parent,
            self.dataset,
            tuple(self.columns),
            tuple(self.groups),
            tuple(sorted(answered)),
            self.anchor,
            self.choice,
            self.counted,
            self.uncovered,
        )
