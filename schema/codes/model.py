"""The form of a code list."""

import re
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a list with its names in both languages."""

    value: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CodeList:
    """The values that a coded field may have, from a day on."""

    name: str
    standard: str
    edition: str
    valid_from: date
    codes: tuple[Code, ...] = ()
    pattern: str | None = None
    """For lists too long to enumerate (regions): what a value looks like."""
    _values: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the values once."""
        object.__setattr__(self, "_values", frozenset(code.value for code in self.codes))

    def __contains__(self, value: str) -> bool:
        """Whether `value` is in the list, or has its form."""
        if self.pattern is not None:
            return re.fullmatch(self.pattern, value) is not None
        return value in self._values
