"""The score that a household must get, as the truth file tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Expected:
    """A household's score on `day`; `triggers` are the codes of those that hold, sorted."""

    day: date
    total: int
    band: str
    coverage: int
    triggers: tuple[str, ...]

    def told(self) -> dict[str, object]:
        """Return it as the truth file has it."""
        return {
            "day": self.day.isoformat(),
            "total": self.total,
            "band": self.band,
            "coverage": self.coverage,
            "triggers": list(self.triggers),
        }

    @classmethod
    def from_told(cls, told: Mapping[str, Any]) -> Self:
        """Return what `told` wrote."""
        return cls(
            date.fromisoformat(told["day"]),
            told["total"],
            told["band"],
            told["coverage"],
            tuple(told["triggers"]),
        )
