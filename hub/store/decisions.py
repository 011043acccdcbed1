"""Records of our own (scores, alerts, recognitions): sealed, and spliced into what is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast
from uuid import UUID

from hub.sealing.seals import opener, seal_groups
from hub.store.facts import Stored, Version, resealed
from hub.store.ids import fresh_id
from hub.store.timeline import FOREVER, Span, cut, splice
from schema.catalogue import Dataset, Values


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What we decided about a person or household, from a day on."""

    dataset: Dataset
    cell: str
    identity_id: UUID
    """The identity, or the household."""
    key: bytes = field(repr=False)
    record_id: UUID
    values: Mapping[str, object] = field(repr=False)
    valid_from: date
    at: datetime
    decision_id: UUID | None = None
    """Names the decision it comes from; kept where a source's record would be named."""


def own_version(own: OwnRecord) -> Stored:
    """Return the version to store; it holds from its day on."""
    version_id = fresh_id()
    columns: dict[str, object] = {f.name: own.values.get(f.name) for f in own.dataset.clear}
    values = cast("Values", own.values)
    columns.update(seal_groups(own.dataset, values, own.key, own.identity_id, version_id))
    version = Version(
        own.cell, own.identity_id, version_id, own.record_id, own.decision_id, own.at, columns
    )
    return Span(own.valid_from, FOREVER, version)


def opened_values(
    dataset: Dataset, key: bytes, span: Stored, groups: Iterable[str] | None = None
) -> dict[str, object]:
    """Return the values of a stored version of our own, its sealed `groups` opened; default: all.

    Raises:
        SealBrokenError: A stored value does not authenticate.
    """
    version = span.value
    values = dict(version.columns)
    for group in dataset.groups if groups is None else groups:
        fields = dataset.groups[group]
        sealed = version.columns[f"sealed_{group}"]
        opened = opener(dataset.department, dataset.name, group)(
            key,
            version.identity_id.bytes,
            version.version_id.bytes,
            sealed if isinstance(sealed, bytes) else b"",
        )
        values.update(zip((f.name for f in fields), opened, strict=True))
    return values


def superseding(own: OwnRecord, before: list[Stored]) -> tuple[list[Version], list[Stored]]:
    """Return which versions of the record end and which are added.

    A day that has passed keeps what was known of it: the new version never starts before the
    newest one did.
    """
    fresh = own_version(own)
    start = max([own.valid_from, *(span.valid_from for span in before)])
    after = splice(before, Span(start, FOREVER, fresh.value))
    return _change(own.dataset, own.key, before, after)


def ending(
    dataset: Dataset, key: bytes, before: list[Stored], day: date
) -> tuple[list[Version], list[Stored]]:
    """Return which versions end and which are added so that nothing holds from `day` on.

    What held before that day goes on being known; what has ended already is left alone.
    """
    return _change(dataset, key, before, cut(before, day, FOREVER))


def _change(
    dataset: Dataset, key: bytes, before: list[Stored], after: list[Stored]
) -> tuple[list[Version], list[Stored]]:
    """Return which versions end and which are added, so that `after` is known; sealed anew."""
    known = {s.value.version_id for s in before}
    intact = {(s.value.version_id, s.valid_from, s.valid_to) for s in before}
    kept = {(s.value.version_id, s.valid_from, s.valid_to) for s in after}
    closed = [s.value for s in before if (s.value.version_id, s.valid_from, s.valid_to) not in kept]
    added: list[Stored] = []
    for span in after:
        days = (span.valid_from, span.valid_to)
        if span.value.version_id not in known:
            added.append(span)
        elif (span.value.version_id, *days) not in intact:
            added.append(resealed(dataset, span, key, days))
    return closed, added
