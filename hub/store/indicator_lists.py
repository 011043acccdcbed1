"""Who is near to a reader, and whom curiosity looks for: lists that rules of indicators read.

A row names a person or a household by the alias by which the log knows them, nothing else. Whoever
lives or lived with somebody is on the list with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from hub.store.database import Connection

List = Literal["close", "watched"]
_OF_NUMBERS: Final = """
    select distinct p.cell, p.person_id, p.log_alias
    from person_tag t join person p using (cell, person_id) where t.tag = any($1::bytea[])
"""
_WITH_THEM: Final = """
    with own as (
        select distinct cell, person_id from person_tag where tag = any($1::bytea[])
    ), homes as (
        select distinct cell, household_id from membership join own using (cell, person_id)
    )
    select log_alias from household join homes using (cell, household_id)
    union
    select p.log_alias from homes join membership m using (cell, household_id)
    join person p on p.cell = m.cell and p.person_id = m.person_id
"""
_ADD: Final = """
    insert into indicator_list (list, department, actor, log_alias, added_by, added_at)
    select $1, $2, $3, unnest($4::bytea[]), $5, $6 on conflict do nothing
"""
_CLEAR: Final = "delete from indicator_list where list = $1 and department = $2 and actor = $3"
_SIZES: Final = """
    select list, department, actor, count(*) as people from indicator_list
    group by list, department, actor order by list, department, actor
"""


@dataclass(frozen=True, slots=True)
class Whose:
    """Which list: of a reader, or the one of everybody."""

    list: List
    department: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Size:
    """How many people and households a list names; never whom."""

    whose: Whose
    people: int


async def aliases_of(
    connection: Connection, person_tags: Sequence[bytes], *, with_household: bool
) -> tuple[int, list[bytes]]:
    """Return how many people of these numbers are known, and the aliases to be listed."""
    own = await connection.fetch(_OF_NUMBERS, list(person_tags))
    aliases = {row["log_alias"] for row in own}
    if with_household:
        rows = await connection.fetch(_WITH_THEM, list(person_tags))
        aliases |= {row["log_alias"] for row in rows}
    return len(own), sorted(aliases)


async def add_listed(
    connection: Connection, whose: Whose, aliases: Sequence[bytes], by: str, at: datetime
) -> None:
    """Add people to a list; who is on it already stays."""
    await connection.execute(_ADD, whose.list, whose.department, whose.actor, list(aliases), by, at)


async def clear_listed(connection: Connection, whose: Whose) -> None:
    """Take everybody from a list."""
    await connection.execute(_CLEAR, whose.list, whose.department, whose.actor)


async def sizes(connection: Connection) -> list[Size]:
    """Return the lists that there are."""
    rows = await connection.fetch(_SIZES)
    return [Size(Whose(r["list"], r["department"], r["actor"]), r["people"]) for r in rows]
