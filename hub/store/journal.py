"""The audit log as whoever stores something needs it: a port, and how a refusal of it reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from audit.entry import Entry, EntryKind, SubjectAccess, canonical
from audit.errors import LogError
from audit.log import Receipt
from hub.errors import AuditUnavailableError
from hub.sealing.tags import epochs_of


class Journal(Protocol):
    """Where entries become durable; `audit.log.Log` is one."""

    async def append(self, entry: Entry) -> Receipt:
        """Return when `entry` is durable; raise LogError when nobody can say so."""
        ...

    async def define(self, names: Sequence[str]) -> int:
        """Return the id of a set of field names."""
        ...


async def recorded(
    journal: Journal,
    kind: EntryKind,
    record: Mapping[str, object],
    subjects: Iterable[bytes] = (),
    fields: Sequence[str] = (),
) -> Receipt:
    """Return the receipt of an entry about `subjects` (their tags), of whom `fields` were used.

    Raises:
        AuditUnavailableError: The entry is not on record, so nothing may follow from it.
    """
    try:
        tags = sorted(set(subjects))
        field_set = await journal.define(fields) if tags else 0
        accesses = [SubjectAccess(tag, field_set) for tag in tags]
        if epochs := epochs_of(tags):
            record = {**record, "epochs": epochs}
        return await journal.append(Entry(kind, canonical(record), accesses))
    except LogError as problem:
        raise AuditUnavailableError("The log takes no entry just now.") from problem
