"""A person is destroyed in the store: keys, tags, links and records, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from hub.store.database import Connection
from hub.store.sealed_places import of_identities
from hub.store.sources import nobody_writes
from hub.store.unscored import mark_unscored
from schema.catalogue import Catalogue, Subject

_PERSON: Final = "select cell, log_alias from person where person_id = $1"
_IDENTITIES: Final = """
select distinct l.identity_id from link l
where l.cell = $1 and l.person_id = $2 and not exists (
    select from link other where other.cell = l.cell and other.identity_id = l.identity_id
    and other.person_id <> $2 and other.known_to = 'infinity'
)
"""
"""Those that are, or were at last, views of this person; not what was another's all along."""
_HOUSEHOLDS: Final = (
    "select distinct household_id from membership where cell = $1 and person_id = $2"
)
_LEFT_EMPTY: Final = """
select h from unnest($2::uuid[]) h
where not exists (select from membership m where m.cell = $1 and m.household_id = h)
"""
_TAGS: Final = "delete from person_tag where cell = $1 and person_id = $2 returning tag"
_WAITING: Final = "delete from quarantine where person_tag = any($1::bytea[])"
_OF_PERSON: Final = (
    "delete from membership where cell = $1 and person_id = $2",
    "delete from link where cell = $1 and person_id = $2",
)
_OF_IDENTITY: Final = ("data_key", "link", "identity")
_OF_HOUSEHOLD: Final = ("data_key",)
"""Beside what is sealed of them (`hub.store.sealed_places`)."""
_OF_HOME: Final = (
    "delete from household_place where cell = $1 and household_id = any($2)",
    "delete from unscored where cell = $1 and household_id = any($2)",
    """update household set number_tag = sha256(gen_random_uuid()::text::bytea)
    where cell = $1 and household_id = any($2)""",
)
"""An empty household is nowhere, and its number leads to it no more; its alias is the log's."""
_VECTORS: Final = "delete from score_input where cell = $1 and household_id = any($2)"
"""What is scored of a household holds its members in integers; it is made anew from the facts."""
_RECORD: Final = """
insert into shredding (person_id, cell, shredded_at, asked_by, agreed_by, why)
values ($1, $2, $3, $4, $5, $6)
"""
_HOLD: Final = """
insert into legal_hold (person_id, placed_at, placed_by, why) values ($1, $2, $3, $4)
"""
_LIFT: Final = """
update legal_hold set lifted_at = $2, lifted_by = $3 where person_id = $1 and lifted_at is null
"""
_REASONS: Final = {
    "legal hold": "select from legal_hold where person_id = $2 and lifted_at is null",
    "assistance that is being given": """
        select from recognition r where r.cell = $1 and r.identity_id = any($3)
        and r.known_to = 'infinity' and r.valid_to > $4""",
    "commitment that has not ended": """
        select from commitment c where c.cell = $1 and c.identity_id = any($3)
        and c.known_to = 'infinity' and c.valid_to > $4 and c.state <> all($5)""",
    "open alert of the household": """
        select from alert a where a.cell = $1 and a.identity_id = any($6)
        and a.known_to = 'infinity' and a.valid_to > $4 and a.closed_on is null""",
    "open case": """
        select from case_subject s join case_now n using (department, number)
        where s.subject_id = any(array[$2]::uuid[] || $6::uuid[]) and n.closed_on is null""",
    "message that waits to be sent": """
        select from outbox o where o.cell = $1 and o.identity_id = any($3)
        and o.status not in ('acknowledged', 'dead')""",
}
"""What keeps a person from being destroyed, and how it is found: $1 cell, $2 person, $3 their
identities, $4 today, $5 the states in which a commitment has ended, $6 their households."""
_KEPT_BY: Final = "select " + ", ".join(
    f'exists ({query}) as "{reason}"' for reason, query in _REASONS.items()
)
_FORGOTTEN: Final = """
with due as (
    update shredding set forgotten_at = $2 where shredded_at < $1 and forgotten_at is null
    returning cell, person_id
)
delete from person p using due where p.cell = due.cell and p.person_id = due.person_id
returning p.person_id
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person is in the store."""

    cell: str
    person_id: UUID
    log_alias: bytes
    identities: Sequence[UUID]
    households: Sequence[UUID]


async def place_of(connection: Connection, person_id: UUID) -> Place | None:
    """Return where a person is; nobody who writes changes it until the transaction ends."""
    await nobody_writes(connection)
    row = await connection.fetchrow(_PERSON, person_id)
    if row is None:
        return None
    cell = row["cell"]
    identities = await connection.fetch(_IDENTITIES, cell, person_id)
    households = await connection.fetch(_HOUSEHOLDS, cell, person_id)
    return Place(
        cell,
        person_id,
        row["log_alias"],
        [found["identity_id"] for found in identities],
        [found["household_id"] for found in households],
    )


async def kept_by(
    connection: Connection, place: Place, today: date, ended: Sequence[str]
) -> list[str]:
    """Return what keeps a person from being destroyed; `ended`: a commitment's last states."""
    row = await connection.fetchrow(
        _KEPT_BY,
        place.cell,
        place.person_id,
        place.identities,
        today,
        list(ended),
        place.households,
    )
    return [reason for reason, holds in dict(row or {}).items() if holds]


async def destroy(connection: Connection, catalogue: Catalogue, place: Place) -> int:
    """Delete what the store has of a person; return how many data keys went.

    What is left is the row that ties the person's id to their alias in the log, and nothing that
    leads to it. A household that nobody belongs to any more goes with its last member.
    """
    cell = place.cell
    tags = [row["tag"] for row in await connection.fetch(_TAGS, cell, place.person_id)]
    await connection.execute(_WAITING, tags)
    keys = await _keys_of(connection, cell, place.identities)
    for statement in _OF_PERSON:
        await connection.execute(statement, cell, place.person_id)
    await _delete(connection, _OF_IDENTITY, cell, place.identities)
    await _delete_sealed(connection, catalogue, Subject.PERSON, cell, place.identities)
    empty = [row["h"] for row in await connection.fetch(_LEFT_EMPTY, cell, list(place.households))]
    keys += await _keys_of(connection, cell, empty)
    await _delete(connection, _OF_HOUSEHOLD, cell, empty)
    await _delete_sealed(connection, catalogue, Subject.HOUSEHOLD, cell, empty)
    for statement in _OF_HOME:
        await connection.execute(statement, cell, empty)
    await connection.execute(_VECTORS, cell, list(place.households))
    left = [(cell, home) for home in place.households if home not in empty]
    await mark_unscored(connection, left, ())
    return keys


async def _keys_of(connection: Connection, cell: str, identities: Sequence[UUID]) -> int:
    count: int = await connection.fetchval(
        "select count(*) from data_key where cell = $1 and identity_id = any($2)",
        cell,
        list(identities),
    )
    return count


async def _delete(
    connection: Connection,
    tables: Sequence[str],
    cell: str,
    identities: Sequence[UUID],
    column: str = "identity_id",
) -> None:
    for table in tables:
        await connection.execute(
            f"delete from {table} where cell = $1 and {column} = any($2)",  # noqa: S608 - our names
            cell,
            list(identities),
        )


async def _delete_sealed(
    connection: Connection,
    catalogue: Catalogue,
    subject: Subject,
    cell: str,
    identities: Sequence[UUID],
) -> None:
    for sealed in of_identities(catalogue, subject):
        column = sealed.identity or ""
        await _delete(connection, [sealed.table], cell, identities, column)


async def note_shredding(
    connection: Connection, place: Place, at: datetime, asked: str, agreed: str, why: str
) -> None:
    """Keep that a person was destroyed, when, and who wanted it."""
    await connection.execute(_RECORD, place.person_id, place.cell, at, asked, agreed, why)


async def place_hold(
    connection: Connection, person_id: UUID, at: datetime, by: str, why: str
) -> None:
    """Let nobody destroy a person until the hold is lifted."""
    await connection.execute(_HOLD, person_id, at, by, why)


async def lift_hold(connection: Connection, person_id: UUID, at: datetime, by: str) -> bool:
    """Lift every hold on a person; return whether there was one."""
    return bool(await connection.execute(_LIFT, person_id, at, by) != "UPDATE 0")


async def forget_before(connection: Connection, before: datetime, at: datetime) -> int:
    """Destroy the log aliases of those who were destroyed before a moment; return how many."""
    return len(await connection.fetch(_FORGOTTEN, before, at))
