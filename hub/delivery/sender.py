"""Sends what waits in the outbox: at least once, in order for each receiver.

A message is claimed for a while, put on record, sent, and its acknowledgement stored. Whatever
breaks in between, it is sent again under the same id; receivers take an id once. A message
that cannot be delivered becomes dead and blocks its receiver's queue until somebody revives it:
nothing is ever skipped.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import asyncpg
import orjson

from audit.entry import EntryKind
from connectors.outbound.acknowledgement import Acknowledgement
from connectors.outbound.errors import (
    DeliveryRefusedError,
    OutOfOrderError,
    ReceiverUnavailableError,
)
from hub.clock import Clock
from hub.delivery.kinds import KINDS, MessageKind
from hub.errors import HubError, StoreUnavailableError
from hub.sealing.datakeys import DataKeys
from hub.sealing.tags import Tagger
from hub.store.database import Connection, Database
from hub.store.journal import Journal, recorded
from hub.store.outbox import CHANNEL, Claimed, acknowledge, claim, postpone, send_again


class Receiver(Protocol):
    """One attempt at a receiver; signing is its own affair."""

    async def send(self, text: bytes) -> Acknowledgement:
        """Return the receiver's acknowledgement, or raise a DeliveryError."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a message is tried, and how long it waits in between."""

    attempts: int = 12
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=10)
    lease: timedelta = timedelta(seconds=60)
    """How long a sender that is never heard of again keeps a message; longer than a send."""
    poll_s: float = 5.0

    def wait(self, attempts: int) -> timedelta:
        """Return how long to wait after so many attempts: doubled each time, up to a limit."""
        return min(self.first_wait * (1 << min(max(attempts - 1, 0), 20)), self.longest_wait)


@dataclass(slots=True)
class Delivered:
    """What one round did."""

    acknowledged: int = 0
    postponed: int = 0
    dead: int = 0
    sent_again: int = 0
    last_errors: dict[str, str] = field(default_factory=dict)
    """By receiver; holds nothing of a message."""


class Sender:
    """Delivers for every receiver. Several may run on one outbox: a message has one at a time."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        keys: DataKeys,
        tagger: Tagger,
        receivers: Mapping[str, Receiver],
        clock: Clock,
        patience: Patience = Patience(),
    ) -> None:
        """`receivers` by the name under which messages are written for them."""
        self._database = database
        self._journal = journal
        self._keys = keys
        self._tagger = tagger
        self._receivers = receivers
        self._clock = clock
        self._patience = patience

    async def deliver_pending(self) -> Delivered:
        """Send what is due, each receiver until its queue is empty or has to wait.

        Receivers are served side by side: one that hangs delays no other.

        Raises:
            StoreUnavailableError: The database broke; what was sent may be sent again.
            AuditUnavailableError: The log takes no entry, so nothing more was sent.
        """
        done, problems = Delivered(), list[HubError]()
        async with asyncio.TaskGroup() as group:
            for name, receiver in self._receivers.items():
                group.create_task(self._deliver_to(name, receiver, done, problems))
        if problems:
            raise problems[0]
        return done

    async def run(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Deliver until cancelled: when messages are announced, and every now and then.

        Whatever fails is tried again at the next round.
        """
        while True:
            with suppress(HubError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await self._listen()
            await sleep(self._patience.poll_s)

    async def _listen(self) -> None:
        """Deliver at each announcement and at each poll, while the connection lasts."""
        announced = asyncio.Event()
        connection = await asyncpg.connect(self._database.dsn)
        try:
            await connection.add_listener(CHANNEL, lambda *_: announced.set())
            while not connection.is_closed():
                announced.clear()
                await self.deliver_pending()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience.poll_s):
                        await announced.wait()
        finally:
            await connection.close(timeout=1)

    async def _deliver_to(
        self, name: str, receiver: Receiver, done: Delivered, problems: list[HubError]
    ) -> None:
        """Send a receiver's messages until it has to wait; what stops them is kept aside."""
        try:
            while await self._deliver_next(name, receiver, done):
                pass
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
            stopped = StoreUnavailableError("The outbox cannot be worked on just now.")
            stopped.__cause__ = problem
            problems.append(stopped)
        except HubError as problem:
            problems.append(problem)

    async def _deliver_next(self, name: str, receiver: Receiver, done: Delivered) -> bool:
        """Send the receiver's next message if it is due; whether to go on with this receiver."""
        claimed = await self._claim(name)
        if claimed is None:
            return False
        kind = KINDS.get(claimed.kind)
        if kind is None:
            await self._wait(claimed, f"no message is of kind {claimed.kind}", done, is_dead=True)
            return False
        await self._announce(claimed, kind)
        try:
            answer = await receiver.send(claimed.text)
        except ReceiverUnavailableError as problem:
            is_dead = claimed.attempts >= self._patience.attempts
            await self._wait(claimed, problem.reason, done, is_dead=is_dead)
        except OutOfOrderError as problem:
            return await self._go_back(claimed, problem, done)
        except DeliveryRefusedError as problem:
            await self._wait(claimed, problem.reason, done, is_dead=True)
        else:
            await self._acknowledged(claimed, answer)
            done.acknowledged += 1
            return True
        return False

    async def _claim(self, name: str) -> Claimed | None:
        now = self._clock()
        async with self._database.transaction() as connection:
            return await claim(connection, self._keys, name, now, now + self._patience.lease)

    async def _announce(self, claimed: Claimed, kind: MessageKind) -> None:
        """Put the sending on record, before it happens."""
        record = {
            "department": "civil-affairs",
            "receiver": claimed.receiver,
            "message": str(claimed.message_id),
            "sequence": claimed.sequence,
            "kind": claimed.kind,
            "purpose": kind.purpose.value,
            "attempt": claimed.attempts,
            "outcome": "announced",
        }
        subject = self._tagger.subject(claimed.log_alias)
        await recorded(self._journal, EntryKind.MESSAGE, record, [subject], kind.fields)

    async def _acknowledged(self, claimed: Claimed, answer: Acknowledgement) -> None:
        text = orjson.dumps(answer.content()).decode()
        async with self._database.transaction() as connection:
            await acknowledge(connection, claimed.message_id, self._clock(), text)

    async def _wait(self, claimed: Claimed, error: str, done: Delivered, *, is_dead: bool) -> None:
        due = self._clock() + self._patience.wait(claimed.attempts)
        async with self._database.transaction() as connection:
            await postpone(connection, claimed.message_id, due, error, is_dead=is_dead)
        done.last_errors[claimed.receiver] = error
        done.dead += is_dead
        done.postponed += not is_dead

    async def _go_back(self, claimed: Claimed, problem: OutOfOrderError, done: Delivered) -> bool:
        """Send again what the receiver says it misses; whether there is something to send."""
        expected = problem.expected_sequence
        if expected is None or expected >= claimed.sequence:
            await self._wait(claimed, problem.reason, done, is_dead=True)
            return False
        async with self._database.transaction() as connection:
            found = await self._again(connection, claimed, expected)
        done.sent_again += found
        if not found or claimed.attempts >= self._patience.attempts:
            await self._wait(claimed, problem.reason, done, is_dead=True)
            return False
        return True

    async def _again(self, connection: Connection, claimed: Claimed, expected: int) -> int:
        now = self._clock()
        found = await send_again(connection, claimed.receiver, expected, claimed.sequence, now)
        if found:
            reason = f"the receiver expects sequence {expected}"
            await postpone(connection, claimed.message_id, now, reason, is_dead=False)
        return found
