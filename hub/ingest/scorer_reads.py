"""Opens what the scorer reads of a record.

The scorer is a reader like any other: only fields that the profile names, and that were
granted when it was loaded, are opened here. What becomes of them is in `scoring.facts.reads`.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from hub.sealing.seals import Opener, opener
from hub.store.facts import Stored
from hub.store.people import Identity
from schema.catalogue import Catalogue, CoreField, Dataset, Field, Kind
from scoring.facts import READERS, Read

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a record was changed whose department does not say; nothing is older."""


class ScorerFields:
    """The catalogue fields that a profile reads, by dataset; what opens them is bound once."""

    def __init__(self, catalogue: Catalogue, paths: Iterable[str]) -> None:
        """`paths` were checked by `load_profile`; core fields (the region) need no opening."""
        fields: dict[str, list[Field]] = defaultdict(list)
        for path in paths:
            found = catalogue.field(path)
            if found is None or isinstance(found, CoreField):
                continue
            dataset, f = found
            if dataset.name in READERS:
                fields[dataset.name].append(f)
        self.datasets = tuple(catalogue.by_name[name] for name in fields)
        self._clear = {name: [f for f in fs if f.group is None] for name, fs in fields.items()}
        self._sealed = {d.name: _sealed_fields(d, fields[d.name]) for d in self.datasets}

    def read(self, dataset: Dataset, identity: Identity, span: Stored) -> Read:
        """Return one record with the fields that the profile reads.

        Raises:
            SealBrokenError: A stored value does not authenticate.
        """
        version = span.value
        columns, owner, place = version.columns, version.identity_id.bytes, version.version_id.bytes
        values: dict[str, object] = {f.name: columns[f.name] for f in self._clear[dataset.name]}
        for group in self._sealed[dataset.name]:
            sealed = columns[group.column]
            opened = group.opened(
                identity.key, owner, place, sealed if isinstance(sealed, bytes) else b""
            )
            for index, name, is_date in group.fields:
                value = opened[index]
                values[name] = (
                    date.fromisoformat(value) if is_date and isinstance(value, str) else value
                )
        return Read(values, version.source_time or EPOCH, span.valid_from)


@dataclass(frozen=True, slots=True)
class _SealedFields:
    """The fields of one sealed group that are read: index in it, name, and whether it is a date."""

    column: str
    opened: Opener
    fields: tuple[tuple[int, str, bool], ...]


def _sealed_fields(dataset: Dataset, read: list[Field]) -> tuple[_SealedFields, ...]:
    found = []
    for group, members in dataset.groups.items():
        wanted = tuple(
            (index, f.name, f.kind is Kind.DATE) for index, f in enumerate(members) if f in read
        )
        if wanted:
            opened = opener(dataset.department, dataset.name, group)
            found.append(_SealedFields(f"sealed_{group}", opened, wanted))
    return tuple(found)
