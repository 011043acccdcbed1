"""What the store already knows about a batch: read in a few statements, whatever its size."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from hub.ingest.prepared import Papers, Prepared
from hub.ingest.versions import with_exact_times
from hub.sealing.datakeys import DataKeys
from hub.sealing.seals import opener
from hub.store.database import Connection
from hub.store.facts import Facts, Stored, known_now
from hub.store.people import (
    HouseholdPlace,
    Identity,
    PersonPlace,
    households_by_tag,
    identities_by_id,
    identities_by_number,
    identities_by_tag,
    people_by_tag,
)
from hub.store.sources import (
    StoredSource,
    Waiting,
    in_scope,
    quarantined,
    stored_sources,
)
from hub.store.tags import move_known
from schema.catalogue import Catalogue, Dataset, Meaning


@dataclass(frozen=True, slots=True)
class Registered:
    """What the register says of who a person is; `record_id` is its record."""

    name: str | None = field(repr=False)
    birth_date: date | None = field(repr=False)
    record_id: UUID

    def contradicts(self, name: str | None, birth_date: date | None) -> bool:
        """Whether both name and birth date are known on both sides, and both differ."""
        if None in (self.name, self.birth_date, name, birth_date):
            return False
        return folded(name) != folded(self.name) and birth_date != self.birth_date

    def is_same(self, name: str | None, birth_date: date | None) -> bool:
        """Whether both name and birth date are known on both sides, and both agree."""
        if None in (self.name, self.birth_date, name, birth_date):
            return False
        return folded(name) == folded(self.name) and birth_date == self.birth_date


def folded(name: str | None) -> str:
    """Return a name as it is compared: blanks and full-width forms make no difference."""
    return "".join(unicodedata.normalize("NFKC", name or "").split())


@dataclass(slots=True)
class Known:
    """What is known about a batch's subjects and records; the batch adds to it as it goes."""

    tag_version: int
    """The version of the tag key that the batch is stored under."""
    scope: set[bytes]
    people: dict[bytes, PersonPlace]
    identities: dict[bytes, Identity]
    identities_by_id: dict[UUID, Identity]
    households: dict[bytes, HouseholdPlace]
    sources: dict[bytes, StoredSource]
    quarantine: dict[bytes, list[Waiting]]
    registered: dict[bytes, Registered]


def register_of(catalogue: Catalogue) -> Dataset | None:
    """Return the dataset that says who people are: it has number, name, birth date, household."""
    needed = (
        *(Meaning.CITIZEN_NUMBER, Meaning.NAME),
        *(Meaning.BIRTH_DATE, Meaning.HOUSEHOLD_NUMBER),
    )
    return next((d for d in catalogue if all(d.with_meaning(m) for m in needed)), None)


async def gather(
    connection: Connection,
    facts: Facts,
    keys: DataKeys,
    department: str,
    papers: Papers,
) -> Known:
    """Return what is stored about the records, people and households of a page.

    While the tag key changes, what is stored of them under another version is moved first.

    Raises:
        KeysUnavailableError: A key of the department or of the register is not at hand.
        SealBrokenError: A stored value does not authenticate.
    """
    moves = papers.moves
    if moves:
        await known_now(connection)  # who decides meanwhile might copy what is moved
        offices = {dataset.department for dataset in facts.catalogue.stored}
        await move_known(connection, moves, papers.live[0].version, offices)
    records, pieces = papers.records, papers.pieces
    numbers = {r.number_tag for r in records if r.number_tag}
    homes = {r.household_tag for r in records if r.household_tag}
    datasets = {r.source.dataset for r in records} | {p.piece.dataset for p in pieces}
    key_tags = {r.key_tag for r in records} | {p.key_tag for p in pieces}
    sources = await stored_sources(connection, datasets, key_tags, moves)
    owners = {s.identity_id: s.cell for s in sources.values() if s.identity_id is not None}
    identities = await identities_by_id(connection, keys, owners.values(), owners)
    await with_exact_times(connection, facts.catalogue, records, sources, identities)
    return Known(
        tag_version=papers.live[0].version,
        scope=await in_scope(connection, numbers | homes),
        people=await people_by_tag(connection, numbers),
        identities=await identities_by_tag(connection, keys, department, numbers),
        identities_by_id=identities,
        households=await households_by_tag(connection, homes),
        sources=sources,
        quarantine=await quarantined(connection, datasets, key_tags, moves),
        registered=await _registered(
            connection,
            facts,
            keys,
            _conflict_tags(records) | _former_tags(records, sources, identities),
        ),
    )


def _conflict_tags(records: Sequence[Prepared]) -> set[bytes]:
    """Return whose name and birth date must be compared: those of records that state both."""
    return {
        r.number_tag
        for r in records
        if r.number_tag and getattr(r.mapped, "birth_date", None) is not None
    }


def _former_tags(
    records: Sequence[Prepared],
    sources: Mapping[bytes, StoredSource],
    identities: Mapping[UUID, Identity],
) -> set[bytes]:
    """Return the numbers that records came with before, where they come with another now."""
    found = set()
    for r in records:
        stored = sources.get(r.key_tag)
        if stored is None or stored.identity_id is None or r.household_tag is None:
            continue  # only the register tells households, and only it issues numbers
        former = identities[stored.identity_id].person_tag
        if r.number_tag is not None and r.number_tag != former:
            found.add(former)
    return found


async def _registered(
    connection: Connection, facts: Facts, keys: DataKeys, tags: set[bytes]
) -> dict[bytes, Registered]:
    register = register_of(facts.catalogue)
    if register is None or not tags:
        return {}
    by_number = await identities_by_number(connection, keys, register.department, tags)
    identities = {i.identity_id: i for found in by_number.values() for i in found}
    cells = {i.cell for i in (identity.person for identity in identities.values())}
    rows = await facts.of_identities(connection, register, cells, identities)
    registered = {}
    for tag, found in by_number.items():
        said = [(i, rows[i.identity_id][-1]) for i in found if rows.get(i.identity_id)]
        if said:
            newest = max(said, key=lambda one: one[1].valid_from)
            registered[tag] = _opened(register, *newest)
    return registered


def _opened(register: Dataset, identity: Identity, span: Stored) -> Registered:
    found: dict[Meaning, object] = {}
    version = span.value
    for meaning in (Meaning.NAME, Meaning.BIRTH_DATE):
        f = register.with_meaning(meaning)
        if f is None or f.group is None:
            continue
        sealed = version.columns[f"sealed_{f.group}"]
        opened = opener(register.department, register.name, f.group)(
            identity.key,
            version.identity_id.bytes,
            version.version_id.bytes,
            bytes(sealed),  # type: ignore[call-overload]  # a sealed column holds bytes
        )
        found[meaning] = opened[register.groups[f.group].index(f)]
    name, born = found.get(Meaning.NAME), found.get(Meaning.BIRTH_DATE)
    return Registered(
        name if isinstance(name, str) else None,
        date.fromisoformat(born) if isinstance(born, str) else None,
        version.record_id,
    )
