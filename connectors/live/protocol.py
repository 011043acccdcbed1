"""Asking one source about one person who has authorised it: the port, and what goes over it.

Nothing that comes back may be stored. A question names the authorisation that it rests on, so
that the source can refuse, and show to its own auditors why it answered.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: everything that the source holds of one person on one day."""

    authorisation_id: UUID
    citizen_number: str = field(repr=False)
    name: str = field(repr=False)
    on: date


@dataclass(frozen=True, slots=True)
class Holding:
    """One asset; money in cents, which may be negative (an overdraft)."""

    kind: str
    amount_cents: int = field(repr=False)
    amount_on: date


class LiveSource(Protocol):
    """A source that is asked live. Questions are independent; asking twice is safe."""

    @property
    def department(self) -> str:
        """The department whose answer it is."""
        ...

    async def ask(self, question: Question) -> tuple[Holding, ...]:
        """Return what the source holds: empty when it knows that there is nothing.

        Raises:
            SourceUnavailableError: It did not answer in time: nothing is known.
            SourceRefusedError: It does not accept our credential or this authorisation.
            SourceFormatError: It answered in a form that was not agreed.
        """
        ...
