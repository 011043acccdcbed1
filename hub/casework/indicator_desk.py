"""The life of a finding: what auditors make of it, step by step, on record, never taken back.

    open -> explained (harmless) | confirmed (misuse) | closed
    explained -> confirmed | closed | open;  confirmed -> explained | closed | open;  closed -> open

A note changes nothing of that. What is closed without having been judged was harmless. Nobody takes
a step of a finding about the own doing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import asyncpg
import orjson

from audit.entry import EntryKind
from hub.access import has_number, is_opaque
from hub.casework.finding_errors import (
    InvalidFindingStepError,
    MisplacedFindingStepError,
    OwnFindingError,
    UnknownFindingError,
)
from hub.clock import Clock
from hub.errors import StoreUnavailableError
from hub.store.database import Connection, Database
from hub.store.indicators import (
    OPEN,
    Indicator,
    Note,
    Wanted,
    add_note,
    indicators,
    locked,
    records_behind,
)
from hub.store.journal import Journal, recorded
from hub.store.log_side import IN_HUB, LogSide

MAX_NOTE: Final = 1_000
AUDITORS: Final = "audit-office"
HARMLESS: Final = "harmless"
MISUSE: Final = "misuse"


class Act(StrEnum):
    """What can be done about a finding."""

    NOTE = "NOTE"
    EXPLAIN = "EXPLAIN"
    CONFIRM = "CONFIRM"
    CLOSE = "CLOSE"
    REOPEN = "REOPEN"


_TO: Final[Mapping[Act, tuple[frozenset[str], str, str | None]]] = {
    Act.EXPLAIN: (frozenset({OPEN, "confirmed"}), "explained", HARMLESS),
    Act.CONFIRM: (frozenset({OPEN, "explained"}), "confirmed", MISUSE),
    Act.CLOSE: (frozenset({OPEN, "explained", "confirmed"}), "closed", HARMLESS),
    Act.REOPEN: (frozenset({"explained", "confirmed", "closed"}), OPEN, None),
}
"""From which states, to which, and what that says: misuse, or a false alarm."""


@dataclass(frozen=True, slots=True)
class FindingAct:
    """A step as it is asked for."""

    act: Act
    finding: str
    words: str
    words_of: str | None = None
    """Whose explanation it is, an opaque id; None: who takes the step."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Who takes it."""

    department: str
    actor: str
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Became:
    """Where a finding stands after a step."""

    finding: Indicator
    number: int


@dataclass(frozen=True, slots=True)
class IndicatorDesk:
    """Takes auditors' steps. Lives as long as the application; holds nothing between two calls."""

    database: Database
    journal: Journal
    clock: Clock
    side: LogSide = IN_HUB

    async def acknowledge(self, indicator: str, by: str, note: str) -> Indicator:
        """Return the finding with its new note; on return it is on record and stored.

        Raises:
            As `take`.
        """
        await self.take(FindingAct(Act.NOTE, indicator, note), Judge(AUDITORS, by))
        async with self.database.connection() as connection:
            (found,) = await indicators(connection, Wanted(id=indicator, limit=1))
        return found

    async def take(self, act: FindingAct, judge: Judge) -> Became:
        """Return what a step made of the finding; on return it is on record and stored.

        Raises:
            InvalidFindingStepError: The words are none, or have a number of a person in them; or
                somebody is not named by an opaque id.
            UnknownFindingError: There is no such finding.
            OwnFindingError: It is about who takes the step.
            MisplacedFindingStepError: It does not go there from where it stands.
            AuditUnavailableError: It is not on record; nothing was stored.
            StoreUnavailableError: Nobody knows whether it was stored; look, and do it again.
        """
        _check(act, judge)
        try:
            async with self.database.transaction() as connection:
                return await self._taken(connection, act, judge)
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            raise StoreUnavailableError("The step may not be stored; look.") from problem

    async def _taken(self, connection: Connection, act: FindingAct, judge: Judge) -> Became:
        found = await locked(connection, act.finding)
        if found is None:
            raise UnknownFindingError("There is no such finding; `hub audit indicators` has them.")
        async with self.side.beside(connection) as there:
            is_own = await _is_own(there, found, judge)
        if is_own:
            raise OwnFindingError("Nobody judges a finding about the own doing.")
        state, verdict = _moved(act.act, found)
        about = {
            "department": judge.department,
            "actor": judge.actor,
            "client": judge.client,
            "step": "ACKNOWLEDGE" if act.act is Act.NOTE else act.act,
            "indicator": act.finding,
            "state": state,
            "verdict": verdict,
            "outcome": "announced",
        }
        await recorded(self.journal, EntryKind.COMMAND, about)
        note = Note(
            judge.actor, self.clock(), act.words.strip(), act.act, state, verdict, act.words_of
        )
        number = await add_note(connection, act.finding, note)
        (after,) = await indicators(connection, Wanted(id=act.finding, limit=1))
        return Became(after, number)


def _check(act: FindingAct, judge: Judge) -> None:
    for who in filter(None, (judge.actor, act.words_of)):
        if not is_opaque(who):
            raise InvalidFindingStepError(
                "Name people by an opaque id: letters, digits and ._:/- only."
            )
    if not judge.actor:
        raise InvalidFindingStepError("Say who takes the step: Hub-Actor, an opaque id.")
    if not 0 < len(act.words.strip()) <= MAX_NOTE or has_number(act.words):
        raise InvalidFindingStepError(
            f"A note has 1 to {MAX_NOTE} characters and no number of a person in it."
        )


def _moved(act: Act, found: Indicator) -> tuple[str, str | None]:
    """Return where a finding stands after a step, and what was judged."""
    if act is Act.NOTE:
        return found.state, found.verdict
    before, state, verdict = _TO[act]
    if found.state not in before:
        raise MisplacedFindingStepError(f"The finding is {found.state}; it does not go there.")
    if act is Act.CLOSE and found.verdict is not None:
        verdict = found.verdict
    return state, verdict


async def _is_own(log: Connection, found: Indicator, judge: Judge) -> bool:
    """Whether who judges did what the finding rests on, or some of it."""
    if found.actor:
        return (found.department, found.actor) == (judge.department, judge.actor)
    records = map(orjson.loads, await records_behind(log, found, judge.department))
    return any(isinstance(r, dict) and r.get("actor") == judge.actor for r in records)
