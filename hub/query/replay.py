"""An answer is asked again as of then: the same document and variables, policy and known time.

What was asked is opened here and nowhere else. Rows are those that the hub knew at the known time
that the entry names, under the policy that it names; what was shown is compared by its digest.
Cases and authorisations are read as they stand now, for they are rights of today, and nobody's data
that was destroyed comes back: so an honest replay may differ, and says why it may.

Whoever calls this discloses nothing before it is on record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import asyncpg
import orjson

from audit.entry import CODE_BY_KIND, EPOCH, EntryKind
from hub.access import Caller, Policy, PolicyError, load_policy
from hub.errors import (
    CorruptError,
    HubError,
    KeysUnavailableError,
    SealBrokenError,
    StoreUnavailableError,
)
from hub.query.answer import Answerer, Request, entitled
from hub.query.bind import parameters_of
from hub.query.bound import Bound
from hub.query.fetch import Sealed, sealed_from
from hub.query.kept import FORM
from hub.query.model import Plan
from hub.sealing.replay_seals import DOCUMENT, REQUEST, ReplaySeals, digest_of
from hub.store.database import Connection
from hub.store.log_side import IN_HUB, LogSide
from hub.store.replays import AskedEntry, asked_entry, destroyed_since, document_kept, policy_then
from schema.catalogue import Catalogue

_ANSWER: Final = CODE_BY_KIND[EntryKind.ANSWER]


class Verdict(StrEnum):
    """What became of a replay."""

    SAME = "same"
    DIFFERS = "differs"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was asked then, and what it shows now."""

    verdict: Verdict
    why: tuple[str, ...] = ()
    document: str | None = field(default=None, repr=False)
    operation: str | None = field(default=None, repr=False)
    variables: str | None = field(default=None, repr=False)
    data: str | None = field(default=None, repr=False)
    shown: tuple[Plan, Sealed] | None = field(default=None, repr=False)
    """Of whom what is shown, for the record; None: nothing is shown."""


class _Impossible(Exception):  # noqa: N818 - becomes a verdict, never leaves
    """Why it cannot be asked again."""


@dataclass(frozen=True, slots=True)
class _Then:
    """What was asked, opened."""

    request: Request
    policy: str
    known_at: datetime
    answer: str


@dataclass(frozen=True, slots=True)
class Replayer:
    """Asks answers again; lives as long as the application."""

    answerer: Answerer
    catalogue: Catalogue
    seals: ReplaySeals
    side: LogSide = IN_HUB

    async def replayed(self, connection: Connection, index: int) -> Replayed:
        """Return what an entry of the log shows when it is asked again.

        `connection` reads as the hub itself does: the rows are those of the plan, whose policy may
        be gone. Whoever has one already lends it, so that nobody waits for a second of these.

        Raises:
            StoreUnavailableError: The database gave up.
        """
        try:
            return await self._replayed(connection, index)
        except _Impossible as why:
            return Replayed(Verdict.IMPOSSIBLE, (str(why),))
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
            raise StoreUnavailableError("The database did not answer the replay.") from problem

    async def _replayed(self, connection: Connection, index: int) -> Replayed:
        async with self.side.beside(connection) as there:
            entry = await asked_entry(there, index)
        then = await self._then(connection, entry)
        policy = await self._policy(connection, then.policy)
        bound = self._bound(then, policy)
        sealed = await _fetched(connection, bound)
        data = self._shown(bound, sealed)
        verdict = Verdict.SAME
        why: tuple[str, ...] = ()
        try:
            is_same = self.seals.is_of(then.answer, data)
        except KeysUnavailableError:
            raise _Impossible("The key of the answer's digest was destroyed.") from None
        if not is_same:
            destroyed = await destroyed_since(connection, then.request.at)
            verdict, why = Verdict.DIFFERS, tuple(_reasons(bound.plan, destroyed))
        request = then.request
        return Replayed(
            verdict, why, request.document, request.operation_name,
            orjson.dumps(request.variables).decode(), data.decode(), (bound.plan, sealed),
        )  # fmt: skip

    async def _then(self, connection: Connection, entry: AskedEntry | None) -> _Then:
        record = {} if entry is None else orjson.loads(entry.record)
        if entry is None or entry.kind != _ANSWER or "answer" not in record:
            raise _Impossible("The entry is of no answer that was kept for a replay.")
        if entry.aside is None:
            raise _Impossible("What was asked was destroyed.")
        if digest_of(entry.aside) != record["asked"]:
            raise _Impossible("What is kept beside the entry is not what the entry commits to.")
        plain = self._opened(REQUEST, record["request"], entry.aside)
        form, at, operation, variables, stated = orjson.loads(plain)
        if form != FORM:
            raise _Impossible("What was asked is kept in another form than this hub knows.")
        document = await self._document(connection, record["document"])
        request = Request(
            document, variables, operation, _caller(record, stated), record["request"],
            _moment(at, record["at"]), record["channel"],
        )  # fmt: skip
        known_at = datetime.fromisoformat(record["known"])
        return _Then(request, record["policy"], known_at, record["answer"])

    async def _document(self, connection: Connection, hash_: str) -> str:
        sealed = await document_kept(connection, hash_)
        if sealed is None:
            raise _Impossible("The document that was asked was destroyed.")
        plain = self._opened(DOCUMENT, hash_, sealed)
        if sha256(plain).hexdigest() != hash_:
            raise _Impossible("The document that is kept is not the one that was asked.")
        return plain.decode()

    def _opened(self, label: bytes, of: str, sealed: bytes) -> bytes:
        try:
            return self.seals.open(label, of, sealed)
        except KeysUnavailableError:
            raise _Impossible("The key of what was asked was destroyed.") from None
        except SealBrokenError:
            raise _Impossible("What is kept of the request does not authenticate.") from None

    async def _policy(self, connection: Connection, digest: str) -> Policy:
        text = await policy_then(connection, digest)
        if text is None:
            raise _Impossible("The policy of then is not kept.")
        try:
            return load_policy(text, self.catalogue)
        except PolicyError:
            raise _Impossible("The policy of then does not fit this hub's catalogue.") from None

    def _bound(self, then: _Then, policy: Policy) -> Bound:
        """Return what was asked under the policy of then, held to the known time of then."""
        try:
            document = self.answerer.documents.parsed(then.request.document)
            bound = self.answerer.bound(document, then.request, entitled(policy, then.request))
        except HubError as problem:
            raise _Impossible(f"This hub refuses what was asked ({problem.code}).") from None
        roots = tuple(
            replace(root, known_at=min(root.known_at or then.known_at, then.known_at))
            for root in bound.roots
        )
        parameters = {**bound.parameters, **parameters_of(roots, bound.entitlement)}
        return replace(bound, roots=roots, parameters=parameters)

    def _shown(self, bound: Bound, sealed: Sealed) -> bytes:
        prepared = bound.prepared
        try:
            revealed = self.answerer.revealer.reveal(bound.plan, prepared.openers, sealed)
        except (CorruptError, KeysUnavailableError) as problem:
            raise _Impossible(f"What was shown does not open any more ({problem.code}).") from None
        shape = prepared.shaper.shape
        return orjson.dumps(shape(bound.roots, revealed, sealed.searches, bound.introspected))


async def _fetched(connection: Connection, bound: Bound) -> Sealed:
    statement = bound.prepared.earlier
    given = {**statement.constants, **bound.parameters}
    row = await connection.fetchrow(statement.text, *(given[n] for n in statement.parameters))
    assert row is not None  # noqa: S101 - a select without FROM has one row
    return sealed_from(row, statement, len(bound.plan.levels))


def _caller(record: dict[str, Any], stated: list[Any]) -> Caller:
    area, datasets, is_stated = stated
    return Caller(
        record["department"], record["role"], record["purpose"], record["client"],
        record["actor"], record["case"],
        None if area is None else tuple(area),
        None if datasets is None else frozenset(datasets),
        is_stated,
    )  # fmt: skip


def _moment(text: str, milliseconds: int) -> datetime:
    """Return the moment of the request, which the record states too.

    Raises:
        _Impossible: They differ.
    """
    at = datetime.fromisoformat(text)
    if int((at - EPOCH).total_seconds() * 1000) - milliseconds not in {-1, 0, 1}:
        raise _Impossible("What is kept of the request is of another moment than its entry.")
    return at


def _reasons(plan: Plan, destroyed: int) -> Sequence[str]:
    """Return why an honest replay may show something else."""
    found = []
    if destroyed:
        found.append(f"{destroyed} people were destroyed since; nothing of theirs comes back.")
    if plan.checks_case or plan.asks_cases:
        found.append("Cases are read as they stand today.")
    if plan.consents:
        found.append("Authorisations are read as they stand today.")
    found.append("The hub's program, or its declarations, may be another than then.")
    return found
