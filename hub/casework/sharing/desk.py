"""Takes each step of sharing: on record first, then stored together with the policy it makes.

A step and the policy that follows from it are one transaction, so a worker either answers by the
old policy or by the new one; every fetch reads the policy's digest in its own snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import asyncpg

from audit.entry import EntryKind
from hub.access import OPAQUE, load_policy
from hub.access.difference import Change, difference
from hub.access.policy import PolicyError
from hub.casework.sharing.life import Act, NotNowError, SamePersonError, Step
from hub.casework.sharing.request import InvalidRequestFileError, compiled, read_request
from hub.casework.sharing.standing import (
    Agreement,
    additions_of,
    agreement_of,
    agreements_of,
    suspended_of,
)
from hub.casework.sharing.whose import (
    HUB,
    Named,
    NotAPartyError,
    NotTheHeadError,
    check_when,
    check_whose,
)
from hub.clock import Clock as Now
from hub.errors import RefusedError
from hub.query.bind import day_of
from hub.query.policies import publish_policy
from hub.store.database import Connection, Database
from hub.store.journal import Journal, recorded
from hub.store.sharing import StoredAct, acts_of, add_act
from schema.catalogue import Catalogue

_LOCK: Final = "select document from policy_revision for update"
_PUBLISHES: Final = frozenset({Step.CONFIRM, Step.SUSPEND, Step.RESUME, Step.TERMINATE})
_WRITTEN: Final = frozenset({Step.FILE, Step.COMPLETE})


class UnknownAgreementError(RefusedError):
    """Nobody has asked for such an agreement, and no grant is under it."""

    code = "AGREEMENT_NOT_FOUND"
    status = 404


@dataclass(frozen=True, slots=True)
class Word:
    """A step that somebody takes."""

    step: Step
    by: str
    """An opaque id of the person, or of the client."""
    why: str = ""
    text: str | None = None
    """The request as TOML, where it is filed or completed."""
    department: str | None = None
    """Whose token it is; None for who works at the hub's own machine."""
    seen: int | None = None
    """How many acts there were when its author looked; None: whatever there are."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a step came to."""

    agreement: Agreement
    changes: tuple[Change, ...]
    """What is decided differently from now on."""
    policy_digest: str
    on: date
    """The day on which it was taken."""


@dataclass(frozen=True, slots=True)
class SharingDesk:
    """Takes steps; `named` says who may answer for whom."""

    database: Database
    journal: Journal
    catalogue: Catalogue
    named: Named
    now: Now

    async def all(self) -> list[Agreement]:
        """Return every agreement and request, by name."""
        async with self.database.connection() as connection:
            document = await connection.fetchval("select document from policy_revision")
            stored = await acts_of(connection)
        return agreements_of(str(document or ""), stored, self.catalogue)

    async def file(self, text: str, by: str) -> Done:
        """Take a request in, as `take` does."""
        name = read_request(text, self.catalogue).text.agreement
        return await self.take(name, Word(Step.FILE, by, text=text))

    async def step(
        self, agreement: str, step: Step, by: str, why: str = "", text: str | None = None
    ) -> Done:
        """Take a step about an agreement, or a request, that is there, as `take` does."""
        return await self.take(agreement, Word(step, by, why, text))

    async def take(self, name: str, word: Word) -> Done:
        """Take a step; where a new request lacks something, the one notice says so at once.

        Raises:
            InvalidRequestFileError: A request cannot be taken in.
            NotNowError, SamePersonError, NotTheHeadError, NotAPartyError, UnknownAgreementError:
                The step is not taken.
            AuditUnavailableError: It is not on record, so it is not taken.
        """
        if not OPAQUE.fullmatch(word.by):
            raise NotNowError("Name who does it by an opaque id: letters, digits and ._:/- only.")
        if word.by == HUB:
            raise NotTheHeadError(f"{HUB} is the hub's own name; give the id of a person.")
        lacks = self._lacking(name, word)
        if word.step is Step.COMPLETE and lacks:
            raise NotNowError(f"It still lacks {'; '.join(lacks)}.")
        done = await self._step(name, word)
        if word.step is not Step.FILE or not lacks or done.agreement.life.noticed:
            return done
        return await self._step(name, Word(Step.NOTICE, HUB, "It lacks " + "; ".join(lacks) + "."))

    def _lacking(self, name: str, word: Word) -> tuple[str, ...]:
        if word.step not in _WRITTEN:
            return ()
        request = read_request(word.text or "", self.catalogue)
        if request.text.agreement != name:
            raise NotNowError(f"The text is of {request.text.agreement}, not of {name}.")
        return request.lacks()

    async def _step(self, name: str, word: Word) -> Done:
        at = self.now()
        act = Act(word.step, word.by, day_of(at), word.why)
        try:
            async with self.database.transaction() as connection:
                document = str(await connection.fetchval(_LOCK) or "")
                stored = await acts_of(connection)
                own = [each for each in stored if each.agreement == name]
                added = StoredAct(name, str(word.step), word.by, at, word.why, word.text)
                if word.seen is not None and word.seen != len(own):
                    return self._again(document, own, added, word.seen)
                agreement = self._after(document, [*stored, added], name)
                before = self._before(document, stored, name, word.step)
                whose = None if before is None else before.life
                check_whose(self.named, agreement, whose, act, word.department)
                check_when(agreement, before, word.step, act.on)
                if word.step in _WRITTEN:
                    self._check_same(own, agreement)
                    self._check_fits(document, [*stored, added], agreement)
                changes, digest = await self._published(connection, document, [*stored, added], act)
                await add_act(connection, len(own) + 1, added)
                record = _record(agreement, act, digest, changes)
                await recorded(self.journal, EntryKind.POLICY, record)
        except asyncpg.UniqueViolationError:
            raise NotNowError("Somebody else was quicker; look again, and then decide.") from None
        except asyncpg.RaiseError as refused:
            raise SamePersonError("The database demands a second person.") from refused
        return Done(agreement, changes, digest, act.on)

    def _again(self, document: str, own: Sequence[StoredAct], added: StoredAct, seen: int) -> Done:
        """Return what the very same step came to when it was taken; another one was overtaken.

        Raises:
            NotNowError: Somebody took a step since, or there are not so many.
        """
        taken = own[seen] if seen < len(own) else None
        if taken is None or replace(taken, at=added.at) != added:
            raise NotNowError(f"There are {len(own)} steps, not {seen}: read it again, and decide.")
        told = seen + 1
        if told < len(own) and own[told].by == HUB:
            told += 1  # the notice came with the request
        agreement = self._after(document, own[:told], added.agreement)
        digest = load_policy(document, self.catalogue).digest
        return Done(agreement, (), digest, day_of(taken.at))

    def _after(self, document: str, stored: Sequence[StoredAct], name: str) -> Agreement:
        found = agreement_of(document, stored, self.catalogue, name)
        if found is None:
            raise UnknownAgreementError(f"There is no agreement {name}.")
        return found

    def _before(
        self, document: str, stored: Sequence[StoredAct], name: str, step: Step
    ) -> Agreement | None:
        if step is Step.FILE:
            return None
        known = agreements_of(document, stored, self.catalogue)
        return next((each for each in known if each.name == name), None)

    def _check_same(self, own: Sequence[StoredAct], agreement: Agreement) -> None:
        """See that who completes a request neither takes it over nor turns to another source.

        Raises:
            NotAPartyError: The department or the source is another one than was filed.
        """
        filed = next((each.content for each in own if each.content is not None), None)
        if filed is None:
            return
        before = read_request(filed, self.catalogue).text
        if (before.source, (before.department,)) != (agreement.source, agreement.departments):
            raise NotAPartyError(f"It was asked by {before.department} of {before.source}.")

    def _check_fits(self, document: str, stored: Sequence[StoredAct], asked: Agreement) -> None:
        """See at once that a request, if it were approved, would fit the policy.

        Raises:
            InvalidRequestFileError: It would not; the message names the place.
        """
        if asked.request is None or asked.request.lacks():
            return
        agreements = agreements_of(document, stored, self.catalogue)
        additions = [*additions_of(agreements), asked.request.text]
        try:
            load_policy(compiled(document, additions, suspended_of(agreements)), self.catalogue)
        except PolicyError as problem:
            raise InvalidRequestFileError(str(problem)) from None

    async def _published(
        self, connection: Connection, document: str, stored: Sequence[StoredAct], act: Act
    ) -> tuple[tuple[Change, ...], str]:
        before = load_policy(document, self.catalogue)
        if act.step not in _PUBLISHES:
            return (), before.digest
        agreements = agreements_of(document, stored, self.catalogue)
        text = compiled(document, additions_of(agreements), suspended_of(agreements))
        why = act.why or stored[-1].agreement
        try:
            after = await publish_policy(
                connection, text, self.catalogue, self.now(), by=act.by, why=why
            )
        except PolicyError as problem:
            raise NotNowError(f"What would come of it does not fit the policy: {problem}") from None
        return difference(before, after), after.digest


def _record(
    agreement: Agreement, act: Act, digest: str, changes: Sequence[Change]
) -> dict[str, object]:
    """Return what the log is told: who did what about which agreement; why stays in the store."""
    return {
        "agreement": agreement.name,
        "step": str(act.step),
        "actor": act.by,
        "policy": digest,
        "widens": any(change.widens for change in changes),
        "changes": len(changes),
        "outcome": "announced",
    }
