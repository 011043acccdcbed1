"""What a check came to, in words and as JSON, with the exit status that says the same.

0: whole. 1: tampered with, or not what it says it is; each finding names its place. 2: it cannot be
checked, because something is missing or does not answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from audit.replay import Problem
from audit.verify import Verdict

WHOLE: Final = "whole"
TAMPERED: Final = "tampered"
UNCHECKED: Final = "unchecked"
STATUS: Final[Mapping[str, int]] = {WHOLE: 0, TAMPERED: 1, UNCHECKED: 2}
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check: what was looked at, what was wrong with it, and what could not be looked at."""

    checked: str
    facts: Mapping[str, object] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    unchecked: str | None = None
    """Why there is no verdict; None when there is one."""

    @property
    def verdict(self) -> str:
        """One of the three words; what was found outweighs what was not looked at."""
        if self.problems:
            return TAMPERED
        return WHOLE if self.unchecked is None else UNCHECKED

    @property
    def status(self) -> int:
        """The exit status."""
        return STATUS[self.verdict]

    def as_json(self) -> str:
        """Return the outcome for a program."""
        told = {
            "verdict": self.verdict,
            "checked": self.checked,
            **self.facts,
            "problems": [{"place": place, "what": what} for place, what in self.problems],
        }
        if self.unchecked is not None:
            told["reason"] = self.unchecked
        return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()

    def as_text(self) -> str:
        """Return the outcome for a person, the first problems by place."""
        lines = [self.checked]
        lines += [f"  {name}: {_shown(value)}" for name, value in self.facts.items()]
        lines += [f"  {place}: {what}" for place, what in self.problems[:_SHOWN]]
        if len(self.problems) > _SHOWN:
            lines.append(f"  and {len(self.problems) - _SHOWN} more")
        if self.problems:
            lines.append(f"TAMPERED: {len(self.problems)} problems; do not trust it")
        elif self.unchecked is not None:
            lines.append(f"NOT CHECKED: {self.unchecked}")
        else:
            lines.append("WHOLE: everything fits")
        return "\n".join(lines)


def outcome_of(checked: str, verdict: Verdict, **facts: object) -> Outcome:
    """Return the outcome of verifying a whole log."""
    counted = {
        "entries": verdict.entries,
        "checkpoints": verdict.checkpoints,
        "seconds": round(verdict.seconds, 1),
        "entries_per_second": round(verdict.rate),
    }
    if verdict.minimum:
        counted["minimum_index"] = verdict.minimum
    return Outcome(checked, counted | facts, verdict.problems)


def _shown(value: object) -> str:
    return f"{value:,}" if type(value) is int else str(value)
