"""The twenty fields between the store and the credit platform: the same names on both sides."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from connectors.outbound.commitment_record import (
    CommitmentRecord,
    CommitmentType,
    Performance,
    PromisorKind,
    Publicity,
)
from connectors.outbound.national_credit_platform import Operation
from hub.casework.credit.work import Held, Work
from hub.casework.credit_letters import Posting, post_record
from hub.store.outbox import existing_letters

_LISTS: Final[Mapping[str, type]] = {
    "promisor_kind": PromisorKind,
    "commitment_type": CommitmentType,
    "performance": Performance,
    "publicity": Publicity,
}
NAMES: Final = tuple(f.name for f in fields(CommitmentRecord))


def record_values(record: CommitmentRecord) -> dict[str, object]:
    """Return the twenty fields as the dataset has them."""
    values = {name: getattr(record, name) for name in NAMES}
    return {name: v if v is None or isinstance(v, date) else str(v) for name, v in values.items()}


def record_of(held: Held) -> CommitmentRecord:
    """Return the record that a stored commitment holds."""
    given: dict[str, Any] = {name: held.values[name] for name in NAMES}
    for name, kind in _LISTS.items():
        given[name] = kind(given[name])
    return CommitmentRecord(**given)


def determined(record: CommitmentRecord, **found: object) -> CommitmentRecord:
    """Return the record with what was determined."""
    changes: dict[str, Any] = dict(found)
    return replace(record, **changes)


def letter_id(commitment_id: UUID, operation: Operation) -> UUID:
    """Return the id of the message that records or corrects a commitment."""
    return uuid5(commitment_id, f"national-credit-platform\0{operation}")


async def tell_platform(work: Work, held: Held, record: CommitmentRecord) -> UUID | None:
    """Write the message that records a commitment, or corrects what was recorded; its id.

    None where no platform is connected: then nobody is told.

    Raises:
        InvalidRecordError: The record has faults, by field; nothing is written.
    """
    if not work.desk.has_platform:
        return None
    first = letter_id(held.record_id, Operation.RECORD)
    is_known = await existing_letters(work.connection, [first])
    operation = Operation.CORRECT if is_known else Operation.RECORD
    posting = Posting(held.identity, letter_id(held.record_id, operation), work.now)
    return await post_record(work.connection, posting, record, operation)


async def told_platform(work: Work, held: Held, operation: Operation) -> UUID | None:
    """Return the id of a message that was written before, None if there is none."""
    found = await existing_letters(work.connection, [letter_id(held.record_id, operation)])
    return found[0] if found else None
