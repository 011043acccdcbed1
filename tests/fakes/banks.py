"""Banks in memory: answer or fail as they were told, and remember under which authorisation."""

import asyncio
from dataclasses import dataclass, field

from connectors.errors import SourceUnavailableError
from connectors.live import Holding, Question


@dataclass
class FakeBanks:
    holdings: dict[str, list[int]] = field(default_factory=dict)
    """Citizen number to amounts in cents."""
    silent: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    asked: list[Question] = field(default_factory=list)
    problem: Exception | None = None
    department: str = "banks"

    async def ask(self, question: Question) -> tuple[Holding, ...]:
        self.asked.append(question)
        if self.problem is not None:
            raise self.problem
        if question.citizen_number in self.silent:
            raise SourceUnavailableError("banks", "holdings", "did not answer")
        if question.citizen_number in self.hangs:
            await asyncio.Event().wait()
        amounts = self.holdings.get(question.citizen_number, [])
        return tuple(Holding("deposit", cents, question.on) for cents in amounts)
