"""Writes to the credit platform: one message into the outbox, in the caller's transaction.

What it says was decided before; here it gets its place in the platform's sequence and is sealed
under civil affairs' key of the person. The same message id a second time writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from connectors.outbound.commitment_record import (
    CommitmentRecord,
    InvalidRecordError,
    record_faults,
)
from connectors.outbound.national_credit_platform import (
    COMMITMENT,
    RECEIVER,
    WITHDRAWAL,
    Operation,
    WithdrawalReason,
    record_message,
    withdrawal_message,
)
from hub.store.database import Connection
from hub.store.outbox import Letter, existing_letters, last_sequence, write_letter
from hub.store.people import Identity


@dataclass(frozen=True, slots=True)
class Posting:
    """One message on its way into the outbox.

    `promisor` is civil affairs' identity of the person who made the commitment; `message_id` is
    derived from what is told, so that telling it twice is telling it once; `at` is now.
    """

    promisor: Identity
    message_id: UUID
    at: datetime


async def post_record(
    connection: Connection,
    posting: Posting,
    record: CommitmentRecord,
    operation: Operation = Operation.RECORD,
) -> UUID:
    """Write the message that records a commitment, or corrects its record; return its id.

    Raises:
        InvalidRecordError: The record has faults, by field; nothing is written.
    """
    faults = record_faults(record)
    if faults:
        raise InvalidRecordError(faults)

    def text(sequence: int) -> bytes:
        return record_message(
            record,
            message_id=posting.message_id,
            sequence=sequence,
            at=posting.at,
            operation=operation,
        )

    return await _post(connection, posting, COMMITMENT, text)


async def post_withdrawal(
    connection: Connection,
    posting: Posting,
    code: str,
    reason: WithdrawalReason,
    decided_on: date,
) -> UUID:
    """Write the message that takes the record of commitment `code` back; return its id."""

    def text(sequence: int) -> bytes:
        return withdrawal_message(
            code,
            reason,
            decided_on,
            message_id=posting.message_id,
            sequence=sequence,
            at=posting.at,
        )

    return await _post(connection, posting, WITHDRAWAL, text)


async def _post(
    connection: Connection, posting: Posting, kind: str, text: Callable[[int], bytes]
) -> UUID:
    if await existing_letters(connection, [posting.message_id]):
        return posting.message_id
    sequence = await last_sequence(connection, RECEIVER) + 1
    promisor = posting.promisor
    letter = Letter(
        posting.message_id,
        RECEIVER,
        sequence,
        kind,
        promisor.person.cell,
        promisor.identity_id,
        text(sequence),
    )
    await write_letter(connection, letter, promisor.key, posting.at)
    return posting.message_id
